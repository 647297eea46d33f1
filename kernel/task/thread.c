/*
 * The two sides of a switch: poll() runs on the executor's stack and goes on with the thread's;
 * park() runs on the thread's stack and goes on with poll(). Every wait is a loop around park(),
 * for a wake may come without a reason.
 */
#include <assert.h>
#include <kernel/cpu/cpu.h>
#include <kernel/task/thread.h>

static struct thread *thread_of(struct task *task)
{
    return CONTAINER_OF(task, struct thread, task);
}

/* The running thread, for functions that only threads may call. */
static inline struct thread *running(void)
{
    struct thread *thread = thread_current();
    ASSERT(thread);
    ASSERT(!in_interrupt());
    return thread;
}

void thread_end(void)
{
    lock_order_check_none(&running()->held_locks);
    running()->over = true;
    thread_park();
    __builtin_unreachable(); /* poll() does not come back here: the task is over */
}

/* The first function on a thread's stack. */
static NORETURN void start(void)
{
    struct thread *thread = running();
    thread->run(thread);
    thread_end();
}

static enum poll_result poll(struct task *task)
{
    struct thread *thread = thread_of(task);
    struct cpu *cpu = this_cpu();
    ASSERT(!cpu->thread_stack); /* a thread runs no executor of its own */
    cpu->thread_stack = &thread->stack;
    if (thread->enter)
        thread->enter(thread);
    context_switch(&thread->caller, thread->own);
    if (thread->leave)
        thread->leave(thread);
    this_cpu()->thread_stack = NULL;
    return thread->over ? POLL_READY : POLL_PENDING;
}

void thread_init(struct thread *thread, const char *name, const struct stack *stack,
                 void (*run)(struct thread *thread), void (*release)(struct task *task))
{
    task_init(&thread->task, name, poll, release);
    thread->task.has_stack = true;
    thread->stack = *stack;
    thread->stack.name = name;
    thread->run = run;
    thread->enter = thread->leave = NULL;
    thread->own = context_init(stack->top, start);
    thread->over = thread->interrupted = false;
    thread->held_locks = (struct held_locks){0};
}

static inline void park(struct thread *thread)
{
    context_switch(&thread->own, thread->caller);
}

void thread_park(void)
{
    park(running());
}

void thread_yield(void)
{
    struct thread *thread = running();
    task_wake(&thread->task);
    park(thread);
}

static enum error wait(struct wait_queue *queue, bool interruptible)
{
    struct thread *thread = running();
    struct waker waker = {0};
    waker_register(&waker, queue, &thread->task);
    do {
        if (interruptible && thread_is_interrupted(thread)) {
            waker_cancel(&waker);
            return ERROR_INTERRUPTED;
        }
        park(thread);
    } while (!waker.woken);
    waker_finish(&waker);
    return OK;
}

void thread_wait(struct wait_queue *queue)
{
    (void)wait(queue, false);
}

enum error thread_wait_interruptible(struct wait_queue *queue)
{
    return wait(queue, true);
}

void await(struct future *future)
{
    struct thread *thread = running();
    while (future_poll(future, &thread->task) == POLL_PENDING)
        park(thread);
}

enum error await_interruptible(struct future *future)
{
    struct thread *thread = running();
    while (future_poll(future, &thread->task) == POLL_PENDING) {
        /* An interrupt that comes after this look wakes the task, so park() returns. */
        if (thread_is_interrupted(thread)) {
            future_cancel(future);
            return ERROR_INTERRUPTED;
        }
        park(thread);
    }
    return OK;
}

void thread_sleep(uint64_t nanoseconds)
{
    struct sleep sleep = {0};
    sleep_for(&sleep, nanoseconds);
    while (sleep_poll(&sleep, &thread_current()->task) == POLL_PENDING)
        thread_park();
}

static NOINLINE void wait_for_lock(struct mutex *mutex, struct thread *thread)
{
    struct waker waker = {0};
    while (mutex_poll_lock(mutex, &waker, &thread->task) == POLL_PENDING)
        park(thread);
}

void thread_lock(struct mutex *mutex)
{
    struct thread *thread = running();
    lock_order_note_lock(&thread->held_locks, mutex->rank);
    if (!mutex_try_lock(mutex, &thread->task))
        wait_for_lock(mutex, thread);
}

void thread_unlock(struct mutex *mutex)
{
    struct thread *thread = running();
    lock_order_note_unlock(&thread->held_locks, mutex->rank);
    mutex_unlock(mutex, &thread->task);
}

void thread_interrupt(struct thread *thread)
{
    __atomic_store_n(&thread->interrupted, true, __ATOMIC_RELEASE);
    task_wake(&thread->task);
}

bool thread_accept_interrupt(void)
{
    struct thread *thread = running();
    return __atomic_exchange_n(&thread->interrupted, false, __ATOMIC_ACQ_REL);
}
