#include <kernel/task/event.h>

void event_set(struct event *event)
{
    __atomic_store_n(&event->set, true, __ATOMIC_RELEASE);
    wait_queue_wake_all(&event->waiting);
}

void event_clear(struct event *event)
{
    __atomic_store_n(&event->set, false, __ATOMIC_RELEASE);
}

enum poll_result event_poll(struct event *event, struct waker *waker, struct task *task)
{
    if (!__atomic_load_n(&event->set, __ATOMIC_ACQUIRE))
        waker_register(waker, &event->waiting, task);
    if (!__atomic_load_n(&event->set, __ATOMIC_ACQUIRE)) /* perhaps it was set in between */
        return POLL_PENDING;
    waker_finish(waker);
    return POLL_READY;
}
