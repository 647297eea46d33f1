/*
 * Timers wake tasks at a given time. The cost of setting or cancelling a timer does not depend on
 * the number of timers; nor does that of firing one, on average.
 *
 * A timer fires once and never early: at the first call of timer_wheel_advance() that is one
 * TIMER_TICK or more after its deadline, or sooner. Timers fire in the order of their deadlines in
 * TIMER_TICKs, and those with equal ones in the order in which they were set.
 */
#ifndef KERNEL_TASK_TIMER_H
#define KERNEL_TASK_TIMER_H

#include <kernel/task/executor.h>

enum { TIMER_TICK_BITS = 16 }; /* 2^16 ns, 66 microseconds */
#define TIMER_TICK (UINT64_C(1) << TIMER_TICK_BITS)

/* All zeros is a timer that is not set. When a task ends, its timers are cancelled. */
struct timer {
    struct waker waker; /* its queue_link is in a slot while the timer is set */
    uint64_t tick;      /* the deadline in TIMER_TICKs, or `now` of the wheel if that was later */
};

enum { TIMER_GROUP = 64, TIMER_NEAR = TIMER_GROUP * TIMER_GROUP, TIMER_FAR_LEVELS = 7 };

/* A slot is all zeros while it is not in use, so that a new wheel need not write to 4,544 lists.
 * It stays in use when its last timer is cancelled. */
struct timer_wheel {
    struct list near[TIMER_NEAR]; /* by the last 12 bits of the tick, for the ticks from `now` on */
    struct list far[TIMER_FAR_LEVELS][TIMER_GROUP];
    struct list *cascading; /* the far slot that is being emptied, or NULL */
    uint64_t now;           /* in TIMER_TICKs; all timers are set for this tick or later ones */
    uint64_t nearest;       /* no timer fires or cascades before this tick; atomic */
    uint64_t far_nearest;   /* when the first far slot in use begins, or TIMER_NEVER */
    uint64_t near_groups;   /* a bit for each word of near_used that is not 0 */
    uint64_t near_used[TIMER_GROUP]; /* a bit for each near slot in use */
    uint64_t
        far_used[TIMER_FAR_LEVELS]; /* a bit for each far slot in use, less the cascading one */
};

#define TIMER_NEVER UINT64_MAX

/* Makes memory that is all zeros an empty wheel. */
void timer_wheel_init(struct timer_wheel *wheel);

/* Sets the timer, which is not set, to wake `task` at `deadline`, in nanoseconds. If the timer has
 * fired for another task, the caller cancels it first. In tasks and set-up code only, like all that
 * follow unless they say otherwise. */
void timer_wheel_set(struct timer_wheel *wheel, struct timer *timer, struct task *task,
                     uint64_t deadline);

/* Fires the timers whose time has come at `time`, in nanoseconds. Fires or moves at most `most`
 * timers, which is not 0. Returns false if there is more to do. */
bool timer_wheel_advance(struct timer_wheel *wheel, uint64_t time, unsigned most);

/* Has timer_wheel_advance() anything to do at `time`, in nanoseconds? Any context. */
static inline bool timer_wheel_due(const struct timer_wheel *wheel, uint64_t time)
{
    return time >> TIMER_TICK_BITS >= __atomic_load_n(&wheel->nearest, __ATOMIC_ACQUIRE);
}

/* Will the timer fire? */
static inline bool timer_is_set(const struct timer *timer)
{
    return timer->waker.task && list_node_linked(&timer->waker.queue_link);
}

/* Cancels a timer that is set or has fired. No effect on any other. */
static inline void timer_cancel(struct timer *timer)
{
    waker_cancel(&timer->waker);
}

#endif
