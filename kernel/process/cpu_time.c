#include <kernel/process/cpu_time.h>

/* The processor counts user time for whichever thread runs. The part that it has counted since this
 * thread got it is not in the thread's own sum yet. */
static uint64_t user_time_now(const struct user_thread *thread)
{
    bool runs = thread_current() == &thread->thread;
    return thread->user_time + (runs ? this_cpu()->user_time - thread->user_time_before : 0);
}

struct cpu_time thread_cpu_time(const struct user_thread *thread)
{
    struct cpu_time time = {.user = user_time_now(thread)};
    time.total = MAX(task_time(&thread->thread.task), time.user);
    return time;
}

struct cpu_time process_cpu_time(const struct process *process)
{
    struct cpu_time time = {process->time, process->user_time};
    for_each_thread(thread, process) {
        struct cpu_time of_thread = thread_cpu_time(thread);
        time.total += of_thread.total;
        time.user += of_thread.user;
    }
    return time;
}

struct cpu_time process_children_time(const struct process *process)
{
    return (struct cpu_time){process->children_time, process->children_user_time};
}

uint64_t cpu_time_user(struct cpu_time time)
{
    return clock_from_tsc(time.user);
}

uint64_t cpu_time_system(struct cpu_time time)
{
    return clock_from_tsc(time.total) - clock_from_tsc(time.user);
}
