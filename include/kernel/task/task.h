/*
 * Cooperative tasks without stacks of their own. A task is a struct that embeds `struct task` and
 * has one poll function. The executor calls it when the task is ready; it does what it can without
 * waiting and returns POLL_PENDING when it has left a waker with whoever will make it ready, or
 * POLL_READY when the task is over.
 *
 *            spawn                poll                   POLL_READY
 *      NEW ---------> READY ---------------> RUNNING --------------------> DONE, then release()
 *                      ^ ^                    |   |                         ^
 *                      | |                    |   | wake                    |
 *                      | |       POLL_PENDING |   v         POLL_READY      |
 *                      | |                    |  RUNNING_WOKEN -------------+
 *                      | |                    |   |
 *                      | +--------------------|---+ POLL_PENDING
 *                      |                      v
 *                      +------- wake ----- WAITING
 *
 * A wake during the poll is remembered (RUNNING_WOKEN), so a wake is never lost between a task's
 * last look and its return. Wakes of a task that is new, ready already, or done change nothing.
 */
#ifndef KERNEL_TASK_TASK_H
#define KERNEL_TASK_TASK_H

#include <lib/list.h>
#include <types.h>

enum poll_result { POLL_PENDING, POLL_READY };

/* TASK_NEW: all zeros, not yet spawned; a wake changes nothing. */
enum task_state { TASK_NEW, TASK_WAITING, TASK_READY, TASK_RUNNING, TASK_RUNNING_WOKEN, TASK_DONE };

struct task {
    const char *name;
    enum poll_result (*poll)(struct task *task);
    /* Called once when the task is over, as the executor's last touch of it: gives the memory back.
     * NULL for static tasks. */
    void (*release)(struct task *task);

    struct executor *executor;
    enum task_state state;
    struct list_node ready_link; /* in the executor's queue while READY */
    struct list wakers;          /* those that would wake this task, by their task_link */
    uint64_t polls;
    uint64_t wakes;
};

/* The tasks that are ready, in the order in which they became so. */
struct executor {
    struct list ready;
    size_t live; /* spawned and not yet done */
};

#define EXECUTOR_INIT(executor)              \
    {                                        \
        .ready = LIST_INIT((executor).ready) \
    }

/* Makes `task` ready for its first poll. The caller has set name, poll and release, and keeps the
 * memory alive until release(). From tasks, from set-up code; not in an interrupt handler. */
void executor_spawn(struct executor *executor, struct task *task);

/* Polls tasks until none is ready. Interrupts are enabled, and no poll of this executor is running.
 */
void executor_run_ready(struct executor *executor);

/* Polls tasks for ever and halts the processor while none is ready. */
NORETURN void executor_run(struct executor *executor);

/* Makes the task ready. Allocates nothing, never fails, and may be repeated. Any context. */
void task_wake(struct task *task);

/*
 * Who waits for what. A source of events (a stream, a channel) has a wait queue; a future that
 * waits for it has a waker, which it puts into the queue. Both ends are linked, so a task that ends
 * takes its wakers out of every queue, and a late event finds nobody instead of freed memory.
 */
struct wait_queue {
    struct list wakers;
};

#define WAIT_QUEUE_INIT(queue)              \
    {                                       \
        .wakers = LIST_INIT((queue).wakers) \
    }

/* All zeros is a waker that is in no queue. */
struct waker {
    struct task *task;
    struct list_node queue_link;
    struct list_node task_link;
};

/* Puts the waker at the queue's end on behalf of `task`, unless it is in a queue already. Look for
 * the event once more after this: it may have come in between. In tasks only. */
void waker_register(struct waker *waker, struct wait_queue *queue, struct task *task);

/* Takes the waker out of its queue; harmless when it is in none. Any context. */
void waker_cancel(struct waker *waker);

/* Takes the first waker, or all of them, out of the queue and wakes their tasks. Any context. */
void wait_queue_wake_one(struct wait_queue *queue);
void wait_queue_wake_all(struct wait_queue *queue);

#endif
