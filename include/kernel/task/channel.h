/*
 * A bounded channel between tasks: elements of one size, any number of senders and receivers. A
 * sender that finds it full waits, so that what comes faster than it is read stays where it is
 * instead of getting lost. For tasks only.
 */
#ifndef KERNEL_TASK_CHANNEL_H
#define KERNEL_TASK_CHANNEL_H

#include <kernel/task/task.h>

struct channel {
    unsigned char *storage; /* a ring of `capacity` elements */
    size_t element_size;
    size_t capacity;             /* 1 or more */
    size_t first;                /* the index of the oldest element; below `capacity` */
    size_t count;                /* of the elements from there on; `capacity` at most */
    bool closed;                 /* never false again */
    struct wait_queue senders;   /* wait for room */
    struct wait_queue receivers; /* wait for an element */
};

/* For static initialisers: `array` is where the elements lie while they wait. */
#define CHANNEL_INIT(channel, array)                                                  \
    {                                                                                 \
        .storage = (unsigned char *)(array), .element_size = sizeof((array)[0]),      \
        .capacity = ARRAY_SIZE(array), .senders = WAIT_QUEUE_INIT((channel).senders), \
        .receivers = WAIT_QUEUE_INIT((channel).receivers)                             \
    }

/* The future of having sent the element. POLL_READY: it is in the channel and *sent, or the channel
 * is closed and the element was not *sent. */
enum poll_result channel_poll_send(struct channel *channel, struct waker *waker, struct task *task,
                                   const void *element, bool *sent);

/* The future of the next element. POLL_READY: it was *received, or the channel is closed and empty
 * and nothing was *received. */
enum poll_result channel_poll_receive(struct channel *channel, struct waker *waker,
                                      struct task *task, void *element, bool *received);

/* Nothing more can be sent; what is in the channel can still be received. */
void channel_close(struct channel *channel);

#endif
