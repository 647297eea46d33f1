/*
 * A thread: a task with a stack of its own. Its poll function goes on with the thread's stack and
 * comes back when the thread waits, yields or is over:
 *
 *     executor          thread's stack
 *     poll ------------> run() ...
 *                        thread_park()
 *     PENDING <---------
 *     (a wake)
 *     poll ------------> thread_park() returns, the wait looks again
 *                        run() returns
 *     READY <-----------
 *
 * So whatever can be polled can be waited for in direct style, and threads and stackless tasks
 * share one executor, its priorities and its timers. Kernel code is not preempted: between two
 * waits a thread has the processor to itself, and what has to stay whole across a wait has a mutex.
 *
 * A thread is not cancelled, since that would abandon its stack, whose frames may hold locks and
 * memory. It is interrupted: its waits end with ERROR_INTERRUPTED, and it returns by itself.
 */
#ifndef KERNEL_TASK_THREAD_H
#define KERNEL_TASK_THREAD_H

#include <error.h>
#include <kernel/cpu/context_switch.h>
#include <kernel/cpu/cpu.h>
#include <kernel/cpu/stacks.h>
#include <kernel/task/future.h>
#include <kernel/task/mutex.h>
#include <kernel/task/task.h>

struct thread {
    struct task task;   /* spawned, joined and woken like any other; never cancelled */
    struct stack stack; /* the spawner's; not used any more when task.release is called */
    void (*run)(struct thread *thread);
    /* NULL, or called on the executor's stack before each switch to the thread's stack, and after
     * each switch back. For threads that run programs. */
    void (*enter)(struct thread *thread);
    void (*leave)(struct thread *thread);

    /* thread.c's. */
    stack_context own;    /* where the thread goes on; holds while the executor runs */
    stack_context caller; /* where its poll function goes on; holds while the thread runs */
    bool over;            /* run() has returned */
    bool interrupted;     /* changed by atomic stores */
    struct held_locks held_locks;
};

/* Prepares a thread, which executor_spawn() starts. `run` is called on `stack`, whose top is a
 * multiple of 16; the thread is over when it returns. `release` (or NULL) gives the memory back,
 * the stack's included, and runs on the executor's stack. */
void thread_init(struct thread *thread, const char *name, const struct stack *stack,
                 void (*run)(struct thread *thread), void (*release)(struct task *task));

/* The running thread; NULL in stackless tasks and in set-up code. In an interrupt handler, the
 * interrupted one. */
static inline struct thread *thread_current(void)
{
    struct stack *stack = this_cpu()->thread_stack;
    return stack ? CONTAINER_OF(stack, struct thread, stack) : NULL;
}

/* Is the thread interrupted, and has not accepted it yet? Any context. */
static inline bool thread_is_interrupted(const struct thread *thread)
{
    return __atomic_load_n(&thread->interrupted, __ATOMIC_ACQUIRE);
}

/* Ends the running thread, as the return of its function would. In threads only. */
NORETURN void thread_end(void);

/* The functions below wait, so other tasks run before they return. In threads only, not in
 * interrupt handlers. */

/* Leaves the processor until the thread is woken, which may happen without a reason. The caller has
 * registered a waker first, and looks again afterwards. For loops like that of await(). */
void thread_park(void);

/* Lets other ready tasks run first. */
void thread_yield(void);

/* Wait until the queue is woken; interruptible or not, as with await(). The caller looks at the
 * condition that it waits for before and after. Not for queues that an interrupt handler wakes: it
 * could do so between the look and the wait. */
void thread_wait(struct wait_queue *queue);
enum error thread_wait_interruptible(struct wait_queue *queue);

/* Waits until the future is ready. */
void await(struct future *future);

/* The same, but ends with ERROR_INTERRUPTED, and the future is given up, when the thread is
 * interrupted. A future that is ready is OK all the same. */
enum error await_interruptible(struct future *future);

/* Waits for so many nanoseconds, at least. */
void thread_sleep(uint64_t nanoseconds);

/* Lock a mutex for the running thread, and unlock it. An interrupt does not end the wait. */
void thread_lock(struct mutex *mutex);
void thread_unlock(struct mutex *mutex);

/* Interrupts the thread, which is not over: its interruptible waits end, the current one and all
 * later ones, until thread_accept_interrupt(). Any context, except an NMI's handler. */
void thread_interrupt(struct thread *thread);

/* Was the running thread interrupted since it last asked? */
bool thread_accept_interrupt(void);

#endif
