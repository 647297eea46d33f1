#include <kernel/cpu/control.h>
#include <kernel/task/oneshot.h>

static bool is_sent(const struct oneshot *oneshot)
{
    return __atomic_load_n(&oneshot->sent, __ATOMIC_ACQUIRE);
}

bool oneshot_send(struct oneshot *oneshot, uint64_t value)
{
    uint64_t flags = interrupts_save();
    bool first = !oneshot->sent;
    if (first) {
        oneshot->value = value;
        __atomic_store_n(&oneshot->sent, true, __ATOMIC_RELEASE);
    }
    interrupts_restore(flags);
    wait_queue_wake_all(&oneshot->receivers);
    return first;
}

enum poll_result oneshot_poll(struct oneshot *oneshot, struct waker *waker, struct task *task,
                              uint64_t *value)
{
    if (!is_sent(oneshot)) {
        waker_register(waker, &oneshot->receivers, task);
        if (!is_sent(oneshot)) /* an interrupt may have sent it before the registration */
            return POLL_PENDING;
    }
    waker_finish(waker);
    *value = oneshot->value;
    return POLL_READY;
}
