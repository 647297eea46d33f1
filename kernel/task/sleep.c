#include <assert.h>
#include <kernel/cpu/cpu.h>
#include <kernel/task/sleep.h>

/* The most timers that fire or move between two polls: enough to be worth the call, and few enough
 * to take little time. */
enum { BATCH = 64 };

struct timer_wheel timers;
struct executor *timers_executor;

static void (*set_alarm)(uint64_t time);
static uint64_t alarm_tick = TIMER_NEVER; /* the TIMER_TICK for which the alarm is set */

/* An interrupt between two steps of this may set the alarm, too: for the same tick. */
static void set_alarm_for_nearest(void)
{
    uint64_t nearest = timers.nearest;
    if (!set_alarm || nearest >= alarm_tick)
        return;
    alarm_tick = nearest;
    set_alarm(nearest << TIMER_TICK_BITS);
}

void timers_set_alarm(void (*set)(uint64_t time))
{
    set_alarm = set;
}

void timers_ring(void)
{
    uint64_t now = clock_now();
    alarm_tick = TIMER_NEVER;
    if (timer_wheel_due(&timers, now))
        timers_tick(now); /* advance_timers() sets the alarm anew */
    else
        set_alarm_for_nearest();
}

static void advance_timers(void)
{
    alarm_tick = TIMER_NEVER;
    if (timer_wheel_advance(&timers, clock_now(), BATCH))
        set_alarm_for_nearest();
    else
        executor_request_deferred(timers_executor);
}

void timers_start(struct executor *executor)
{
    ASSERT(!executor->do_deferred || executor->do_deferred == advance_timers);
    if (!timers_executor)
        timer_wheel_init(&timers);
    executor->do_deferred = advance_timers;
    timers_executor = executor;
}

void sleep_until(struct sleep *sleep, uint64_t deadline)
{
    ASSERT(!in_interrupt());
    sleep_cancel(sleep);
    sleep->deadline = deadline;
}

void sleep_for(struct sleep *sleep, uint64_t nanoseconds)
{
    uint64_t now = clock_now();
    bool for_ever = nanoseconds > UINT64_MAX - now;
    sleep_until(sleep, for_ever ? UINT64_MAX : now + nanoseconds);
}

enum poll_result sleep_poll(struct sleep *sleep, struct task *task)
{
    if (clock_now() >= sleep->deadline) {
        sleep_cancel(sleep);
        return POLL_READY;
    }
    ASSERT(timers_executor); /* or the timer would never fire */
    if (!timer_is_set(&sleep->timer))
        timer_wheel_set(&timers, &sleep->timer, task, sleep->deadline);
    set_alarm_for_nearest();
    return POLL_PENDING;
}

void interval_start(struct interval *interval, uint64_t period)
{
    ASSERT(period > 0);
    interval->period = period;
    sleep_for(&interval->sleep, period);
}

enum poll_result interval_poll(struct interval *interval, struct task *task, uint64_t *ticks)
{
    if (sleep_poll(&interval->sleep, task) == POLL_PENDING)
        return POLL_PENDING;
    uint64_t late = clock_now() - interval->sleep.deadline;
    *ticks = 1 + late / interval->period;
    sleep_until(&interval->sleep, interval->sleep.deadline + *ticks * interval->period);
    return POLL_READY;
}
