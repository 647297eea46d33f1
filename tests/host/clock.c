/*
 * The clock, from ticks and from a time stamp counter that the test turns as it likes.
 */
#include <kernel/cpu/control.h>
#include <kernel/task/clock.h>

#include "../test.h"

enum { PER_TICK = 3000000 /* of the time stamp counter: 3 GHz */ };

/* A second of ticks, after which the clock goes by the counter. */
static void start_with_tsc(void)
{
    host_tsc = 1;
    clock_start(NANOSECONDS_PER_MILLISECOND, true);
    clock_calibrate();
    for (unsigned i = 0; i < 1001; i++) {
        host_tsc += PER_TICK;
        clock_tick();
    }
    clock_calibrate();
}

TEST(clock, goes_by_ticks_first)
{
    clock_start(NANOSECONDS_PER_MILLISECOND, false);
    uint64_t start = clock_now();
    host_tsc += PER_TICK;
    EXPECT_EQ(clock_now(), start);
    EXPECT_EQ(clock_tick(), start + NANOSECONDS_PER_MILLISECOND);
    EXPECT_EQ(clock_now(), start + NANOSECONDS_PER_MILLISECOND);
}

TEST(clock, goes_by_a_constant_counter_once_that_is_measured)
{
    start_with_tsc();
    uint64_t start = clock_now();
    host_tsc += PER_TICK / 4;
    uint64_t passed = clock_now() - start;
    EXPECT(passed > 249000 && passed < 251000);
}

/* A counter that firmware has set back, or that differs from what it was at the last tick. */
TEST(clock, never_steps_back)
{
    start_with_tsc();
    host_tsc += 5 * PER_TICK;
    uint64_t last = clock_tick();
    host_tsc -= 2 * PER_TICK;
    EXPECT_EQ(clock_now(), last);
    host_tsc -= 8 * PER_TICK; /* to before the clock began to go by it */
    EXPECT_EQ(clock_now(), last);
    EXPECT_EQ(clock_tick(), last);
}

/* A counter that is not trusted with the clock tells all the same how long a task has run, however
 * long the machine has. */
TEST(clock, knows_the_counters_rate_for_hours)
{
    host_tsc = 1;
    clock_start(NANOSECONDS_PER_MILLISECOND, false);
    clock_calibrate();
    for (unsigned second = 1; second < 4 * 3600; second++) {
        for (unsigned i = 0; i < 1000; i++)
            clock_tick();
        host_tsc += UINT64_C(1000) * PER_TICK;
        clock_calibrate();
        EXPECT_EQ(clock_from_tsc(UINT64_C(1000) * PER_TICK) / NANOSECONDS_PER_MILLISECOND, 999);
    }
}
