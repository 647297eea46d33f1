/*
 * Waiting for a task's end, and its result.
 */
#ifndef KERNEL_TASK_JOIN_H
#define KERNEL_TASK_JOIN_H

#include <kernel/task/task.h>

/* The join keeps the result, so the target's memory may be gone when the join is polled. All zeros
 * is a join without a target. */
struct join {
    struct task *target;          /* NULL when it is over */
    struct list_node target_link; /* on the target's list of joins while it is not over */
    struct waker waker;           /* of the task that waits */
    struct wait_queue queue;      /* with that one waker */
    uint64_t result;              /* the target's, once it is over and was not cancelled */
    bool cancelled;               /* the target was cancelled and has no result */
};

/* Begins to wait for `target`, which has been spawned and whose memory is still there. The join
 * stays where it is until the target is over, or join_end() was called. In tasks and set-up code,
 * like the following. Cost: O(1), as for join_end(). */
void join_begin(struct join *join, struct task *target);
void join_end(struct join *join);

/* For the executor: tells the join that its target is over. The join is off the target's list
 * already. */
void join_complete(struct join *join);

/* The future of the target's end. On POLL_READY, `join->result` is valid. */
enum poll_result join_poll(struct join *join, struct task *task);

#endif
