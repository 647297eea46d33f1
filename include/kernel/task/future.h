/*
 * Futures that can be combined. To make one of the poll function of a primitive, such as
 * channel_poll_receive(), embed `struct future` in a struct and pass its waker on:
 *
 *     static enum poll_result poll_key(struct future *future, struct task *task)
 *     {
 *         struct key *key = CONTAINER_OF(future, struct key, future);
 *         return channel_poll_receive(&typed, &future->waker, task, &key->byte, &key->typed);
 *     }
 *
 * For tasks only.
 */
#ifndef KERNEL_TASK_FUTURE_H
#define KERNEL_TASK_FUTURE_H

#include <kernel/task/sleep.h>

struct future {
    /* Not called again once it has returned POLL_READY. */
    enum poll_result (*poll)(struct future *future, struct task *task);
    /* Cancels what the future waits with, besides its waker. NULL: there is nothing else. */
    void (*cancel)(struct future *future);
    struct waker waker;
};

/* Polls any future on behalf of `task`. */
enum poll_result future_poll(struct future *future, struct task *task);

/* Cancels the future: it waits for nothing any more. If it was woken already, the next waiter in
 * the queue is woken instead. */
void future_cancel(struct future *future);

/* `*_begin` overwrites its first argument. If that future is under way, cancel it first. */

/* The future of whichever of two is ready earlier; the other one is cancelled. If both are ready,
 * `first` wins. */
struct select {
    struct future future;
    struct future *first, *second;
    struct future *winner; /* once it is ready */
};

/* Makes `select` wait for one of two futures, which have begun and have not been polled yet. */
void select_begin(struct select *select, struct future *first, struct future *second);

/* A future with a time limit. When the time is over, the inner future is cancelled. */
struct time_limit {
    struct future future;
    struct future *inner;
    struct sleep sleep;
    bool expired; /* the limit is ready because the time was over */
};

/* Makes `limit` the future of `inner`, which has begun, with a limit of `nanoseconds` from now. */
void time_limit_begin(struct time_limit *limit, struct future *inner, uint64_t nanoseconds);

#endif
