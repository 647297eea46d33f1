/*
 * A stream of bytes from an interrupt handler to one task: a ring, and the waker of its reader.
 * When the ring is full, the handler stops its device, which then keeps the next bytes. When there
 * is room again, the reader starts the device with `resume`. Bytes that the device drops
 * nevertheless are counted.
 */
#ifndef KERNEL_TASK_STREAM_H
#define KERNEL_TASK_STREAM_H

#include <kernel/task/task.h>
#include <lib/ring.h>

struct byte_stream {
    struct ring ring;
    struct wait_queue readers;
    /* Starts the device again. Called in the reader's task when the ring has room again. Must not
     * be NULL if the handler can stop the device. */
    void (*resume)(struct byte_stream *stream);
    bool stopped;  /* set by the handler if it finds no room, cleared by the reader */
    uint64_t lost; /* bytes that the device reports as dropped; written by the driver */
};

/* For static initialisers: `storage` is an array of uint8_t whose size is a power of two. */
#define BYTE_STREAM_INIT(stream, storage, resume_hook)                            \
    {                                                                             \
        .ring = RING_INIT(storage), .readers = WAIT_QUEUE_INIT((stream).readers), \
        .resume = (resume_hook)                                                   \
    }

/* Is there room for one more byte? When not, the handler stops its device, and the reader will call
 * resume. Interrupts are masked. */
static inline bool stream_has_room(struct byte_stream *stream)
{
    if (!ring_full(&stream->ring))
        return true;
    stream->stopped = true;
    return false;
}

/* Adds a byte, for which there is room, and wakes the reader. Interrupts are masked. */
static inline void stream_push(struct byte_stream *stream, uint8_t byte)
{
    ring_push_unchecked(&stream->ring, byte);
    wait_queue_wake_and_keep(&stream->readers);
}

/* The future of the next byte: POLL_READY and the byte, or POLL_PENDING. The waker stays registered
 * afterwards, so that the next poll costs less; waker_cancel() removes it. */
enum poll_result stream_poll(struct byte_stream *stream, struct waker *waker, struct task *task,
                             uint8_t *byte);

#endif
