/*
 * Timers: with N pending, the first one fires and is set again, to a random time within the next
 * two seconds. Setting and firing, the wake included, are measured; the poll that follows is
 * task.wake's. The bench sets the time itself: it jumps to the tick of the first timer. A tick at
 * which no timer is due costs what trap.timer says.
 */
#include <kernel/bench/bench.h>
#include <kernel/task/clock.h>
#include <kernel/task/timer.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/heap.h>

enum { FIRES = 100000, UNLIMITED = 1 << 30 };

struct alarm {
    struct timer timer;
    struct task task;
};

static struct timer_wheel *wheel;
static struct executor executor;
static uint64_t now, fired, cost;

static uint64_t random_deadline(void)
{
    static uint64_t state = 42;
    return now + random_next(&state) % (2 * NANOSECONDS_PER_SECOND);
}

static enum poll_result poll_alarm(struct task *task)
{
    struct alarm *alarm = CONTAINER_OF(task, struct alarm, task);
    uint64_t deadline = random_deadline();
    fired += task->polls > 1;
    uint64_t start = bench_start();
    timer_wheel_set(wheel, &alarm->timer, task, deadline);
    cost += bench_stop(start);
    return POLL_PENDING;
}

/* Lets time go on until one timer or more has fired and been set again. */
static void fire_next(void)
{
    if (now >> TIMER_TICK_BITS < wheel->nearest)
        now = wheel->nearest << TIMER_TICK_BITS;
    uint64_t start = bench_start();
    timer_wheel_advance(wheel, now, UNLIMITED);
    cost += bench_stop(start);
    executor_run_ready(&executor);
}

static void bench_fire(uint64_t count)
{
    struct alarm *alarms = kzalloc(count * sizeof(*alarms));
    if (!alarms) {
        bench_report_no_memory_at("timer.fire", count);
        return;
    }
    memset(wheel, 0, sizeof(*wheel));
    timer_wheel_init(wheel);
    executor = (struct executor)EXECUTOR_INIT(executor);
    now = 0;
    for (uint64_t i = 0; i < count; i++) {
        task_init(&alarms[i].task, "alarm", poll_alarm, NULL);
        executor_spawn(&executor, &alarms[i].task);
    }
    executor_run_ready(&executor);
    for (fired = cost = 0; fired < FIRES + count;)
        fire_next();
    bench_report_at("timer.fire", count, cost / fired);
    kfree(alarms);
}

BENCH(timer_fire, "timer.fire")
{
    wheel = kmalloc(sizeof(*wheel));
    if (!wheel) {
        bench_report_no_memory("timer.fire");
        return;
    }
    bench_fire(1);
    bench_fire(1000);
    bench_fire(1000000);
    kfree(wheel);
}
