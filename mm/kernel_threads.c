#include <kernel/task/thread.h>
#include <mm/heap.h>
#include <mm/kernel_stacks.h>
#include <mm/kernel_threads.h>

struct kernel_thread {
    struct thread thread;
    void (*run)(void *argument);
    void *argument;
};

static struct kernel_thread *kernel_thread_of(struct thread *thread)
{
    return CONTAINER_OF(thread, struct kernel_thread, thread);
}

static void run(struct thread *thread)
{
    struct kernel_thread *kernel_thread = kernel_thread_of(thread);
    kernel_thread->run(kernel_thread->argument);
}

static void release(struct task *task)
{
    struct thread *thread = CONTAINER_OF(task, struct thread, task);
    kernel_stack_free(&thread->stack);
    kfree(kernel_thread_of(thread));
}

enum error kernel_thread_spawn(struct executor *executor, const char *name,
                               void (*function)(void *argument), void *argument)
{
    struct stack stack = {.name = name};
    struct kernel_thread *thread = kzalloc(sizeof(*thread));
    if (!thread || kernel_stack_alloc(&stack)) {
        kfree(thread);
        return ERROR_OUT_OF_FRAMES;
    }
    thread->run = function;
    thread->argument = argument;
    thread_init(&thread->thread, name, &stack, run, release);
    thread->thread.task.priority = TASK_HIGH;
    executor_spawn(executor, &thread->thread.task);
    return OK;
}
