/*
 * Alarms: each calls a function at a point in time, once or periodically. The user embeds a struct
 * alarm, which is a task.
 */
#ifndef KERNEL_TASK_ALARM_H
#define KERNEL_TASK_ALARM_H

#include <kernel/task/deadline.h>

struct alarm {
    struct task task;
    struct deadline deadline;
    bool is_set;
    uint64_t period; /* in nanoseconds; 0: once */
    /* Called when the time has come, `count` times since the last call. In the alarm's task. */
    void (*expired)(struct alarm *alarm, uint64_t count);
};

/* Makes `of` the executor of all alarms. In set-up code. */
void alarms_start(struct executor *of);

/* Prepares an alarm that is not set, and starts its task. `release` gives the memory back after
 * alarm_drop(). In threads, like all that follow. */
void alarm_init(struct alarm *alarm, const char *name,
                void (*expired)(struct alarm *alarm, uint64_t count),
                void (*release)(struct task *task));

/* Sets the alarm for `time`, by the time of day or the time since the start, and from then on for
 * each `period` unless that is 0; in nanoseconds. Periods shorter than ALARM_LEAST are counted
 * right, but one call of `expired` stands for several. */
enum { ALARM_LEAST = 50000 };
void alarm_set(struct alarm *alarm, bool is_time_of_day, uint64_t time, uint64_t period);

/* Turns the alarm off. */
void alarm_clear(struct alarm *alarm);

/* The nanoseconds until the alarm, at least 1; 0 if it is not set. */
uint64_t alarm_left(const struct alarm *alarm);

/* Ends the alarm's task. `expired` is not called any more. */
void alarm_drop(struct alarm *alarm);

#endif
