/*
 * Wakers and wait queues. A source of events (a channel, an event, a mutex) has a wait queue. A
 * future that waits for the source has a waker. It puts the waker into the queue, and the waker
 * names the task to wake.
 *
 *               waker_register              wake
 *        IDLE ------------------> WAITING ---------> WOKEN
 *         ^                         | ^                | |
 *         |  waker_finish/_cancel   | |  register again| |
 *         +-------------------------+ +----------------+ |
 *         |  waker_finish; waker_cancel wakes the next   |
 *         +----------------------------------------------+
 *
 * A wake is a token. A future that was woken may be cancelled before it is polled: its task is
 * cancelled, or another future was ready first. Then its waker passes the token on, and the next
 * waker in the queue is woken. So when several tasks wait for one thing, none sleeps while the
 * thing is there.
 *
 * A waker is linked at both ends: to the queue and to the task. A task that ends takes its wakers
 * out of all queues, and a late event never finds freed memory.
 */
#ifndef KERNEL_TASK_WAKER_H
#define KERNEL_TASK_WAKER_H

#include <lib/list.h>
#include <types.h>

struct task;

struct wait_queue {
    struct list wakers; /* the waiting ones, longest wait first; touched with interrupts masked */
    size_t woken;       /* how many of the queue's wakers are woken */
};

#define WAIT_QUEUE_INIT(queue)              \
    {                                       \
        .wakers = LIST_INIT((queue).wakers) \
    }

/* All zeros is an idle waker. The other fields mean nothing while it is idle. */
struct waker {
    struct list_node queue_link; /* on its queue's list while waiting, on none while woken */
    struct list_node task_link;  /* on its task's list of wakers */
    struct task *task;           /* the one to wake; NULL while idle */
    struct wait_queue *queue;    /* where it was registered; not used for timers */
    bool woken;                  /* and its future has not been polled since */
    /* NULL, or called in place of waking the task. `events` are those of wait_queue_wake_for(), or
     * all ones for other wakes. It returns false if the events do not matter; the waker then keeps
     * waiting. For all ones it never does. Runs with interrupts masked, and in interrupt handlers.
     * Set while the waker is idle. */
    bool (*notify)(struct waker *waker, unsigned events);
};

/* Makes an empty queue. For queues that are not initialised statically. */
void wait_queue_init(struct wait_queue *queue);

/* Puts the waker at the queue's end on behalf of `task`, which is live, unless it waits there
 * already. If an interrupt handler may wake the queue, the caller looks for the event once more
 * after this: it may have come just before. In tasks only. Cost: O(1), as for the next two. */
void waker_register(struct waker *waker, struct wait_queue *queue, struct task *task);

/* The future is ready: makes the waker idle. In tasks only. */
void waker_finish(struct waker *waker);

/* The future is cancelled: makes the waker idle. If it was woken, wakes the next one in the queue
 * instead. In tasks only. */
void waker_cancel(struct waker *waker);

/* Wakes the queue's first waiter, or all of them. In tasks and interrupt handlers; not in an NMI
 * handler, which may find the list half linked. */
void wait_queue_wake_one(struct wait_queue *queue);
void wait_queue_wake_all(struct wait_queue *queue);

/* Wakes all waiters and says which events have come, as bits whose meaning is the queue's. Wakers
 * with a `notify` that returns false stay in the queue. As the two functions above; interrupts are
 * masked for the whole time. */
void wait_queue_wake_for(struct wait_queue *queue, unsigned events);

/* Wakes the first waiter's task and leaves the waker in the queue. For a source with one waiter,
 * which waits for the next thing right after this one and then need not register again. The waker
 * has no `notify`. With interrupts masked; not in an NMI handler. */
void wait_queue_wake_and_keep(struct wait_queue *queue);

#endif
