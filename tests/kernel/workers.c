#include "workers.h"

#include <mm/kernel_stacks.h>

static void run(struct thread *thread)
{
    struct worker *worker = CONTAINER_OF(thread, struct worker, thread);
    worker->work(worker);
    worker->done = true;
}

static void release(struct task *task)
{
    kernel_stack_free(&CONTAINER_OF(task, struct thread, task)->stack);
}

bool worker_start(struct executor *executor, struct worker *worker, void (*work)(struct worker *))
{
    struct stack stack;
    *worker = (struct worker){.work = work};
    if (kernel_stack_alloc(&stack) != OK)
        return false;
    thread_init(&worker->thread, "worker", &stack, run, release);
    executor_spawn(executor, &worker->thread.task);
    return true;
}

bool worker_run(void (*work)(struct worker *))
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct worker worker;
    if (!worker_start(&executor, &worker, work))
        return false;
    executor_run_ready(&executor);
    return worker.done;
}

bool worker_run_both(void (*first)(struct worker *), void (*second)(struct worker *))
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct worker workers[2];
    if (!worker_start(&executor, &workers[0], first))
        return false;
    bool started = worker_start(&executor, &workers[1], second);
    executor_run_ready(&executor);
    return started && workers[0].done && workers[1].done;
}
