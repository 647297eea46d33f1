/*
 * An alarm's task waits for the deadline, calls the function and, if there is a period, begins the
 * next wait. While the alarm is not set, the task waits for alarm_set() to wake it.
 */
#include <kernel/task/alarm.h>

static struct executor *executor;

void alarms_start(struct executor *of)
{
    executor = of;
}

/* Returns how often the alarm's time has come by now, at least once, and begins the next wait. */
static uint64_t count_periods(struct alarm *alarm)
{
    struct deadline *deadline = &alarm->deadline;
    uint64_t now = deadline_clock(deadline->is_time_of_day);
    if (!alarm->period) {
        alarm->is_set = false;
        return 1;
    }
    uint64_t end = alarm->period < ALARM_LEAST ? now + ALARM_LEAST : now;
    uint64_t count = 1 + (end - deadline->time) / alarm->period;
    deadline_begin(deadline, deadline->is_time_of_day, deadline->time + count * alarm->period);
    return count;
}

static enum poll_result poll(struct task *task)
{
    struct alarm *alarm = CONTAINER_OF(task, struct alarm, task);
    while (alarm->is_set && deadline_poll(&alarm->deadline, task) == POLL_READY)
        alarm->expired(alarm, count_periods(alarm));
    return POLL_PENDING;
}

void alarm_init(struct alarm *alarm, const char *name,
                void (*expired)(struct alarm *alarm, uint64_t count),
                void (*release)(struct task *task))
{
    *alarm = (struct alarm){.expired = expired};
    task_init(&alarm->task, name, poll, release);
    executor_spawn(executor, &alarm->task);
}

void alarm_set(struct alarm *alarm, bool is_time_of_day, uint64_t time, uint64_t period)
{
    deadline_begin(&alarm->deadline, is_time_of_day, time);
    alarm->period = period;
    alarm->is_set = true;
    task_wake(&alarm->task);
}

void alarm_clear(struct alarm *alarm)
{
    deadline_cancel(&alarm->deadline);
    alarm->is_set = false;
}

uint64_t alarm_left(const struct alarm *alarm)
{
    uint64_t now = deadline_clock(alarm->deadline.is_time_of_day);
    if (!alarm->is_set)
        return 0;
    return alarm->deadline.time > now ? alarm->deadline.time - now : 1;
}

void alarm_drop(struct alarm *alarm)
{
    task_cancel(&alarm->task);
}
