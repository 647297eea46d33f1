/*
 * Timers: tasks that wait for a time. Setting and taking back a timer costs the same however many
 * there are; so does firing one, on average.
 *
 * A timer fires once, never early, and at the latest at the clock's first tick that comes one
 * TIMER_TICK after its deadline. Timers fire in the order of their deadlines in TIMER_TICKs, and
 * those with equal ones in the order in which they were set.
 */
#ifndef KERNEL_TASK_TIMER_H
#define KERNEL_TASK_TIMER_H

#include <kernel/task/executor.h>

enum { TIMER_TICK_BITS = 20 }; /* 2^20 ns, about a millisecond */
#define TIMER_TICK (UINT64_C(1) << TIMER_TICK_BITS)

/* All zeros is a timer that is not set. A task that ends takes its timers along. */
struct timer {
    struct waker waker;
    uint64_t tick; /* the deadline in TIMER_TICKs */
};

enum { TIMER_GROUP = 64, TIMER_NEAR = TIMER_GROUP * TIMER_GROUP, TIMER_FAR_LEVELS = 6 };

struct timer_wheel {
    struct list near[TIMER_NEAR]; /* slots, all zeros while unused, like the far ones */
    struct list far[TIMER_FAR_LEVELS][TIMER_GROUP];
    struct list *dealt;   /* the far slot that is being dealt out, or NULL */
    uint64_t now;         /* in TIMER_TICKs; all timers are set for this tick or later ones */
    uint64_t nearest;     /* no timer has to be looked at before this tick */
    uint64_t far_nearest; /* nor one in a far slot before this */
    uint64_t near_groups; /* a bit for each word of near_used that is not 0 */
    uint64_t near_used[TIMER_GROUP];     /* a bit for each near slot in use */
    uint64_t far_used[TIMER_FAR_LEVELS]; /* likewise */
};

#define TIMER_NEVER UINT64_MAX

/* Makes memory that is all zeros an empty wheel. */
void timer_wheel_init(struct timer_wheel *wheel);

/* Has the timer wake `task` at `deadline`, in nanoseconds. The timer is not set. In tasks and
 * set-up code only, like all that follow unless they say otherwise. */
void timer_wheel_set(struct timer_wheel *wheel, struct timer *timer, struct task *task,
                     uint64_t deadline);

/* Fires timers whose time has come by `time`, in nanoseconds: at most `most`, which is not 0, of
 * them and of those that are moved. False when more is to be done. */
bool timer_wheel_advance(struct timer_wheel *wheel, uint64_t time, unsigned most);

/* Is a look at the wheel due? Any context. */
static inline bool timer_wheel_due(const struct timer_wheel *wheel, uint64_t time)
{
    return time >> TIMER_TICK_BITS >= __atomic_load_n(&wheel->nearest, __ATOMIC_ACQUIRE);
}

/* The timer does not fire any more; harmless when it is not set. */
static inline void timer_cancel(struct timer *timer)
{
    waker_cancel(&timer->waker);
}

#endif
