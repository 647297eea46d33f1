/*
 * Deadlines by the time of day, which may be set meanwhile, and alarms.
 *
 * The executors are static: the timer's interrupt handler goes on writing to the one that has the
 * timers, until the next test gives them to its own.
 */
#include <kernel/cpu/control.h>
#include <kernel/task/alarm.h>

#include "../test.h"

#define MILLISECONDS(count) ((count)*NANOSECONDS_PER_MILLISECOND)

struct waiter {
    struct task task;
    struct deadline deadline;
};

static enum poll_result poll_waiter(struct task *task)
{
    return deadline_poll(&CONTAINER_OF(task, struct waiter, task)->deadline, task);
}

static struct waiter wait_until(uint64_t time)
{
    struct waiter waiter = {.task = {.name = "waiter", .poll = poll_waiter}};
    waiter.deadline = (struct deadline){.is_time_of_day = true, .time = time};
    return waiter;
}

TEST(alarms, a_deadline_comes_when_the_time_of_day_is_set_past_it)
{
    static struct executor executor = EXECUTOR_INIT(executor);
    timers_start(&executor);
    uint64_t day = (uint64_t)clock_real_now();
    struct waiter waiter = wait_until(day + 3600 * NANOSECONDS_PER_SECOND);
    executor_spawn(&executor, &waiter.task);
    executor_run_ready(&executor);
    EXPECT(task_is_live(&waiter.task));
    deadline_set_time_of_day((int64_t)(day + 1800 * NANOSECONDS_PER_SECOND));
    executor_run_ready(&executor);
    EXPECT(task_is_live(&waiter.task));
    deadline_set_time_of_day((int64_t)(day + 3600 * NANOSECONDS_PER_SECOND));
    executor_run_ready(&executor);
    EXPECT(!task_is_live(&waiter.task));
    EXPECT(!timer_is_set(&waiter.deadline.sleep.timer));
    EXPECT(!waiter.deadline.set.task);
    deadline_set_time_of_day((int64_t)day);
}

TEST(alarms, a_deadline_is_put_off_when_the_time_of_day_is_set_back)
{
    static struct executor executor = EXECUTOR_INIT(executor);
    timers_start(&executor);
    uint64_t flags = interrupts_save(); /* so that the deadline does not come meanwhile */
    uint64_t day = (uint64_t)clock_real_now(), start = clock_now();
    struct waiter waiter = wait_until(day + 3600 * NANOSECONDS_PER_SECOND);
    executor_spawn(&executor, &waiter.task);
    executor_run_ready(&executor);
    deadline_set_time_of_day((int64_t)(day + 3600 * NANOSECONDS_PER_SECOND - MILLISECONDS(5)));
    executor_run_ready(&executor);
    deadline_set_time_of_day((int64_t)(day + 3600 * NANOSECONDS_PER_SECOND - MILLISECONDS(15)));
    interrupts_restore(flags);
    executor_block_on(&executor, &waiter.task);
    EXPECT(clock_now() >= start + MILLISECONDS(15));
}

struct counter {
    struct alarm alarm;
    uint64_t calls, count, enough;
    bool released;
};

static void count(struct alarm *alarm, uint64_t times)
{
    struct counter *counter = CONTAINER_OF(alarm, struct counter, alarm);
    counter->calls++;
    counter->count += times;
    if (counter->count >= counter->enough)
        alarm_drop(alarm);
}

static void release(struct task *task)
{
    CONTAINER_OF(task, struct counter, alarm.task)->released = true;
}

TEST(alarms, come_with_each_period_until_they_are_dropped)
{
    static struct executor executor = EXECUTOR_INIT(executor);
    struct counter counter = {.enough = 5};
    timers_start(&executor);
    alarms_start(&executor);
    alarm_init(&counter.alarm, "counter", count, release);
    executor_run_ready(&executor);
    EXPECT_EQ(alarm_left(&counter.alarm), 0);
    const uint64_t hour = 3600 * NANOSECONDS_PER_SECOND;
    alarm_set(&counter.alarm, false, clock_now() + hour, 0);
    uint64_t left = alarm_left(&counter.alarm);
    EXPECT(left > hour / 2 && left <= hour);
    uint64_t start = clock_now();
    alarm_set(&counter.alarm, false, start + MILLISECONDS(2), MILLISECONDS(3));
    executor_block_on(&executor, &counter.alarm.task);
    EXPECT(clock_now() >= start + MILLISECONDS(2 + 4 * 3));
    EXPECT(counter.released);
    EXPECT(counter.calls <= counter.count);
}

static void ring(struct executor *executor, struct counter *counter, uint64_t period)
{
    alarm_init(&counter->alarm, "counter", count, release);
    executor_run_ready(executor);
    alarm_set(&counter->alarm, false, clock_now() + period, period);
    executor_block_on(executor, &counter->alarm.task);
}

/* They need not wait for a tick, once there were enough of them to measure the timer that rings. A
 * busy host may hold some up, so a few in a row are enough. */
TEST(alarms, come_between_ticks)
{
    enum { TRIES = 100 };
    static struct executor executor = EXECUTOR_INIT(executor);
    struct counter first = {.enough = 50};
    bool come_singly = false;
    timers_start(&executor);
    alarms_start(&executor);
    ring(&executor, &first, MILLISECONDS(1));
    for (int i = 0; i < TRIES && !come_singly; i++) {
        struct counter between = {.enough = 8};
        ring(&executor, &between, MILLISECONDS(1) / 4);
        come_singly = between.calls == between.count;
    }
    EXPECT(come_singly);
}

/* Such an alarm would keep the processor to itself if it came each time. */
TEST(alarms, with_a_tiny_period_are_counted_together)
{
    static struct executor executor = EXECUTOR_INIT(executor);
    struct counter counter = {.enough = 3000000};
    timers_start(&executor);
    alarms_start(&executor);
    alarm_init(&counter.alarm, "counter", count, release);
    uint64_t start = clock_now();
    alarm_set(&counter.alarm, false, start, 1);
    executor_block_on(&executor, &counter.alarm.task);
    uint64_t passed = clock_now() - start;
    EXPECT(counter.count >= 3000000 && counter.count <= passed + 2 * ALARM_LEAST);
    EXPECT(counter.calls <= counter.count / ALARM_LEAST + 1);
}

TEST(alarms, that_are_cleared_do_not_come)
{
    static struct executor executor = EXECUTOR_INIT(executor);
    struct counter cleared = {.enough = UINT64_MAX}, other = {.enough = 1};
    timers_start(&executor);
    alarms_start(&executor);
    alarm_init(&cleared.alarm, "cleared", count, release);
    alarm_init(&other.alarm, "other", count, release);
    uint64_t start = clock_now();
    alarm_set(&cleared.alarm, false, start + MILLISECONDS(10), MILLISECONDS(1));
    alarm_set(&other.alarm, false, start + MILLISECONDS(15), 0);
    executor_run_ready(&executor);
    alarm_clear(&cleared.alarm);
    executor_block_on(&executor, &other.alarm.task);
    EXPECT_EQ(cleared.count, 0);
    EXPECT_EQ(other.count, 1);
    alarm_drop(&cleared.alarm);
    executor_run_ready(&executor);
    EXPECT(cleared.released);
}
