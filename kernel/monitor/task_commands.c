/*
 * `tasks`: shows the tasks' states, polls and share of the time.
 */
#include <kernel/cpu/cpu.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <kernel/monitor/monitor.h>
#include <kernel/task/clock.h>

static const char *state_name(const struct task *task)
{
    if (task == this_cpu()->current)
        return "running";
    if (task->cancelled)
        return "cancelled";
    return task->waiting ? "waiting" : "ready";
}

static const char *priority_name(const struct task *task)
{
    static const char *const names[TASK_PRIORITIES] = {[TASK_LOW] = "low",
                                                       [TASK_LOW_EARLY] = "early",
                                                       [TASK_NORMAL] = "normal",
                                                       [TASK_HIGH] = "high"};
    return names[task->priority];
}

/* All time that has been accounted for. */
static uint64_t total_time(const struct executor *executor)
{
    uint64_t total = executor->idle;
    list_for_each(node, &executor->tasks)
        total += CONTAINER_OF(node, struct task, link)->time;
    return total;
}

static void print_share(uint64_t time, uint64_t total)
{
    uint64_t per_mille = time / (total / 1000 + 1);
    console_printf("%4lu.%lu %%", per_mille / 10, per_mille % 10);
}

static void print_task(const struct task *task, uint64_t total)
{
    console_printf("  %-15s %-9s %-8s %9lu %9lu ", task->name, state_name(task),
                   priority_name(task), task->polls, task->wakes);
    print_share(task->time, total);
    console_printf(" %9lu us\n", clock_from_tsc(task->longest_poll) / 1000);
}

COMMAND(tasks, "", "the tasks: polls, wakes, share of time, longest poll")
{
    if (command_refuse_arguments("tasks", arguments))
        return;
    const struct executor *executor = monitor_executor();
    uint64_t total = total_time(executor);
    console_printf("  %-15s %-9s %-8s %9s %9s %8s %12s\n", "name", "state", "priority", "polls",
                   "wakes", "time", "longest poll");
    list_for_each(node, &executor->tasks)
        print_task(CONTAINER_OF(node, struct task, link), total);
    console_printf("  %-15s %-9s %-8s %9s %9s ", "(idle)", "", "", "", "");
    print_share(executor->idle, total);
    console_printf("\n");
}
