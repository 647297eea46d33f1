/*
 * The executor: polls the tasks that are ready, and halts the processor while none is.
 *
 * Of the ready tasks those of the highest priority come first, among themselves in the order in
 * which they became ready. So that nobody is kept waiting for ever, every 8th of these turns goes
 * to a task of normal priority, and every 64th to one of low priority, if one is ready: a task of
 * high priority waits for two other polls at most, and a low one gets at least one poll in 64.
 *
 * One executor belongs to one processor. Its own interrupt handlers, NMIs included, may wake its
 * tasks; another processor may not (see ready_push()).
 */
#ifndef KERNEL_TASK_EXECUTOR_H
#define KERNEL_TASK_EXECUTOR_H

#include <kernel/task/task.h>

struct executor {
    /* Somebody wants something done before the next task gets its turn: an interrupt handler has
     * set it to have attend() called, outside of interrupts, or the awaited task is over. It is
     * looked at for every poll, and comes first so that it needs no register of its own. */
    bool attention;
    struct ready_queue queues[TASK_PRIORITIES]; /* by priority */
    struct list tasks;                          /* the live ones, by their link, in spawn order */
    struct task *current;                       /* the one that is being polled */
    uint64_t began;             /* when the last poll did, by the time stamp counter */
    unsigned until_lower;       /* turns of high and normal tasks up to the next that goes lower */
    unsigned lower_looks;       /* how often one of them did */
    uint64_t idle;              /* time stamp ticks spent halted */
    const struct join *awaited; /* by executor_block_on() */
    void (*attend)(void);
};

/* Every 8th turn of those above is for normal priority, every 8th of these for low priority. */
enum { TASK_LOWER_TURN = 8, TASK_LOWEST_TURN = 8 };

#define READY_QUEUE_INIT(queue) \
    {                           \
        .tail = &(queue).head   \
    }

#define EXECUTOR_INIT(executor)                                                                    \
    {                                                                                              \
        .queues = {READY_QUEUE_INIT((executor).queues[0]), READY_QUEUE_INIT((executor).queues[1]), \
                   READY_QUEUE_INIT((executor).queues[2])},                                        \
        .tasks = LIST_INIT((executor).tasks), .until_lower = TASK_LOWER_TURN                       \
    }

/* Makes `task` ready for its first poll. The caller has set name, poll, release and priority, and
 * keeps the memory alive until release(). From tasks, from set-up code; not in an interrupt
 * handler. */
void executor_spawn(struct executor *executor, struct task *task);

/* Polls tasks until none is ready. Interrupts are enabled, and no poll of this executor is running.
 */
void executor_run_ready(struct executor *executor);

/* Polls tasks, and halts while none is ready, until `task`, which has been spawned, is over. */
void executor_block_on(struct executor *executor, struct task *task);

/* Polls tasks for ever and halts the processor while none is ready. */
NORETURN void executor_run(struct executor *executor);

/* Has `attend` called soon. Any context. */
static inline void executor_call_attention(struct executor *executor)
{
    __atomic_store_n(&executor->attention, true, __ATOMIC_RELEASE);
}

#endif
