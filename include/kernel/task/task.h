/*
 * Cooperative tasks without stacks of their own. A task is a struct that embeds `struct task` and
 * has one poll function. The executor calls it when the task is ready. The function does what it
 * can without waiting. It returns POLL_READY when the task is over. Otherwise it registers a waker
 * at the source of the event that it waits for, and returns POLL_PENDING.
 *
 *            spawn            polled              POLL_READY
 *      NEW ---------> READY ---------> POLLED ------------------> OVER, then release()
 *                      ^ ^             |    |                      ^
 *                      | |  woken      |    | POLL_PENDING         | in its place in
 *                      | +-------------+    v                      | the ready queue
 *                      +---------------- WAITING ------------> ENDING
 *                            woken                 cancelled
 *
 * A task counts as waiting from the moment before its poll. A wake during the poll puts it into the
 * ready queue again, so none is lost between a task's last look and its return. Wakes of a task
 * that is new, ready already, or over change nothing.
 */
#ifndef KERNEL_TASK_TASK_H
#define KERNEL_TASK_TASK_H

#include <kernel/task/waker.h>
#include <types.h>

enum poll_result { POLL_PENDING, POLL_READY };

enum task_priority { TASK_NORMAL, TASK_HIGH, TASK_LOW_EARLY, TASK_LOW, TASK_PRIORITIES };

enum task_state {
    TASK_NEW,    /* not spawned yet */
    TASK_LIVE,   /* polled when it is ready */
    TASK_ENDING, /* in the ready queue, and not polled any more; the executor ends it there */
    TASK_OVER,   /* in no queue and on no list of the executor */
};

/* A struct that is all zeros except a name and a poll function is a new task. The first group
 * belongs to the spawner, which sets it before the spawn. */
struct task {
    const char *name; /* not NULL */
    enum poll_result (*poll)(struct task *task);
    /* Gives the memory back. Called once when the task is over; the executor does not touch the
     * task afterwards. NULL for static tasks. */
    void (*release)(struct task *task);
    enum task_priority priority; /* while it is live, task_set_priority() alone changes it */
    /* It is a thread, and is not cancelled: its stack may hold what other tasks wait for. */
    bool has_stack;
    uint64_t result; /* for tasks that join this one; valid from POLL_READY on */

    /* The executor's. Wakes touch `waiting`, `next` and `wakes`, in any context and by atomic
     * accesses only. Everything else is touched in tasks and set-up code. */
    bool waiting;   /* a wake puts the task into its ready queue; never set while it is in there */
    bool cancelled; /* by task_cancel(); the task has no result then */
    enum task_state state;
    struct executor *executor; /* since the spawn */
    struct ready_queue *queue; /* the executor's for the task's priority */
    struct task *next;         /* in that queue; NULL at its end */
    struct list_node link;     /* on the executor's list of tasks while live or ending */
    struct list wakers;        /* all that are not idle and would wake the task, by task_link */
    struct list joins;         /* those that wait for the task's end, by target_link */

    /* Counted since the spawn. Times are in ticks of the processor's time stamp counter. */
    uint64_t polls;
    uint64_t wakes;
    uint64_t time;         /* spent in polls */
    uint64_t longest_poll; /* the longest time that a single one took; at most `time` */
};

/* Tasks that are ready, in the order in which they became so, linked by `next`. */
struct ready_queue {
    struct task *head;  /* NULL while the queue is empty */
    struct task **tail; /* the last task's `next`, or `head`: where the next task's address goes */
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
    task->state = TASK_NEW;
    task->waiting = false;
    task->has_stack = false;
}

/* Was the task spawned, and is it not over? In tasks and set-up code. */
static inline bool task_is_live(const struct task *task)
{
    return task->state == TASK_LIVE || task->state == TASK_ENDING;
}

/* Appends the task, which is in no queue, without a lock. The exchange makes it the last task of
 * the queue; then the link from the task before it is set. An interrupt handler may push another
 * task between these two steps: that one goes behind the new last task. The executor cannot pop a
 * task between them: it is the caller, or it was interrupted. On another processor it could, so an
 * executor's tasks may be woken on its own processor only. */
static inline void ready_push(struct ready_queue *queue, struct task *task)
{
    __atomic_store_n(&task->next, NULL, __ATOMIC_RELAXED);
    struct task **link = __atomic_exchange_n(&queue->tail, &task->next, __ATOMIC_ACQ_REL);
    __atomic_store_n(link, task, __ATOMIC_RELEASE);
}

/* Makes the task ready. Allocates nothing, never fails, and may be repeated. Any context on the
 * executor's processor, NMI handlers included. A wake by an NMI that comes right before the
 * processor halts takes effect at the next interrupt, which is the timer's next tick at the latest.
 */
static inline void task_wake(struct task *task)
{
    __atomic_fetch_add(&task->wakes, 1, __ATOMIC_RELAXED);
    if (__atomic_exchange_n(&task->waiting, false, __ATOMIC_ACQ_REL))
        ready_push(task->queue, task);
}

/* For sources that keep lists of their own, linked by the wakers' queue_link. waker_bind() puts an
 * idle waker on the task's list of wakers. waker_unbind() makes a waker idle; the source must have
 * taken it off its list. In tasks only. */
static inline void waker_bind(struct waker *waker, struct task *task)
{
    ASSERT(!waker->task);
    waker->task = task;
    list_push_back(&task->wakers, &waker->task_link);
}
static inline void waker_unbind(struct waker *waker)
{
    list_remove(&waker->task_link);
    waker->task = NULL;
}

/* Lets other ready tasks be polled first: `return task_yield(task);` in a poll function. */
enum poll_result task_yield(struct task *task);

/* Ends the task without polling it again. It stays live until the executor comes to it in the ready
 * queue; then release() is called. A task may cancel itself, which takes effect when its poll
 * returns. No effect on a task that is over and whose memory is still there. In tasks and set-up
 * code. */
void task_cancel(struct task *task);

#endif
