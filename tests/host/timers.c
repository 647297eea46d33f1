/*
 * The timing wheel: every timer fires once, at the first look after its time, in the order of the
 * times, and, where they are equal, in the order of setting.
 */
#include <kernel/cpu/control.h>
#include <kernel/task/clock.h>
#include <kernel/task/executor.h>
#include <kernel/task/timer.h>
#include <lib/random.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"

enum { ALARMS = 500 };

static struct alarm {
    struct task task;
    struct timer timer;
    uint64_t deadline;
    uint64_t number; /* of the setting */
    bool set;
} alarms[ALARMS];

static struct timer_wheel wheel;
static struct executor executor;
static uint64_t now, looked_at; /* of the last complete look */
static uint64_t settings, fired, cancelled, wrong;
static uint64_t last_tick, last_number;

static uint64_t random_state = 42;

static uint32_t next_random(void)
{
    return random_next(&random_state);
}

static enum poll_result poll_alarm(struct task *task)
{
    struct alarm *alarm = CONTAINER_OF(task, struct alarm, task);
    if (task->polls == 1)
        return POLL_PENDING;
    uint64_t tick = alarm->timer.tick;
    wrong += !alarm->set || timer_is_set(&alarm->timer);
    wrong += now < alarm->deadline;
    wrong += looked_at >> TIMER_TICK_BITS >= tick; /* it was due at the look before */
    wrong += tick < last_tick || (tick == last_tick && alarm->number < last_number);
    last_tick = tick;
    last_number = alarm->number;
    alarm->set = false;
    fired++;
    return POLL_PENDING;
}

static void set_alarm(struct alarm *alarm, uint64_t deadline)
{
    alarm->deadline = deadline;
    alarm->number = settings++;
    alarm->set = true;
    timer_wheel_set(&wheel, &alarm->timer, &alarm->task, deadline);
}

static void begin(void)
{
    wheel = (struct timer_wheel){0};
    timer_wheel_init(&wheel);
    executor = (struct executor)EXECUTOR_INIT(executor);
    now = looked_at = settings = fired = cancelled = wrong = last_tick = last_number = 0;
    memset(alarms, 0, sizeof(alarms));
    for (unsigned i = 0; i < ALARMS; i++) {
        task_init(&alarms[i].task, "alarm", poll_alarm, NULL);
        executor_spawn(&executor, &alarms[i].task);
    }
    executor_run_ready(&executor);
}

static void end(void)
{
    for (unsigned i = 0; i < ALARMS; i++)
        task_cancel(&alarms[i].task);
    executor_run_ready(&executor);
}

/* Any length up to some 100 hours, short ones as often as long ones. */
static uint64_t random_length(void)
{
    return ((uint64_t)next_random() << 32 | next_random()) >> (16 + next_random() % 48);
}

static struct alarm *random_alarm(void)
{
    return &alarms[next_random() % ALARMS];
}

/* A time of its own, or the same as another alarm's. */
static uint64_t random_deadline(void)
{
    const struct alarm *other = random_alarm();
    return next_random() % 4 == 0 && other->set && other->deadline > now ? other->deadline
                                                                         : now + random_length();
}

static void change(struct alarm *alarm)
{
    if (!alarm->set) {
        set_alarm(alarm, random_deadline());
    } else if (next_random() % 4 == 0) {
        timer_cancel(&alarm->timer);
        alarm->set = false;
        cancelled++;
    }
}

/* Looks until nothing more is to be done, a few steps at a time; changes alarms in between or not.
 */
static void look(bool changing)
{
    bool done;
    do {
        done = timer_wheel_advance(&wheel, now, 1 + next_random() % 100);
        executor_run_ready(&executor);
        if (changing && !done)
            change(random_alarm());
    } while (!done);
    looked_at = now;
    wrong += timer_wheel_due(&wheel, now);
}

TEST(timers, random_alarms_fire_once_and_in_order)
{
    begin();
    for (uint64_t step = 0; step < 2000000 && wrong == 0; step++) {
        change(random_alarm());
        if (next_random() % 8 == 0) {
            now += random_length() >> 8;
            look(true);
        }
    }
    now += UINT64_C(1) << 50;
    look(false);
    EXPECT_EQ(wrong, 0);
    EXPECT(fired > 100000 && cancelled > 100000);
    EXPECT_EQ(settings, fired + cancelled);
    EXPECT_EQ(wheel.nearest, TIMER_NEVER);
    end();
}

TEST(timers, many_for_the_same_moment_fire_in_the_order_of_setting)
{
    begin();
    for (unsigned i = 0; i < ALARMS; i++)
        set_alarm(&alarms[ALARMS - 1 - i], NANOSECONDS_PER_SECOND * 1000);
    now = NANOSECONDS_PER_SECOND * 1000 - TIMER_TICK * TIMER_NEAR / 8;
    EXPECT(!timer_wheel_advance(&wheel, now, 1)); /* they cascade, in several steps */
    look(false);
    EXPECT_EQ(fired, 0);
    now = NANOSECONDS_PER_SECOND * 1000 + TIMER_TICK;
    EXPECT(!timer_wheel_advance(&wheel, now, 100));
    executor_run_ready(&executor);
    EXPECT(fired > 0 && fired <= 100);
    timer_cancel(&alarms[ALARMS - 1 - fired].timer); /* the next one */
    look(false);
    EXPECT_EQ(fired, ALARMS - 1);
    EXPECT_EQ(wrong, 0);
    end();
}

TEST(timers, the_past_fires_and_the_farthest_deadline_does_not)
{
    begin();
    now = NANOSECONDS_PER_SECOND;
    look(false);
    set_alarm(&alarms[0], UINT64_MAX);
    timer_wheel_set(&wheel, &alarms[1].timer, &alarms[1].task, 0);
    alarms[1].set = true;
    timer_wheel_advance(&wheel, now, 100);
    EXPECT(!timer_is_set(&alarms[1].timer));
    EXPECT(timer_is_set(&alarms[0].timer));
    end();
    EXPECT(!timer_is_set(&alarms[0].timer));
}
