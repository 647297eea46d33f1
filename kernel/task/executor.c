/*
 * The ready queues, the run loop, and the beginning and the end of a task.
 *
 * Waking is three atomic steps and no lock: interrupts stay enabled, and a handler, even an NMI's,
 * may wake the very task whose wake it has interrupted. A wake clears the task's flag `waiting`,
 * and puts the task into the ready queue if the flag was set. The executor sets the flag right
 * before it polls, so from then on a wake queues the task for another poll.
 *
 * A task that is woken during its last poll is in the ready queue, which is linked through the
 * tasks. It stays live until the executor comes to it there. No task that is over is queued.
 */
#include <assert.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/cpu.h>
#include <kernel/task/executor.h>
#include <kernel/task/join.h>

enum poll_result task_yield(struct task *task)
{
    task_wake(task);
    return POLL_PENDING;
}

void executor_spawn(struct executor *executor, struct task *task)
{
    ASSERT(!in_interrupt());
    ASSERT(task->priority < TASK_PRIORITIES);
    ASSERT(!task_is_live(task));
    task->cancelled = false;
    task->executor = executor;
    task->queue = &executor->queues[task->priority];
    task->polls = task->wakes = task->time = task->longest_poll = 0;
    list_init(&task->wakers);
    list_init(&task->joins);
    list_push_back(&executor->tasks, &task->link);
    task->state = TASK_LIVE;
    ready_push(task->queue, task);
}

void task_cancel(struct task *task)
{
    ASSERT(!in_interrupt());
    ASSERT(!task->has_stack);
    if (task->state != TASK_LIVE)
        return;
    task->state = TASK_ENDING;
    task->cancelled = true;
    task_wake(task);
}

bool executor_is_polling(const struct executor *executor)
{
    const struct task *current = this_cpu()->current;
    return current && current->executor == executor;
}

static struct task *first_ready(const struct ready_queue *queue)
{
    return __atomic_load_n(&queue->head, __ATOMIC_ACQUIRE);
}

/* Takes out `first`, which is the first of the queue; that need not be its queue any more. An
 * interrupt handler may push a task at any moment. If it pushes before the exchange, that fails,
 * and the new task is `first->next`. If it pushes after the exchange, it finds an empty queue. */
