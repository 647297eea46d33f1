/*
 * The clock, sleeping, intervals and time limits, with the timer's own interrupts.
 *
 * The executors are static: the timer's interrupt handler goes on writing to the one that has the
 * timers, until the next test gives them to its own.
 */
#include <kernel/cpu/control.h>

#include "../live_tasks.h"
#include "../test.h"
#include "numbers.h"

/* The timer's interrupts arrive while this code runs, and the clock moves on with them. */
TEST(timers, the_clock_runs_and_never_steps_back)
{
    uint64_t start = clock_now();
    while (clock_now() < start + 5 * NANOSECONDS_PER_SECOND / 1000)
        wait_for_interrupt();
    EXPECT(interrupts_enabled());
}

struct sleeper {
    struct task task;
    struct sleep sleep;
    uint64_t length;
    uint64_t woke;
    unsigned place;
};

static unsigned places;

static enum poll_result poll_sleeper(struct task *task)
{
    struct sleeper *sleeper = CONTAINER_OF(task, struct sleeper, task);
    if (task->polls == 1)
        sleep_for(&sleeper->sleep, sleeper->length);
    if (sleep_poll(&sleeper->sleep, task) == POLL_PENDING)
        return POLL_PENDING;
    sleeper->woke = clock_now();
    sleeper->place = places++;
    return POLL_READY;
}

static void init_sleeper(struct sleeper *sleeper, uint64_t length)
{
    *sleeper = (struct sleeper){.length = length};
    task_init(&sleeper->task, "sleeper", poll_sleeper, NULL);
}

/* Lets all begin at the same time: a busy host may let many ticks pass between two of them. */
static void run_within_a_tick(struct executor *executor)
{
    uint64_t flags = interrupts_save();
    executor_run_ready(executor);
    interrupts_restore(flags);
}

TEST(timers, sleepers_wake_in_order_and_not_early)
{
    enum { COUNT = 8 };
    static struct executor executor = EXECUTOR_INIT(executor);
    struct sleeper sleepers[COUNT];
    timers_start(&executor);
    places = 0;
    for (unsigned i = 0; i < COUNT; i++) { /* 15, 13 ... 1 ms: the last one is the first to wake */
        init_sleeper(&sleepers[i], (2 * (COUNT - i) - 1) * NANOSECONDS_PER_MILLISECOND);
        executor_spawn(&executor, &sleepers[i].task);
    }
    run_within_a_tick(&executor);
    executor_block_on(&executor, &sleepers[0].task);
    EXPECT_EQ(live_tasks(&executor), 0);
    for (unsigned i = 0; i < COUNT; i++) {
        EXPECT_EQ(sleepers[i].place, COUNT - 1 - i);
        EXPECT(sleepers[i].woke >= sleepers[i].sleep.deadline);
        EXPECT_EQ(sleepers[i].task.polls, 2);
    }
}

TEST(timers, a_cancelled_sleeper_takes_its_timer_along)
{
    static struct executor executor = EXECUTOR_INIT(executor);
    struct sleeper gone, sleeper;
    timers_start(&executor);
    init_sleeper(&gone, 2 * NANOSECONDS_PER_MILLISECOND);
    init_sleeper(&sleeper, 10 * NANOSECONDS_PER_MILLISECOND);
    executor_spawn(&executor, &gone.task);
    executor_spawn(&executor, &sleeper.task);
    uint64_t flags = interrupts_save(); /* not to be woken before it is cancelled */
    executor_run_ready(&executor);
    task_cancel(&gone.task);
    interrupts_restore(flags);
    executor_block_on(&executor, &sleeper.task);
    EXPECT_EQ(gone.task.polls, 1);
    EXPECT(!timer_is_set(&gone.sleep.timer));
    EXPECT_EQ(gone.woke, 0);
}

static enum poll_result poll_sleep(struct task *task)
{
    return sleep_poll(&CONTAINER_OF(task, struct sleeper, task)->sleep, task);
}

TEST(timers, a_deadline_that_is_put_off_counts_from_the_clock_and_one_that_is_past_is_over)
{
    static struct executor executor = EXECUTOR_INIT(executor);
    struct sleeper sleeper = {.task = {.name = "sleeper", .poll = poll_sleep}};
    timers_start(&executor);
    uint64_t flags = interrupts_save(); /* not to be woken before the deadline is put off */
    uint64_t start = clock_now();
    sleep_until(&sleeper.sleep, start + 2 * NANOSECONDS_PER_MILLISECOND);
    executor_spawn(&executor, &sleeper.task);
    executor_run_ready(&executor);
    sleep_until(&sleeper.sleep, start + 9 * NANOSECONDS_PER_MILLISECOND);
    interrupts_restore(flags);
    EXPECT(!timer_is_set(&sleeper.sleep.timer));
    task_wake(&sleeper.task);
    executor_block_on(&executor, &sleeper.task);
    EXPECT(clock_now() >= start + 9 * NANOSECONDS_PER_MILLISECOND);

    sleep_until(&sleeper.sleep, start);
    executor_spawn(&executor, &sleeper.task);
    executor_run_ready(&executor);
    EXPECT_EQ(live_tasks(&executor), 0);
}

struct ticker {
    struct task task;
    struct interval interval;
    uint64_t ticks;
};

static enum poll_result poll_ticker(struct task *task)
{
    struct ticker *ticker = CONTAINER_OF(task, struct ticker, task);
    uint64_t ticks;
    if (task->polls == 1)
        interval_start(&ticker->interval, 3 * NANOSECONDS_PER_MILLISECOND);
    while (interval_poll(&ticker->interval, task, &ticks) == POLL_READY)
        ticker->ticks += ticks;
    return ticker->ticks >= 5 ? POLL_READY : POLL_PENDING;
}

TEST(timers, an_interval_ticks_at_every_multiple_of_its_period)
{
    static struct executor executor = EXECUTOR_INIT(executor);
    struct ticker ticker = {.task = {.name = "ticker", .poll = poll_ticker}};
    timers_start(&executor);
    uint64_t start = clock_now();
    executor_spawn(&executor, &ticker.task);
    executor_block_on(&executor, &ticker.task);
    EXPECT(clock_now() >= start + 15 * NANOSECONDS_PER_MILLISECOND);
    EXPECT(ticker.ticks >= 5);
}

struct limited {
    struct task task;
    struct number_future number;
    struct time_limit limit;
};

static enum poll_result poll_limited(struct task *task)
{
    struct limited *limited = CONTAINER_OF(task, struct limited, task);
    if (task->polls == 1)
        time_limit_begin(&limited->limit, &limited->number.future, 5 * NANOSECONDS_PER_MILLISECOND);
    return future_poll(&limited->limit.future, task);
}

TEST(timers, a_time_limit_ends_what_takes_too_long)
{
    uint8_t storage[1];
    struct channel channel = CHANNEL_INIT(channel, storage);
    static struct executor executor = EXECUTOR_INIT(executor);
    struct limited limited = {
        .task = {.name = "limited", .poll = poll_limited},
        .number = number_future(&channel),
    };
    timers_start(&executor);
    executor_spawn(&executor, &limited.task);
    executor_block_on(&executor, &limited.task);
    EXPECT(limited.limit.expired && !limited.number.done);
    EXPECT(list_empty(&channel.receivers.wakers));

    channel_close(&channel);
    executor_spawn(&executor, &limited.task);
    executor_block_on(&executor, &limited.task);
    EXPECT(!limited.limit.expired);
    EXPECT(!timer_is_set(&limited.limit.sleep.timer));
}
