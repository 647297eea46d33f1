/*
 * The ready queues, the run loop, and what happens at a task's end.
 *
 * Waking is three atomic steps and no lock: interrupts stay enabled, and a handler, even an NMI's,
 * may wake the very task whose wake it has interrupted. The bit TASK_WAITING decides who puts a
 * task into the queue: only the one that has found it set and cleared it. The executor sets it just
 * before it polls, so from then on a wake queues the task for another poll.
 *
 * The queue is linked through the tasks, and a task that was woken in its last poll is in it. Such
 * a task stays live until the turn that this gives it, and ends there: nothing that is over is
 * queued.
 */
#include <assert.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>
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
    ASSERT(task->priority < TASK_PRIORITIES && !(task->state & TASK_LIVE));
    task->turn = task->poll;
    task->executor = executor;
    task->queue = &executor->queues[task->priority];
    task->polls = task->wakes = task->time = task->longest_poll = 0;
    task->joins = NULL;
    task->wakers = NULL;
    list_push_back(&executor->tasks, &task->link);
    task->state = TASK_LIVE;
    ready_push(task->queue, task);
}

static struct task *first_ready(const struct ready_queue *queue)
{
    return __atomic_load_n(&queue->head, __ATOMIC_ACQUIRE);
}

/* Takes `first`, which is the first of its queue, out. An interrupt may add one behind it at any
 * moment: its handler finds either the place behind the first task, and then the exchange fails and
 * the task that it added is there to be seen, or an empty queue. */
static void ready_pop(struct task *first)
{
    struct ready_queue *queue = first->queue;
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

/* Is there anything to do? */
static bool busy(const struct executor *executor)
{
    for (unsigned i = 0; i < TASK_PRIORITIES; i++) {
        if (first_ready(&executor->queues[i]))
            return true;
    }
    return __atomic_load_n(&executor->attention, __ATOMIC_ACQUIRE);
}

/* Does what somebody has called for. False when the loop has to be left. */
static bool attend(struct executor *executor)
{
    __atomic_store_n(&executor->attention, false, __ATOMIC_RELAXED);
    if (executor->attend)
        executor->attend();
    return !executor->awaited || executor->awaited->target;
}

/* So that nobody is kept waiting for ever: the lower task that takes the turn of `task`, or that.
 */
static struct task *lower_task(struct executor *executor, struct task *task)
{
    bool lowest = ++executor->lower_looks % TASK_LOWEST_TURN == 0;
    executor->until_lower = TASK_LOWER_TURN;
    struct task *lower = first_ready(&executor->queues[lowest ? TASK_LOW : TASK_NORMAL]);
    return lower ? lower : task;
}

/* The task whose turn it is, or NULL. Not a loop: this is looked through for every poll. */
static struct task *next_task(struct executor *executor)
{
    struct task *task = first_ready(&executor->queues[TASK_HIGH]);
    if (!task)
        task = first_ready(&executor->queues[TASK_NORMAL]);
    if (!task)
        return first_ready(&executor->queues[TASK_LOW]);
    return --executor->until_lower == 0 ? lower_task(executor, task) : task;
}

/* Takes the task's wakers out of where they wait, and tells who waits for the task. */
static SLOW_PATH void part(struct task *task)
{
    while (task->wakers)
        waker_cancel(task->wakers);
    for (struct join *join = task->joins; join; join = join->next) {
        join->target = NULL;
        join->result = task->result;
        join->cancelled = (task->state & TASK_CANCELLED) != 0;
        wait_queue_wake_one(&join->queue);
        if (join == task->executor->awaited)
            executor_call_attention(task->executor);
    }
}

/* What a task that may not run any more has for a turn. */
static enum poll_result end(struct task *task)
{
    (void)task;
    return POLL_READY;
}

void task_cancel(struct task *task)
{
    ASSERT(!in_interrupt());
    if (!(task->state & TASK_LIVE) || task->turn == end)
        return;
    task->turn = end;
    __atomic_fetch_or(&task->state, TASK_CANCELLED, __ATOMIC_ACQ_REL);
    task_wake(task);
}

/* The task's turn was its last. If a wake has put it into the queue meanwhile, it ends on the turn
 * that this gives it; from here on no wake can do so any more. */
static inline void finish(struct task *task)
{
    if (!(__atomic_fetch_and(&task->state, ~(unsigned)TASK_WAITING, __ATOMIC_ACQ_REL) &
          TASK_WAITING)) {
        task->turn = end;
        return;
    }
    if (__builtin_expect(task->wakers || task->joins, 0))
        part(task);
    list_remove(&task->link);
    task->state ^= TASK_LIVE | TASK_OVER; /* TASK_CANCELLED stays as it is */
    if (task->release)
        task->release(task);
}

/* Counts the poll that has ended. */
static inline void account(const struct executor *executor, struct task *task)
{
    uint64_t spent = read_tsc() - executor->began;
    task->time += spent;
    if (spent > task->longest_poll)
        task->longest_poll = spent;
}

void executor_run_ready(struct executor *executor)
{
    struct task *task;
    for (;;) {
        if (__atomic_load_n(&executor->attention, __ATOMIC_ACQUIRE) && !attend(executor))
            break;
        task = next_task(executor);
        if (!task)
            break;
        ready_pop(task);
        executor->began = read_tsc();
        __atomic_store_n(&executor->current, task, __ATOMIC_RELEASE); /* for watchdog_look() */
        task->polls++;
        __atomic_fetch_or(&task->state, TASK_WAITING, __ATOMIC_ACQ_REL);
        if (task->turn(task) == POLL_PENDING)
            account(executor, task);
        else
            finish(task);
    }
    executor->current = NULL;
}

/* An interrupt between the last look and the halt could wake a task and then be slept through. So
 * the look that counts is made with interrupts masked, and they are unmasked by the very
 * instruction pair that halts. */
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
    ASSERT(!executor->awaited && !executor->current);
    join_begin(&end, task);
    executor->awaited = &end;
    while (end.target) {
        executor_run_ready(executor);
        if (end.target)
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
