/*
 * Threads for host tests of code in direct style: nothing else runs, but for what a test does in a
 * yield, so what would have to wait is interrupted at once. A wait for a device yields first.
 */
#include <assert.h>
#include <kernel/task/thread.h>
#include <mm/kernel_threads.h>

#include "support.h"

static struct thread the_thread = {.task = {.name = "host", .state = TASK_LIVE}};

static void (*host_yield)(void);

void host_set_yield(void (*yield)(void))
{
    host_yield = yield;
    host_cpu.thread_stack = yield ? &the_thread.stack : NULL;
}

void thread_yield(void)
{
    if (host_yield)
        host_yield();
}

/* The clock goes on, if it was started. */
void thread_sleep(uint64_t nanoseconds)
{
    uint64_t end = clock_now() + nanoseconds, last = UINT64_MAX;
    while (clock_now() < end && clock_now() != last) {
        last = clock_now();
        clock_tick();
    }
}

/* Only a yield could do what is waited for. */
void thread_wait(struct wait_queue *queue)
{
    (void)queue;
    ASSERT(host_yield);
    host_yield();
}

void thread_lock(struct mutex *mutex)
{
    ASSERT(!mutex->owner);
    mutex->owner = &the_thread.task;
}

void thread_unlock(struct mutex *mutex)
{
    ASSERT(mutex->owner == &the_thread.task);
    mutex->owner = NULL;
}

void await(struct future *future)
{
    list_init(&the_thread.task.wakers);
    if (host_yield)
        host_yield();
    ASSERT(future_poll(future, &the_thread.task) == POLL_READY);
}

enum error await_interruptible(struct future *future)
{
    list_init(&the_thread.task.wakers);
    if (future_poll(future, &the_thread.task) == POLL_READY)
        return OK;
    future_cancel(future);
    return ERROR_INTERRUPTED;
}

enum error thread_wait_interruptible(struct wait_queue *queue)
{
    (void)queue;
    return ERROR_INTERRUPTED;
}

/* It waits for nothing, so it is over at once. */
enum error kernel_thread_spawn(struct executor *executor, const char *name,
                               void (*run)(void *argument), void *argument)
{
    (void)executor;
    (void)name;
    run(argument);
    return OK;
}
