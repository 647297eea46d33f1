/*
 * The executor: polls the tasks that are ready, and halts the processor while none is.
 *
 * Ready tasks of the highest priority are polled first, and tasks of the same priority in the order
 * in which they became ready. No task waits for ever: every 8th poll that a task of high or normal
 * priority would get goes to a lower priority instead, if a task of that is ready. Seven times of
 * eight that is normal priority, the eighth time low priority. So the tasks of low priority get at
 * least one poll in 64.
 *
 * There are two low priorities. A program's thread has the earlier one after it has waited for
 * something, and the later one after it has used up its slice of time. Every 8th poll of the
 * earlier one goes to the later one.
 *
 * One executor belongs to one processor. Interrupt handlers of that processor, NMIs included, may
 * wake its tasks; another processor may not (ready_push() says why).
 */
#ifndef KERNEL_TASK_EXECUTOR_H
#define KERNEL_TASK_EXECUTOR_H

#include <kernel/task/task.h>

struct executor {
    struct ready_queue queues[TASK_PRIORITIES]; /* by priority */
    struct list tasks;                          /* live and ending, by their link, in spawn order */
    uint64_t poll_start;                        /* of the last poll, by the time stamp counter */
    unsigned until_lower;       /* polls until the next that goes to a lower priority, 1 or more */
    unsigned lower_polls;       /* how many polls went to a lower priority */
    uint64_t idle;              /* ticks of the time stamp counter spent halted */
    const struct join *awaited; /* of executor_block_on(); NULL outside of it */
    bool deferred_requested;    /* the deferred work must be done before the next poll; atomic */
    void (*do_deferred)(void);  /* the deferred work; NULL: there is none */
};

/* Every 8th poll goes to a lower priority, and every 8th of these to a task of low priority. */
enum { TASK_LOWER_POLL = 8, TASK_LOWEST_POLL = 8 };

#define READY_QUEUE_INIT(queue) \
    {                           \
        .tail = &(queue).head   \
    }

#define EXECUTOR_INIT(executor)                                                                    \
    {                                                                                              \
        .queues = {READY_QUEUE_INIT((executor).queues[0]), READY_QUEUE_INIT((executor).queues[1]), \
                   READY_QUEUE_INIT((executor).queues[2]),                                         \
                   READY_QUEUE_INIT((executor).queues[3])},                                        \
        .tasks = LIST_INIT((executor).tasks), .until_lower = TASK_LOWER_POLL                       \
    }

/* Makes `task` ready for its first poll. The task is new or over; the caller has set name, poll,
 * release and priority, and keeps the memory until release(). In tasks and set-up code. */
void executor_spawn(struct executor *executor, struct task *task);

/* Changes the priority of the task that is being polled, from its next wake on. In that task. */
static inline void task_set_priority(struct task *task, enum task_priority priority)
{
    task->priority = priority;
    task->queue = &task->executor->queues[priority];
}

/* Polls tasks until none is ready. Interrupts are enabled, and no poll of this executor is running.
 */
void executor_run_ready(struct executor *executor);

/* Polls tasks, and halts while none is ready, until `task`, which has been spawned, is over.
 * Otherwise like executor_run_ready(). */
void executor_block_on(struct executor *executor, struct task *task);

/* Is a task of `executor` being polled on this processor? Any context. */
bool executor_is_polling(const struct executor *executor);

/* Polls tasks for ever and halts the processor while none is ready. */
NORETURN void executor_run(struct executor *executor);

/* Is something ready that goes before tasks of low priority? Any context. */
static inline bool executor_has_urgent(const struct executor *executor)
{
    return __atomic_load_n(&executor->queues[TASK_HIGH].head, __ATOMIC_ACQUIRE) ||
           __atomic_load_n(&executor->queues[TASK_NORMAL].head, __ATOMIC_ACQUIRE) ||
           __atomic_load_n(&executor->deferred_requested, __ATOMIC_ACQUIRE);
}

/* The time that the task has spent in polls, this one included if it is being polled; in ticks of
 * the time stamp counter. In tasks, and in interrupt handlers for the task that is being polled. */
uint64_t task_time(const struct task *task);

/* Requests that the executor does its deferred work before the next poll, outside of interrupts.
 * Any context. */
void executor_request_deferred(struct executor *executor);

#endif
