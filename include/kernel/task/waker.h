/*
 * Who waits for what. A source of events (a channel, an event, a task that others wait for) has a
 * wait queue; a future that waits for it has a waker, which it puts into the queue on behalf of its
 * task.
 *
 *               waker_register              wake
 *        IDLE ------------------> WAITING ---------> NOTIFIED
 *         ^                         | ^                 | |
 *         |  waker_finish/_cancel   | |  register again | |
 *         +-------------------------+ +-----------------+ |
 *         |  waker_finish; waker_cancel wakes the next    |
 *         +-----------------------------------------------+
 *
 * A wake is a token: who was woken and then does not look (its task is cancelled, another future
 * has won the race) hands it on, so that of several that wait for one thing none sleeps on while
 * the thing is there.
 *
 * Both ends are linked: a task that ends takes its wakers out of every queue, and a late event
 * finds nobody instead of freed memory.
 */
#ifndef KERNEL_TASK_WAKER_H
#define KERNEL_TASK_WAKER_H

#include <lib/list.h>
#include <types.h>

struct task;

struct wait_queue {
    struct list wakers; /* the waiting ones, longest wait first */
    size_t notified;    /* how many were woken and have not looked since */
};

#define WAIT_QUEUE_INIT(queue)              \
    {                                       \
        .wakers = LIST_INIT((queue).wakers) \
    }

/* All zeros is an idle waker. */
struct waker {
    struct list_node queue_link; /* in its queue while waiting */
    struct task *task;           /* NULL while idle */
    struct wait_queue *queue;
    struct waker *next; /* among its task's wakers while not idle */
    bool notified;
};

/* An empty queue, for those that are not initialised statically. */
void wait_queue_init(struct wait_queue *queue);

/* Puts the waker at the queue's end on behalf of `task`, unless it waits there already. When an
 * interrupt handler may wake the queue, look for the event once more after this: it may have come
 * in between. In tasks only. */
void waker_register(struct waker *waker, struct wait_queue *queue, struct task *task);

/* The future has got what it waited for: the waker becomes idle. In tasks only. */
void waker_finish(struct waker *waker);

/* The future is given up: the waker becomes idle, and if it had been woken, the queue's next one is
 * woken in its place. In tasks only. */
void waker_cancel(struct waker *waker);

/* Wakes the queue's first waiter, or all of them. Any context. */
void wait_queue_wake_one(struct wait_queue *queue);
void wait_queue_wake_all(struct wait_queue *queue);

#endif
