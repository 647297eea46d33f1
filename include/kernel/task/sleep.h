/*
 * The kernel's timers, as futures: sleeping, and the stream of ticks of an interval.
 */
#ifndef KERNEL_TASK_SLEEP_H
#define KERNEL_TASK_SLEEP_H

#include <kernel/task/clock.h>
#include <kernel/task/timer.h>

/* Makes firing timers the deferred work of `executor`. Called once before anything sleeps; a later
 * call moves the timers to another executor. The timer's interrupt handler writes to `executor`, so
 * its memory must stay for ever. During set-up. */
void timers_start(struct executor *executor);

/* Registers `set`, which sets an alarm: a device that calls timers_ring() about that time, in
 * nanoseconds. Without an alarm, timers fire only at the clock's ticks. A new time replaces the one
 * before. `set` is called in tasks and by timers_ring(). NULL: there is no alarm any more. During
 * set-up. */
void timers_set_alarm(void (*set)(uint64_t time));

/* Fires the timers that are due, and sets the alarm again. For the alarm's interrupt handler, which
 * may come early or late. */
void timers_ring(void);

extern struct timer_wheel timers;
extern struct executor *timers_executor;

/* Requests the deferred work if a timer is due. For the timer's interrupt handler, with the clock's
 * time. */
static inline void timers_tick(uint64_t time)
{
    if (timer_wheel_due(&timers, time) && timers_executor)
        executor_request_deferred(timers_executor);
}

/* All zeros is a sleep that is over. */
struct sleep {
    struct timer timer; /* set by a poll before the deadline */
    uint64_t deadline;  /* by the clock, in nanoseconds */
};

/* Begins a sleep; one that is under way is cancelled. In tasks and set-up code, like all of the
 * following. */
void sleep_until(struct sleep *sleep, uint64_t deadline);
void sleep_for(struct sleep *sleep, uint64_t nanoseconds);

/* The future of the deadline. Never early; late by a TIMER_TICK, or by a tick of the clock where
 * there is no alarm. */
enum poll_result sleep_poll(struct sleep *sleep, struct task *task);

/* Ends a sleep that may be under way: it wakes no task any more. */
static inline void sleep_cancel(struct sleep *sleep)
{
    timer_cancel(&sleep->timer);
}

/* Ticks at every multiple of a period after the start. A reader that comes late gets all the ticks
 * it has missed at once; the later ones still come on time. */
struct interval {
    struct sleep sleep; /* until the next tick */
    uint64_t period;    /* in nanoseconds; not 0 */
};

/* The first tick comes `period` nanoseconds from now. */
void interval_start(struct interval *interval, uint64_t period);

/* The future of the next tick. On POLL_READY, *ticks is how many there were since the last
 * POLL_READY. */
enum poll_result interval_poll(struct interval *interval, struct task *task, uint64_t *ticks);

#endif
