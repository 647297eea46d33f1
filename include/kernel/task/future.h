/*
 * Futures that can be put together. A poll function of a primitive (channel_poll_receive() and the
 * like) becomes such a future by a struct that embeds `struct future` and hands its waker on:
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
    /* Gives up what the future waits with, beside its waker. NULL: nothing. */
    void (*cancel)(struct future *future);
    struct waker waker;
};

/* Polls any future on behalf of `task`. */
enum poll_result future_poll(struct future *future, struct task *task);

/* Gives the future up: it waits for nothing any more, and a wake that has reached it goes on to the
 * next in the queue. */
void future_cancel(struct future *future);

/* `*_begin` overwrites what it begins, which must not be under way; future_cancel() ends that. */

/* The future of the first of two. The other one is given up; when both are ready, the first wins.
 */
struct select {
    struct future future;
    struct future *first, *second;
    struct future *winner; /* once it is ready */
};

/* Makes `select` the future of the first of two that have begun and are not under way. */
void select_begin(struct select *select, struct future *first, struct future *second);

/* A future with a limit to the time that it may take. When that is over, it is given up. */
struct time_limit {
    struct future future;
    struct future *inner;
    struct sleep sleep;
    bool expired; /* once it is ready: the time was over first */
};

/* Makes `limit` the future of `inner`, which has begun, within so many nanoseconds from now. */
void time_limit_begin(struct time_limit *limit, struct future *inner, uint64_t nanoseconds);

#endif
