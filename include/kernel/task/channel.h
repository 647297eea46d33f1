/*
 * A bounded channel between tasks: elements of one size, any number of senders and receivers. A
 * sender waits while the channel is full, so no element is lost. For tasks only.
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
    bool closed;                 /* once true, stays true */
    struct wait_queue senders;   /* wait for room */
    struct wait_queue receivers; /* wait for an element */
};

/* For static initialisers. `array` is the memory for the elements. */
#define CHANNEL_INIT(channel, array)                                                  \
    {                                                                                 \
        .storage = (unsigned char *)(array), .element_size = sizeof((array)[0]),      \
        .capacity = ARRAY_SIZE(array), .senders = WAIT_QUEUE_INIT((channel).senders), \
        .receivers = WAIT_QUEUE_INIT((channel).receivers)                             \
    }

/* The future of sending `element`. On POLL_READY, *sent is true if the element is in the channel,
 * and false if the channel is closed. */
enum poll_result channel_poll_send(struct channel *channel, struct waker *waker, struct task *task,
                                   const void *element, bool *sent);

/* The future of the next element. On POLL_READY, *received is true if there is one in *element, and
 * false if the channel is closed and empty. */
enum poll_result channel_poll_receive(struct channel *channel, struct waker *waker,
                                      struct task *task, void *element, bool *received);

/* Nothing more can be sent; what is in the channel can still be received. */
void channel_close(struct channel *channel);

#endif
