#include <assert.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>
#include <kernel/task/task.h>

/* Interrupts are masked. */
static void make_ready(struct task *task)
{
    task->state = TASK_READY;
    list_push_back(&task->executor->ready, &task->ready_link);
}

void executor_spawn(struct executor *executor, struct task *task)
{
    ASSERT(!in_interrupt());
    ASSERT(task->name && task->poll);
    task->executor = executor;
    task->polls = task->wakes = 0;
    list_init(&task->wakers);
    uint64_t flags = interrupts_save();
    executor->live++;
    make_ready(task);
    interrupts_restore(flags);
}

void task_wake(struct task *task)
{
    uint64_t flags = interrupts_save();
    task->wakes++;
    if (task->state == TASK_WAITING)
        make_ready(task);
    else if (task->state == TASK_RUNNING)
        task->state = TASK_RUNNING_WOKEN;
    interrupts_restore(flags);
}

/* The next task to poll, marked as running, or NULL. */
static struct task *take_ready(struct executor *executor)
{
    struct task *task = NULL;
    uint64_t flags = interrupts_save();
    struct list_node *node = list_pop_front(&executor->ready);
    if (node) {
        task = CONTAINER_OF(node, struct task, ready_link);
        ASSERT(task->state == TASK_READY);
        task->state = TASK_RUNNING;
    }
    interrupts_restore(flags);
    return task;
}

static void finish(struct executor *executor, struct task *task)
{
    uint64_t flags = interrupts_save();
    task->state = TASK_DONE;
    struct list_node *node;
    while ((node = list_first(&task->wakers)))
        waker_cancel(CONTAINER_OF(node, struct waker, task_link));
    executor->live--;
    interrupts_restore(flags);
    if (task->release)
        task->release(task);
}

static void suspend(struct task *task)
{
    uint64_t flags = interrupts_save();
    if (task->state == TASK_RUNNING_WOKEN)
        make_ready(task);
    else
        task->state = TASK_WAITING;
    interrupts_restore(flags);
}

void executor_run_ready(struct executor *executor)
{
    struct task *task;
    while ((task = take_ready(executor))) {
        task->polls++;
        if (task->poll(task) == POLL_READY)
            finish(executor, task);
        else
            suspend(task);
    }
}

void executor_run(struct executor *executor)
{
    for (;;) {
        executor_run_ready(executor);
        /* An interrupt between the last look and the halt could wake a task and then be slept
         * through. So the look that counts is made with interrupts masked, and they are unmasked by
         * the very instruction pair that halts. */
        interrupts_disable();
        if (list_empty(&executor->ready))
            wait_for_interrupt();
        else
            interrupts_enable();
    }
}
