#include <assert.h>
#include <kernel/task/mutex.h>

enum poll_result mutex_poll_lock(struct mutex *mutex, struct waker *waker, struct task *task)
{
    ASSERT(mutex->owner != task);
    if (mutex->owner || (mutex->waiting.woken > 0 && !waker->woken)) {
        waker_register(waker, &mutex->waiting, task);
        return POLL_PENDING;
    }
    waker_finish(waker);
    mutex->owner = task;
    return POLL_READY;
}
