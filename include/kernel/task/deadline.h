/*
 * A point in time by one of the kernel's two clocks: the time since the start, or the time of day.
 * If the time of day is set during a wait for it, the wait ends earlier or later.
 */
#ifndef KERNEL_TASK_DEADLINE_H
#define KERNEL_TASK_DEADLINE_H

#include <kernel/task/sleep.h>

/* All zeros is a deadline that has passed. */
struct deadline {
    bool is_time_of_day; /* `time` is by clock_real_now(), not by clock_now() */
    uint64_t time;       /* in nanoseconds */
    struct sleep sleep;  /* until then, as the clocks stand */
    struct waker set;    /* woken when the time of day is set */
};

/* Begins a wait for `time`; one that is under way is cancelled. In tasks, like all that follow. */
void deadline_begin(struct deadline *deadline, bool is_time_of_day, uint64_t time);

/* The future of the deadline. Never early by its clock. */
enum poll_result deadline_poll(struct deadline *deadline, struct task *task);

/* Ends a wait that may be under way. */
void deadline_cancel(struct deadline *deadline);

/* The time by one of the two clocks. */
uint64_t deadline_clock(bool is_time_of_day);

/* Sets the time of day, and wakes all that wait for a time of day, to look at it again. */
void deadline_set_time_of_day(int64_t time);

#endif
