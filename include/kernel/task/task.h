/*
 * Cooperative tasks without stacks of their own. A task is a struct that embeds `struct task` and
 * has one poll function. The executor calls it when the task is ready; it does what it can without
 * waiting and returns POLL_PENDING when it has left a waker with whoever will make it ready, or
 * POLL_READY when the task is over.
 *
 *            spawn             the executor's turn             POLL_READY
 *      NEW ---------> READY --------------------> being polled ----------> over, then release()
 *                      ^ ^                          |     |                 ^
 *                      | |           wake meanwhile |     | POLL_PENDING    |
 *                      | +--------------------------+     v                 | cancel
 *                      +------------------------------ WAITING -------------+
 *                                    wake
 *
 * A task that is polled counts as waiting already, so a wake during the poll puts it into the queue
 * again, and none is lost between a task's last look and its return. Wakes of a task that is new,
 * ready already, or over change nothing.
 */
#ifndef KERNEL_TASK_TASK_H
#define KERNEL_TASK_TASK_H

#include <kernel/task/waker.h>
#include <types.h>

enum poll_result { POLL_PENDING, POLL_READY };

enum task_priority { TASK_NORMAL, TASK_HIGH, TASK_LOW, TASK_PRIORITIES };

/* Bits of task.state; a task that was not spawned yet has none. */
enum task_state {
    TASK_WAITING = 1, /* a wake makes it ready; while ready this is 0, so that the next does not */
    TASK_LIVE = 2,    /* spawned, and not over */
    TASK_CANCELLED = 4, /* does not run any more */
    TASK_OVER = 8,
};

struct task {
    /* The executor's, changed by atomic steps only. It comes first because it is used most. */
    unsigned state;
    const char *name;
    enum poll_result (*poll)(struct task *task);
    /* Called once when the task is over, as the executor's last touch of it: gives the memory back.
     * NULL for static tasks. */
    void (*release)(struct task *task);
    enum task_priority priority;
    uint64_t result; /* what those that join it get; set before POLL_READY is returned */

    /* The executor's. */
    enum poll_result (*turn)(struct task *task); /* poll, or what ends the task in its place */
    struct executor *executor;
    struct ready_queue *queue; /* that of its priority */
    struct task *next;         /* in that queue */
    struct list_node link;     /* among the executor's tasks while live */
    struct waker *wakers;      /* those that would wake it; a few, so the list is a plain one */
    struct join *joins;        /* who waits for its end */

    /* Counted from the spawn on. Times are in ticks of the processor's time stamp counter. */
    uint64_t polls;
    uint64_t wakes;
    uint64_t time;         /* spent in polls */
    uint64_t longest_poll; /* the time of the longest one */
};

/* Tasks that are ready, in the order in which they became so. `tail` is where the next one's
 * address goes. */
struct ready_queue {
    struct task *head;
    struct task **tail;
};

/* Prepares a task of normal priority in memory that is not all zeros. */
static inline void task_init(struct task *task, const char *name,
                             enum poll_result (*poll)(struct task *task),
                             void (*release)(struct task *task))
{
    task->name = name;
    task->poll = poll;
    task->release = release;
    task->priority = TASK_NORMAL;
    task->state = 0;
}

/* One exchange claims the place behind the last task; then the link to it is set. Between the two
 * the queue's end hangs loose. An interrupt handler that comes in there adds behind the loose end,
 * and the executor cannot come in: it is what was interrupted, or who is calling. That is why an
 * executor's tasks can be woken on its own processor only. */
static inline void ready_push(struct ready_queue *queue, struct task *task)
{
    __atomic_store_n(&task->next, NULL, __ATOMIC_RELAXED);
    struct task **link = __atomic_exchange_n(&queue->tail, &task->next, __ATOMIC_ACQ_REL);
    __atomic_store_n(link, task, __ATOMIC_RELEASE);
}

/* Makes the task ready. Allocates nothing, never fails, and may be repeated. Any context, an NMI
 * included; but who is woken by an NMI may have to wait for the timer's next tick. Inline, because
 * every interrupt handler pays for it. */
static inline void task_wake(struct task *task)
{
    __atomic_fetch_add(&task->wakes, 1, __ATOMIC_RELAXED);
    if (__atomic_fetch_and(&task->state, ~(unsigned)TASK_WAITING, __ATOMIC_ACQ_REL) & TASK_WAITING)
        ready_push(task->queue, task);
}

/* Lets the others have their turn: `return task_yield(task);` in a poll function. */
enum poll_result task_yield(struct task *task);

/* Has the task end without another poll; release() follows on its next turn. A task may cancel
 * itself, which takes effect when its poll returns. Harmless for one that is over and whose memory
 * is still there. In tasks and in set-up code. */
void task_cancel(struct task *task);

/* Makes the waker one of the task's, and ends that. For the wait queues, and for those who keep
 * lists of their own by the wakers' queue_link. In tasks only. */
static inline void waker_bind(struct waker *waker, struct task *task)
{
    waker->task = task;
    waker->next = task->wakers;
    task->wakers = waker;
}
static inline void waker_unbind(struct waker *waker)
{
    struct waker **link = &waker->task->wakers;
    while (__builtin_expect(*link != waker, 0))
        link = &(*link)->next;
    *link = waker->next;
    waker->task = NULL;
}

/* Wakes the first waiter and leaves it in the queue: for a source with one waiter that never stops
 * waiting, and has to cost little. Any context. */
static inline void wait_queue_notify(struct wait_queue *queue)
{
    if (!list_empty(&queue->wakers))
        task_wake(CONTAINER_OF(queue->wakers.head.next, struct waker, queue_link)->task);
}

#endif
