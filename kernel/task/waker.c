/*
 * Interrupt handlers wake queues, so a queue's list is touched with interrupts masked. A task's
 * list of wakers is touched by tasks only: a wake leaves the waker on it, woken, until the future
 * is polled or cancelled.
 */
#include <assert.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/cpu.h>
#include <kernel/task/task.h>
#include <kernel/task/waker.h>

#define ALL_EVENTS (~0u)

void wait_queue_init(struct wait_queue *queue)
{
    list_init(&queue->wakers);
    queue->woken = 0;
}

/* Clears the mark of a wake, if there is one. Interrupts are masked. */
static void acknowledge(struct waker *waker)
{
    if (!waker->woken)
        return;
    waker->woken = false;
    ASSERT(waker->queue->woken > 0);
    waker->queue->woken--;
}

void waker_register(struct waker *waker, struct wait_queue *queue, struct task *task)
{
    ASSERT(!in_interrupt());
    ASSERT(task_is_live(task));
    if (waker->task != task) {
        waker_bind(waker, task);
        waker->queue = queue;
        list_node_init(&waker->queue_link);
    }
    ASSERT(waker->queue == queue);
    uint64_t flags = interrupts_save();
    acknowledge(waker);
    if (!list_node_linked(&waker->queue_link))
        list_push_back(&queue->wakers, &waker->queue_link);
    interrupts_restore(flags);
}

/* Makes the waker idle. True when it was woken. */
static bool leave(struct waker *waker)
{
    ASSERT(!in_interrupt());
    uint64_t flags = interrupts_save();
    bool woken = waker->woken;
    acknowledge(waker);
    list_remove(&waker->queue_link);
    interrupts_restore(flags);
    waker_unbind(waker);
    return woken;
}

void waker_finish(struct waker *waker)
{
    if (waker->task)
        leave(waker);
}

void waker_cancel(struct waker *waker)
{
    if (waker->task && leave(waker))
        wait_queue_wake_one(waker->queue);
}

/* Wakes a waiting waker, unless the events do not matter to it. Interrupts are masked. */
static void wake(struct wait_queue *queue, struct waker *waker, unsigned events)
{
    if (waker->notify && !waker->notify(waker, events))
        return;
    list_remove(&waker->queue_link);
    waker->woken = true;
    queue->woken++;
    if (!waker->notify)
        task_wake(waker->task);
}

/* Wakes the queue's first waiter; false when there is none. */
static bool wake_first(struct wait_queue *queue)
{
    uint64_t flags = interrupts_save();
    struct list_node *node = list_first(&queue->wakers);
    if (node)
        wake(queue, CONTAINER_OF(node, struct waker, queue_link), ALL_EVENTS);
    interrupts_restore(flags);
    return node != NULL;
}

void wait_queue_wake_one(struct wait_queue *queue)
{
    wake_first(queue);
}

void wait_queue_wake_all(struct wait_queue *queue)
{
    while (!list_empty(&queue->wakers))
        wake_first(queue);
}

void wait_queue_wake_for(struct wait_queue *queue, unsigned events)
{
    uint64_t flags = interrupts_save();
    struct list_node *next, *end = &queue->wakers.head;
    for (struct list_node *node = end->next; node != end; node = next) {
        next = node->next;
        wake(queue, CONTAINER_OF(node, struct waker, queue_link), events);
    }
    interrupts_restore(flags);
}

void wait_queue_wake_and_keep(struct wait_queue *queue)
{
    struct list_node *node = list_first(&queue->wakers);
    if (node)
        task_wake(CONTAINER_OF(node, struct waker, queue_link)->task);
}
