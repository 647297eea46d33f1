/*
 * Sleeps and intervals by a clock that goes on only when the test says so.
 */
#include <kernel/task/executor.h>
#include <kernel/task/sleep.h>

#include "../test.h"

static struct executor executor = EXECUTOR_INIT(executor);
static struct task task = {.name = "sleeper", .state = TASK_LIVE, .wakers = LIST_INIT(task.wakers)};

static void start_clock(void)
{
    clock_start(NANOSECONDS_PER_MILLISECOND, NULL, false);
    clock_tick();
    timers_start(&executor);
}

static void pass(unsigned milliseconds)
{
    for (unsigned i = 0; i < milliseconds; i++)
        clock_tick();
}

TEST(sleep, ticks_that_were_missed_come_at_once_and_later_ones_on_time)
{
    struct interval interval = {0};
    uint64_t ticks = 0;
    start_clock();
    interval_start(&interval, 3 * NANOSECONDS_PER_MILLISECOND);
    pass(2);
    EXPECT_EQ(interval_poll(&interval, &task, &ticks), POLL_PENDING);
    pass(1);
    EXPECT_EQ(interval_poll(&interval, &task, &ticks), POLL_READY);
    EXPECT_EQ(ticks, 1);
    pass(10); /* to 13: 6, 9 and 12 are over */
    EXPECT_EQ(interval_poll(&interval, &task, &ticks), POLL_READY);
    EXPECT_EQ(ticks, 3);
    EXPECT_EQ(interval_poll(&interval, &task, &ticks), POLL_PENDING);
    pass(2); /* to 15 */
    EXPECT_EQ(interval_poll(&interval, &task, &ticks), POLL_READY);
    EXPECT_EQ(ticks, 1);
    pass(6); /* to 21, which is a multiple itself */
    EXPECT_EQ(interval_poll(&interval, &task, &ticks), POLL_READY);
    EXPECT_EQ(ticks, 2);
    EXPECT_EQ(interval_poll(&interval, &task, &ticks), POLL_PENDING);
    sleep_cancel(&interval.sleep);
}

TEST(sleep, a_time_that_the_clock_cannot_count_to_lasts_for_ever)
{
    static const uint64_t less[] = {0, 1, NANOSECONDS_PER_MILLISECOND};
    struct sleep sleep = {0};
    start_clock();
    for (size_t i = 0; i < ARRAY_SIZE(less); i++) {
        sleep_for(&sleep, UINT64_MAX - less[i]);
        EXPECT_EQ(sleep.deadline, UINT64_MAX);
        EXPECT_EQ(sleep_poll(&sleep, &task), POLL_PENDING);
    }
    sleep_for(&sleep, UINT64_MAX - clock_now() - 1);
    EXPECT_EQ(sleep.deadline, UINT64_MAX - 1);
    sleep_cancel(&sleep);
}

/* --- The alarm ------------------------------------------------------------------------------- */

static uint64_t alarm_set_for; /* 0: not since the last look */

static void set_alarm(uint64_t time)
{
    alarm_set_for = time;
}

/* What the alarm has been set for since the last look. */
static uint64_t alarm_time(void)
{
    uint64_t time = alarm_set_for;
    alarm_set_for = 0;
    return time;
}

static void begin_sleep(struct sleep *sleep, unsigned milliseconds)
{
    sleep_for(sleep, milliseconds * NANOSECONDS_PER_MILLISECOND);
    EXPECT_EQ(sleep_poll(sleep, &task), POLL_PENDING);
}

static bool is_close_after(uint64_t time, uint64_t deadline)
{
    return time > deadline && time <= deadline + TIMER_TICK;
}

TEST(sleep, the_alarm_is_for_the_first_timer)
{
    struct sleep late = {0}, soon = {0}, between = {0};
    start_clock();
    pass(1000); /* beyond the timers that other tests have cancelled */
    timers_set_alarm(set_alarm);
    begin_sleep(&late, 5);
    timers_ring(); /* the wheel's time lags behind at first: the timer has to cascade */
    executor_run_ready(&executor);
    EXPECT(is_close_after(alarm_time(), late.deadline));
    begin_sleep(&soon, 2);
    EXPECT(is_close_after(alarm_time(), soon.deadline));
    begin_sleep(&between, 3);
    EXPECT_EQ(alarm_time(), 0); /* that of `soon` comes first */
    sleep_cancel(&soon);
    pass(1);
    timers_ring(); /* too early: it is set again, although that timer was cancelled */
    EXPECT(is_close_after(alarm_time(), soon.deadline));
    EXPECT(!executor.deferred_requested);
    pass(2);
    timers_ring();
    EXPECT(executor.deferred_requested);
    executor_run_ready(&executor);
    EXPECT(is_close_after(alarm_time(), between.deadline));
    pass(1); /* a tick does what the alarm should have done */
    timers_tick(clock_now());
    EXPECT(executor.deferred_requested);
    executor_run_ready(&executor);
    EXPECT(is_close_after(alarm_time(), late.deadline));
    sleep_cancel(&late);
    sleep_cancel(&between);
    timers_set_alarm(NULL);
}