static void ready_pop(struct ready_queue *queue, struct task *first)
{
    struct task *next = __atomic_load_n(&first->next, __ATOMIC_ACQUIRE);
    if (!next) {
        struct task **link = &first->next;
        __atomic_store_n(&queue->head, NULL, __ATOMIC_RELAXED);
        if (__atomic_compare_exchange_n(&queue->tail, &link, &queue->head, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            return;
        next = __atomic_load_n(&first->next, __ATOMIC_ACQUIRE);
    }
    __atomic_store_n(&queue->head, next, __ATOMIC_RELEASE);
}

/* --- Ending ---------------------------------------------------------------------------------- */

/* Takes the task's wakers out of the queues in which they wait, and wakes the tasks that joined it.
 */
static void teardown(struct task *task)
{
    while (!list_empty(&task->wakers))
        waker_cancel(CONTAINER_OF(list_first(&task->wakers), struct waker, task_link));
    while (!list_empty(&task->joins))
        join_complete(CONTAINER_OF(list_pop_front(&task->joins), struct join, target_link));
}

/* Ends a task that is not polled any more. Not inlined, so that the loop keeps its registers. If a
 * wake has put it into the ready queue meanwhile, the end is put off until the executor comes to
 * the task there. After the exchange no wake can queue it. */
static NOINLINE void finish(struct task *task)
{
    if (!__atomic_exchange_n(&task->waiting, false, __ATOMIC_ACQ_REL)) {
        task->state = TASK_ENDING;
        return;
    }
    teardown(task);
    list_remove(&task->link);
    task->state = TASK_OVER;
    if (task->release)
        task->release(task);
}

/* --- The run loop ---------------------------------------------------------------------------- */

static bool is_ready(const struct executor *executor, enum task_priority priority)
{
    return first_ready(&executor->queues[priority]);
}

/* The priority to take a task of instead of `priority`, so that no task waits for ever; the same if
 * none is ready there. */
static enum task_priority lower_priority(struct executor *executor, enum task_priority priority)
{
    enum { LOWEST = TASK_LOWEST_POLL, LAST = TASK_LOWEST_POLL * TASK_LOWEST_POLL };
    enum task_priority lower = TASK_NORMAL;
    executor->until_lower = TASK_LOWER_POLL;
    if (priority == TASK_LOW_EARLY)
        lower = TASK_LOW;
    else if (++executor->lower_polls % LOWEST == 0)
        lower = executor->lower_polls % LAST && is_ready(executor, TASK_LOW_EARLY) ? TASK_LOW_EARLY
                                                                                   : TASK_LOW;
    return is_ready(executor, lower) ? lower : priority;
}

/* Where the task to poll next comes from; empty if no task is ready. */
static struct ready_queue *next_queue(struct executor *executor)
{
    enum task_priority priority = TASK_LOW;
    if (is_ready(executor, TASK_HIGH))
        priority = TASK_HIGH;
    else if (is_ready(executor, TASK_NORMAL))
        priority = TASK_NORMAL;
    else if (is_ready(executor, TASK_LOW_EARLY))
        priority = TASK_LOW_EARLY;
    if (priority != TASK_LOW && --executor->until_lower == 0)
        priority = lower_priority(executor, priority);
    return &executor->queues[priority];
}

/* Adds the time since the last call, or since `poll_start` was set, to the task's time. One reading
 * of the counter ends a poll and begins the next one: that is 20 processor cycles a poll less than
 * with two, and the few instructions between two polls count for the second. */
static void account(struct executor *executor, struct task *task)
{
    uint64_t now = read_tsc(), time = now - executor->poll_start;
    executor->poll_start = now;
    task->time += time;
    if (time > task->longest_poll)
        task->longest_poll = time;
}

uint64_t task_time(const struct task *task)
{
    bool runs = this_cpu()->current == task;
    return task->time + (runs ? read_tsc() - task->executor->poll_start : 0);
}

static enum poll_result poll(struct executor *executor, struct task *task)
{
    struct cpu *cpu = this_cpu();
    struct task *outer = cpu->current; /* not NULL when a task runs an executor of its own */
    __atomic_store_n(&cpu->current, task, __ATOMIC_RELEASE); /* for watchdog_look() */
    task->polls++;
    enum poll_result result = task->poll(task);
    cpu->current = outer;
    account(executor, task);
    return result;
}

/* Polls the task, which is the first of `queue`, or ends it. True when it is not polled again. */
static bool run(struct executor *executor, struct ready_queue *queue, struct task *task)
{
    ready_pop(queue, task);
    __atomic_store_n(&task->waiting, true, __ATOMIC_RELEASE);
    if (task->state != TASK_ENDING && poll(executor, task) == POLL_PENDING)
        return false;
    finish(task);
    return true;
}

static bool deferred_requested(const struct executor *executor)
{
    return __atomic_load_n(&executor->deferred_requested, __ATOMIC_ACQUIRE);
}

void executor_request_deferred(struct executor *executor)
{
    __atomic_store_n(&executor->deferred_requested, true, __ATOMIC_RELEASE);
}

static void do_deferred(struct executor *executor)
{
    __atomic_store_n(&executor->deferred_requested, false, __ATOMIC_RELAXED);
    if (executor->do_deferred)
        executor->do_deferred();
    executor->poll_start = read_tsc();
}

/* Is the task over that executor_block_on() waits for? */
static bool awaited_is_over(const struct executor *executor)
{
    return executor->awaited && !executor->awaited->target;
}

void executor_run_ready(struct executor *executor)
{
    executor->poll_start = read_tsc();
    for (;;) {
        if (deferred_requested(executor))
            do_deferred(executor);
        struct ready_queue *queue = next_queue(executor);
        struct task *task = first_ready(queue);
        if (!task)
            return;
        if (run(executor, queue, task) && awaited_is_over(executor))
            return;
    }
}

static bool busy(const struct executor *executor)
{
    for (enum task_priority priority = 0; priority < TASK_PRIORITIES; priority++) {
        if (is_ready(executor, priority))
            return true;
    }
    return deferred_requested(executor);
}

/* An interrupt between the last look and the halt could wake a task, which would then wait for the
 * next interrupt. So the last look is made with interrupts masked, and wait_for_interrupt() unmasks
 * them and halts in one step. */
static void halt_unless_busy(struct executor *executor)
{
    interrupts_disable();
    if (busy(executor)) {
        interrupts_enable();
        return;
    }
    uint64_t start = read_tsc();
    wait_for_interrupt();
    executor->idle += read_tsc() - start;
}

void executor_block_on(struct executor *executor, struct task *task)
{
    struct join end = {0};
    ASSERT(!executor_is_polling(executor));
    ASSERT(!executor->awaited);
    join_begin(&end, task);
    executor->awaited = &end;
    while (!awaited_is_over(executor)) {
        executor_run_ready(executor);
        if (!awaited_is_over(executor))
            halt_unless_busy(executor);
    }
    executor->awaited = NULL;
}

void executor_run(struct executor *executor)
{
    for (;;) {
        executor_run_ready(executor);
        halt_unless_busy(executor);
    }
}
