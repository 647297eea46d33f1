/*
 * Waiting for a task's end, and its result.
 */
#ifndef KERNEL_TASK_JOIN_H
#define KERNEL_TASK_JOIN_H

#include <kernel/task/task.h>

/* The join keeps the result, so the task's memory may be gone by the time it is asked for. All
 * zeros is a join of nothing. */
struct join {
    struct task *target; /* NULL when it is over */
    struct join *next;   /* of those that wait for the same */
    struct waker waker;
    struct wait_queue queue;
    uint64_t result;
    bool cancelled; /* the task was, and has no result */
};

/* Begins to wait for `target`, which has been spawned and whose memory is still there. The join
 * stays where it is until the target is over, or join_end() was called. In tasks and set-up code,
 * like the following. */
void join_begin(struct join *join, struct task *target);
void join_end(struct join *join);

/* The future of the target's end; then `join->result` holds. */
enum poll_result join_poll(struct join *join, struct task *task);

#endif
