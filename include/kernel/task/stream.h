/*
 * A stream of bytes from an interrupt handler to one task: a ring, and the waker of its reader.
 * When the ring is full the handler stops its device from sending more, so that the device holds
 * what comes next; the reader starts it again through the hook. What a device drops all the same is
 * counted.
 */
#ifndef KERNEL_TASK_STREAM_H
#define KERNEL_TASK_STREAM_H

#include <kernel/task/task.h>
#include <lib/ring.h>

struct byte_stream {
    struct ring ring;
    struct wait_queue readers;
    /* Starts the device again. Called in the reader's task when the ring has room again. Not NULL
     * where the handler can stop the device. */
    void (*resume)(struct byte_stream *stream);
    bool stopped;  /* set by the handler that finds no room; cleared by the reader, who resumes */
    uint64_t lost; /* bytes that the device has dropped, as far as it says so; the driver's */
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

/* The future of the next byte: POLL_READY and the byte, or POLL_PENDING. The waker stays with the
 * stream from then on, so that the next time costs less; waker_cancel() ends it. */
enum poll_result stream_poll(struct byte_stream *stream, struct waker *waker, struct task *task,
                             uint8_t *byte);

#endif
