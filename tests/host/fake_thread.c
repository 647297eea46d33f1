/*
 * Threads for host tests of code in direct style: nothing else runs, so what would have to wait is
 * interrupted at once.
 */
#include <assert.h>
#include <kernel/task/thread.h>

static struct task the_task = {.name = "host", .state = TASK_LIVE};

struct thread *thread_current(void)
{
    return NULL;
}

void thread_yield(void)
{
}

void thread_lock(struct mutex *mutex)
{
    ASSERT(!mutex->owner);
    mutex->owner = &the_task;
}

void thread_unlock(struct mutex *mutex)
{
    ASSERT(mutex->owner == &the_task);
    mutex->owner = NULL;
}

enum error await_interruptible(struct future *future)
{
    list_init(&the_task.wakers);
    if (future_poll(future, &the_task) == POLL_READY)
        return OK;
    future_cancel(future);
    return ERROR_INTERRUPTED;
}
