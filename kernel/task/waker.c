#include <assert.h>
#include <kernel/cpu/control.h>
#include <kernel/task/task.h>

void waker_register(struct waker *waker, struct wait_queue *queue, struct task *task)
{
    uint64_t flags = interrupts_save();
    if (!waker->task) {
        waker->task = task;
        list_push_back(&queue->wakers, &waker->queue_link);
        list_push_back(&task->wakers, &waker->task_link);
    }
    ASSERT(waker->task == task);
    interrupts_restore(flags);
}

void waker_cancel(struct waker *waker)
{
    uint64_t flags = interrupts_save();
    if (waker->task) {
        waker->task = NULL;
        list_remove(&waker->queue_link);
        list_remove(&waker->task_link);
    }
    interrupts_restore(flags);
}

/* Wakes the queue's first task; false when there is none. */
static bool wake_first(struct wait_queue *queue)
{
    uint64_t flags = interrupts_save();
    struct list_node *node = list_first(&queue->wakers);
    if (node) {
        struct waker *waker = CONTAINER_OF(node, struct waker, queue_link);
        struct task *task = waker->task;
        waker_cancel(waker);
        task_wake(task);
    }
    interrupts_restore(flags);
    return node != NULL;
}

void wait_queue_wake_one(struct wait_queue *queue)
{
    wake_first(queue);
}

void wait_queue_wake_all(struct wait_queue *queue)
{
    while (wake_first(queue))
        ;
}
