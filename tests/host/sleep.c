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
