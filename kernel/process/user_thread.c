/*
 * Scheduling of programs' threads. A thread has low priority, so that the kernel's own tasks come
 * first, and gets a slice of time. A tick interrupts user code, and on the way back the thread
 * looks whether its slice is over; then it goes behind all others. A thread that waits before that,
 * such as a shell for a key, goes before those that only compute. Kernel code is not preempted.
 *
 * A process of low niceness has several slices in a row. The thread of a nice process owes the
 * others the time that it has had beyond its share, its debt. It lets them run until each has had
 * that time.
 */
#include <assert.h>
#include <kernel/cpu/control.h>
#include <kernel/process/load.h>
#include <kernel/process/process.h>
#include <kernel/process/signal_act.h>
#include <kernel/process/signal_queue.h>
#include <kernel/process/timers.h>
#include <kernel/process/user_thread.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/kernel_stacks.h>

static struct executor *executor;
enum { NICENESS_0_WEIGHT = 1024 };

static uint64_t slices;    /* how often any thread has got the processor */
static bool slice_is_over; /* the running thread's slice; set by the timer's interrupt handler */

static struct user_thread *user_thread_of(struct thread *thread)
{
    return CONTAINER_OF(thread, struct user_thread, thread);
}

static void enter(struct thread *thread)
{
    struct user_thread *user_thread = user_thread_of(thread);
    slice_is_over = false;
    if (thread->task.priority != TASK_LOW_EARLY)
        task_set_priority(&thread->task, TASK_LOW_EARLY);
    slices++;
    load_note_switch();
    user_thread->user_time_before = this_cpu()->user_time; /* others ran until now */
    process_timers_check(user_thread->process);
    address_space_use(user_thread->process->space);
    user_registers_load(&user_thread->registers, &thread->stack);
}

static void leave(struct thread *thread)
{
    struct user_thread *user_thread = user_thread_of(thread);
    user_registers_save(&user_thread->registers);
    user_thread->user_time += this_cpu()->user_time - user_thread->user_time_before;
}

static void run(struct thread *thread)
{
    struct trap_frame frame ALIGNED(16) = user_thread_of(thread)->first;
    user_mode_return(&frame);
}

/* On the executor's stack. */
static void release(struct task *task)
{
    struct user_thread *thread = user_thread_of(CONTAINER_OF(task, struct thread, task));
    kernel_stack_free(&thread->thread.stack);
    kfree(thread->calls);
    kfree(thread);
}

struct user_thread *user_thread_find(int number)
{
    const struct id *id = id_find(number);
    return id ? id->thread : NULL;
}

bool user_thread_is_running(void)
{
    const struct thread *thread = thread_current();
    return thread && thread->run == run;
}

void user_threads_start(struct executor *of)
{
    executor = of;
}

enum error user_thread_spawn(struct process *process, struct id *number,
                             const struct trap_frame *frame, const struct user_registers *registers,
                             struct user_thread **spawned)
{
    struct stack stack;
    struct user_thread *thread = kmalloc_aligned(sizeof(*thread), _Alignof(struct user_thread));
    if (!thread)
        return ERROR_OUT_OF_FRAMES;
    memset(thread, 0, offsetof(struct user_thread, registers));
    enum error error = kernel_stack_alloc(&stack);
    if (error) {
        kfree(thread);
        return error;
    }
    memcpy(thread->name, process->name, sizeof(thread->name));
    thread_init(&thread->thread, thread->name, &stack, run, release);
    thread->thread.enter = enter;
    thread->thread.leave = leave;
    thread->thread.task.priority = TASK_LOW;
    if (registers)
        user_registers_copy(&thread->registers, registers);
    else
        user_registers_init(&thread->registers);
    thread->first = *frame;
    thread->process = process;
    thread->number = number;
    thread->id = number->number;
    number->thread = thread;
    signal_queue_init(&thread->pending);
    list_init(&thread->lock_waiters);
    list_push_back(&process->threads, &thread->sibling);
    process->thread_count++;
    process->state = PROCESS_LIVE;
    executor_spawn(executor, &thread->thread.task);
    *spawned = thread;
    return OK;
}

void user_thread_set_name(struct user_thread *thread, const char *name)
{
    size_t length = MIN(strlen(name), sizeof(thread->name) - 1);
    memset(thread->name, 0, sizeof(thread->name));
    memcpy(thread->name, name, length);
    if (thread->id == thread->process->id)
        memcpy(thread->process->name, thread->name, sizeof(thread->name));
}

void user_threads_tick(void)
{
    static uint64_t last_poll;
    slice_is_over = executor->poll_start == last_poll;
    last_poll = executor->poll_start;
}

/* Linux's weights of niceness -20 to 19 (kernel/sched/core.c): each step is a factor of 1.25. */
static int niceness_weight(int niceness)
{
    static const uint32_t weights[] = {88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705,
                                       14949, 11916, 9548,  7620,  6100,  4904,  3906,  3121,
                                       2501,  1991,  1586,  1277,  1024,  820,   655,   526,
                                       423,   335,   272,   215,   172,   137,   110,   87,
                                       70,    56,    45,    36,    29,    23,    18,    15};
    ASSERT(niceness >= NICENESS_LEAST && niceness <= NICENESS_MOST);
    return (int)weights[niceness - NICENESS_LEAST];
}

/* May the thread go on although its slice is over? */
static bool has_more_slices(struct user_thread *thread, int weight)
{
    bool more = ++thread->slices < weight / NICENESS_0_WEIGHT;
    if (!more)
        thread->slices = 0;
    return more;
}

/* Lets other threads run, until the debt is paid or no other thread wants the processor. */
static void end_slice(struct user_thread *thread)
{
    int weight = niceness_weight(thread->process->niceness);
    bool is_over = slice_is_over, goes_on = is_over && has_more_slices(thread, weight);
    uint64_t start = read_tsc(), used = start - executor->poll_start;
    slice_is_over = false;
    if (goes_on)
        return;
    if (weight < NICENESS_0_WEIGHT)
        thread->debt += used * (uint64_t)(NICENESS_0_WEIGHT - weight) / (uint64_t)weight;
    for (;;) {
        uint64_t before = slices, paid;
        if (is_over)
            task_set_priority(&thread->thread.task, TASK_LOW);
        thread_yield();
        uint64_t others = slices - before - 1, now = read_tsc();
        paid = others ? (now - start) / others : thread->debt;
        thread->debt -= MIN(paid, thread->debt);
        if (!thread->debt || thread_is_interrupted(&thread->thread))
            return;
        slices--; /* this thread has not used the processor */
        start = now;
    }
}

static inline bool has_to_act(void)
{
    return executor_has_urgent(executor) || slice_is_over ||
           thread_is_interrupted(&user_thread_current()->thread);
}

/* Kept apart from has_to_act(), after which most calls return at once. */
static NOINLINE void act(struct trap_frame *frame)
{
    do {
        interrupts_enable();
        process_timers_check(process_current());
        if (slice_is_over || executor_has_urgent(executor))
            end_slice(user_thread_current());
        if (thread_is_interrupted(&user_thread_current()->thread))
            signals_act(frame);
        interrupts_disable();
    } while (has_to_act());
}

void user_thread_before_return(struct trap_frame *frame)
{
    if (has_to_act())
        act(frame);
}
