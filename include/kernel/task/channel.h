/*
 * A bounded channel of bytes between tasks: any number of senders, one receiver. A sender that
 * finds it full waits, so that what is typed faster than it is read stays where it is instead of
 * getting lost. For tasks only.
 */
#ifndef KERNEL_TASK_CHANNEL_H
#define KERNEL_TASK_CHANNEL_H

#include <kernel/task/task.h>
#include <lib/ring.h>

struct byte_channel {
    struct ring ring;
    struct wait_queue senders;
    struct wait_queue receivers;
};

#define BYTE_CHANNEL_INIT(channel, storage)                                        \
    {                                                                              \
        .ring = RING_INIT(storage), .senders = WAIT_QUEUE_INIT((channel).senders), \
        .receivers = WAIT_QUEUE_INIT((channel).receivers)                          \
    }

/* The future of having sent `byte`: POLL_READY when it is in the channel, or POLL_PENDING while
 * that is full. */
enum poll_result channel_poll_send(struct byte_channel *channel, struct waker *waker,
                                   struct task *task, uint8_t byte);

/* The future of the next byte. */
enum poll_result channel_poll_receive(struct byte_channel *channel, struct waker *waker,
                                      struct task *task, uint8_t *byte);

#endif
