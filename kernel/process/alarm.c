#include <kernel/process/alarm.h>
#include <kernel/task/sleep.h>
#include <mm/heap.h>

struct alarm {
    struct task task;
    struct sleep sleep;
    struct process *process; /* not used any more once the task is cancelled */
    uint64_t period;         /* in nanoseconds; 0: once */
};

static struct executor *executor;

void alarms_start(struct executor *of)
{
    executor = of;
}

static enum poll_result poll(struct task *task)
{
    struct alarm *alarm = CONTAINER_OF(task, struct alarm, task);
    while (sleep_poll(&alarm->sleep, task) == POLL_READY) {
        struct signal_info info = {.number = SIGALRM, .code = SI_KERNEL};
        signal_send(alarm->process, SIGALRM, &info);
        if (!alarm->period) {
            alarm->process->alarm = NULL;
            return POLL_READY;
        }
        /* One that comes late is not repeated for what it has missed. */
        sleep_until(&alarm->sleep, MAX(alarm->sleep.deadline + alarm->period, clock_now() + 1));
    }
    return POLL_PENDING;
}

static void release(struct task *task)
{
    kfree(CONTAINER_OF(task, struct alarm, task));
}

enum error alarm_set(struct process *process, uint64_t delay, uint64_t period)
{
    struct alarm *alarm = NULL;
    if (delay) {
        alarm = kzalloc(sizeof(*alarm));
        if (!alarm)
            return ERROR_OUT_OF_FRAMES;
        task_init(&alarm->task, "alarm", poll, release);
        alarm->process = process;
        alarm->period = period;
        sleep_for(&alarm->sleep, delay);
    }
    if (process->alarm)
        task_cancel(&process->alarm->task);
    process->alarm = alarm;
    if (alarm)
        executor_spawn(executor, &alarm->task);
    return OK;
}

void alarm_get(const struct process *process, uint64_t *delay, uint64_t *period)
{
    const struct alarm *alarm = process->alarm;
    uint64_t now = clock_now();
    *delay = !alarm ? 0 : alarm->sleep.deadline > now ? alarm->sleep.deadline - now : 1;
    *period = alarm ? alarm->period : 0;
}
