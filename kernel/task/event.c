#include <kernel/task/event.h>

static bool is_set(const struct event *event)
{
    return __atomic_load_n(&event->set, __ATOMIC_ACQUIRE);
}

void event_set(struct event *event)
{
    __atomic_store_n(&event->set, true, __ATOMIC_RELEASE);
    wait_queue_wake_all(&event->waiting);
}

void event_clear(struct event *event)
{
    __atomic_store_n(&event->set, false, __ATOMIC_RELEASE);
}

/* If the first look finds the event set, the task need not wait, even if an interrupt clears the
 * event right after. POLL_PENDING is returned only with the waker registered. */
enum poll_result event_poll(struct event *event, struct waker *waker, struct task *task)
{
    if (!is_set(event)) {
        waker_register(waker, &event->waiting, task);
        if (!is_set(event)) /* an interrupt may have set it before the registration */
            return POLL_PENDING;
    }
    waker_finish(waker);
    return POLL_READY;
}
