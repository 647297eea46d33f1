/*
 * A mutex for tasks: held across polls, waited for without blocking the processor. First come,
 * first served: a task that comes while others wait, or while one that was woken has not been
 * polled yet, waits behind them. For tasks only; within one poll nothing has to be locked.
 */
#ifndef KERNEL_TASK_MUTEX_H
#define KERNEL_TASK_MUTEX_H

#include <kernel/cpu/cpu.h>
#include <kernel/task/lock_order.h>
#include <kernel/task/task.h>

struct mutex {
    const struct task *owner; /* NULL while free */
    struct wait_queue waiting;
    enum lock_rank rank; /* its place in the order of locks */
};

#define MUTEX_INIT(mutex) MUTEX_INIT_RANKED(mutex, LOCK_WITHOUT_RANK)
#define MUTEX_INIT_RANKED(mutex, its_rank)                              \
    {                                                                   \
        .waiting = WAIT_QUEUE_INIT((mutex).waiting), .rank = (its_rank) \
    }

/* Locks the mutex if it is free and nobody is ahead of `task`, which does not hold it yet. */
static inline bool mutex_try_lock(struct mutex *mutex, const struct task *task)
{
    ASSERT(mutex->owner != task);
    if (mutex->owner || mutex->waiting.woken > 0)
        return false;
    mutex->owner = task;
    return true;
}

/* The future of locking the mutex, which `task` does not hold yet. */
enum poll_result mutex_poll_lock(struct mutex *mutex, struct waker *waker, struct task *task);

/* Unlocks the mutex. A task must do so before it ends or is cancelled. */
static inline void mutex_unlock(struct mutex *mutex, const struct task *task)
{
    ASSERT(!in_interrupt());
    ASSERT(mutex->owner == task);
    mutex->owner = NULL;
    if (!list_empty(&mutex->waiting.wakers))
        wait_queue_wake_one(&mutex->waiting);
}

#endif
