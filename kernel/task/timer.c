/*
 * A hierarchical timing wheel. Timers for the next 4,096 ticks lie in the near slots, one for each
 * tick, used as a ring. Beyond them, there are seven far levels of 64 slots. A slot of the first
 * level stands for 4,096 ticks, one of the second for 64 times as many, and so on: more than 64
 * bits of nanoseconds in all. So a tick has eight digits: the lowest in base 4,096, the others in
 * base 64. A timer that is not near lies on the level of the highest digit in which its tick
 * differs from `now`, in the slot of that digit. All slots of a lower level come before those of a
 * higher one.
 *
 * When the clock reaches the first slot in use, `now` moves to the slot's first tick. If it is a
 * near slot, its timers are due and fire. If it is a far slot, its timers cascade: they move to
 * lower levels and near slots. So setting a timer is O(1), and a timer moves seven times at most.
 * It does not move at all if it is for the next quarter of a second.
 *
 * Between two slots in use, `now` does not move and so lags behind the clock. That does no harm: a
 * timer may only be put on a higher level than necessary.
 *
 * Timers fire and cascade one at a time, so that a thousand at once do not keep other work waiting.
 * A far slot cascades from its last timer to its first, and each goes to the front of its new slot:
 * the timers already there were set later. So timers of one tick stay in order.
 *
 * The lists are touched in tasks only; an interrupt handler reads `nearest`. A timer that has fired
 * stays on its task's list of wakers, like any waker that was woken, until it is set again or
 * cancelled.
 */
#include <assert.h>
#include <kernel/task/timer.h>

enum { DIGIT_BITS = 6, NEAR_BITS = 2 * DIGIT_BITS };
_Static_assert(1 << DIGIT_BITS == TIMER_GROUP && 1 << NEAR_BITS == TIMER_NEAR,
               "a digit chooses a slot");
_Static_assert(NEAR_BITS + DIGIT_BITS * TIMER_FAR_LEVELS > 64 - TIMER_TICK_BITS,
               "every deadline has a level");

void timer_wheel_init(struct timer_wheel *wheel)
{
    wheel->nearest = wheel->far_nearest = TIMER_NEVER;
}

static void set_nearest(struct timer_wheel *wheel, uint64_t tick)
{
    __atomic_store_n(&wheel->nearest, tick, __ATOMIC_RELEASE);
}

static void lower_nearest(struct timer_wheel *wheel, uint64_t tick)
{
    if (tick < wheel->nearest)
        set_nearest(wheel, tick);
}

/* One bit of a group's 64. */
static uint64_t bit(uint64_t index)
{
    return UINT64_C(1) << index % TIMER_GROUP;
}

static unsigned lowest_bit(uint64_t bits)
{
    return (unsigned)__builtin_ctzll(bits);
}

/* `by` is less than 64. */
static uint64_t rotate_right(uint64_t bits, unsigned by)
{
    return bits >> by | bits << (-by % 64);
}

/* --- Setting --------------------------------------------------------------------------------- */

static bool is_used(const struct list *slot)
{
    return slot->head.next != NULL;
}

static bool is_near(const struct timer_wheel *wheel, uint64_t tick)
{
    return tick - wheel->now < TIMER_NEAR;
}

/* Set and clear the bits for the near slot of a tick. */
static inline void mark_used(struct timer_wheel *wheel, uint64_t tick)
{
    uint64_t group = tick / TIMER_GROUP % TIMER_GROUP;
    wheel->near_used[group] |= bit(tick);
    wheel->near_groups |= bit(group);
}
static inline void mark_unused(struct timer_wheel *wheel, uint64_t tick)
{
    uint64_t group = tick / TIMER_GROUP % TIMER_GROUP;
    wheel->near_used[group] &= ~bit(tick);
    if (!wheel->near_used[group])
        wheel->near_groups &= ~bit(group);
}

static inline void set_near(struct timer_wheel *wheel, uint64_t tick, struct list_node *node)
{
    uint64_t index = tick % TIMER_NEAR;
    struct list *slot = &wheel->near[index];
    lower_nearest(wheel, tick);
    if (is_used(slot)) {
        list_push_back(slot, node);
        return;
    }
    list_init_with(slot, node);
    mark_used(wheel, index);
}

static unsigned far_shift(unsigned level)
{
    return NEAR_BITS + level * DIGIT_BITS;
}

static struct list *far_slot(struct timer_wheel *wheel, uint64_t tick)
{
    unsigned highest_bit = 63u - (unsigned)__builtin_clzll(tick ^ wheel->now);
    unsigned level = (highest_bit - NEAR_BITS) / DIGIT_BITS;
    uint64_t digits = tick >> far_shift(level), start = digits << far_shift(level);
    struct list *slot = &wheel->far[level][digits % TIMER_GROUP];
    if (!is_used(slot)) {
        list_init(slot);
        wheel->far_used[level] |= bit(digits);
    }
    if (start < wheel->far_nearest) {
        wheel->far_nearest = start;
        lower_nearest(wheel, start);
    }
    return slot;
}

static void set_far(struct timer_wheel *wheel, uint64_t tick, struct list_node *node)
{
    list_push_back(far_slot(wheel, tick), node);
}

void timer_wheel_set(struct timer_wheel *wheel, struct timer *timer, struct task *task,
                     uint64_t deadline)
{
    uint64_t tick = MAX((deadline >> TIMER_TICK_BITS) + 1, wheel->now);
    timer->tick = tick;
    if (timer->waker.task != task) {
        waker_bind(&timer->waker, task);
        list_node_init(&timer->waker.queue_link);
    }
    ASSERT(!list_node_linked(&timer->waker.queue_link));
    if (is_near(wheel, tick))
        set_near(wheel, tick, &timer->waker.queue_link);
    else
        set_far(wheel, tick, &timer->waker.queue_link);
}

/* --- Firing ---------------------------------------------------------------------------------- */

static struct timer *timer_of(struct list_node *node)
{
    return CONTAINER_OF(node, struct timer, waker.queue_link);
}

/* The tick of the first near slot in use, from `now` on. The group of `now` is searched first. Its
 * slots before that of `now` belong to the next round, so they come last. */
static inline uint64_t first_near(const struct timer_wheel *wheel, uint64_t now)
{
    uint64_t group = now / TIMER_GROUP;
    uint64_t later = wheel->near_used[group % TIMER_GROUP] >> now % TIMER_GROUP;
    if (later)
        return now + lowest_bit(later);
    if (!wheel->near_groups)
        return TIMER_NEVER;
    group++;
    group += lowest_bit(rotate_right(wheel->near_groups, group % TIMER_GROUP));
    return group * TIMER_GROUP + lowest_bit(wheel->near_used[group % TIMER_GROUP]);
}

static inline void find_nearest(struct timer_wheel *wheel, uint64_t now)
{
    uint64_t tick = first_near(wheel, now);
    set_nearest(wheel, MIN(tick, wheel->far_nearest));
}

/* Fires the timers of the slot of `now` and subtracts their number from *most. Returns false when
 * *most is 0: then more of them may be left. */
static inline bool fire_slot(struct timer_wheel *wheel, uint64_t now, unsigned *most)
{
    struct list *slot = &wheel->near[now % TIMER_NEAR];
    struct list_node *node;
    while ((node = list_pop_front(slot))) {
        task_wake(timer_of(node)->waker.task);
        if (--*most == 0)
            return false;
    }
    slot->head.next = NULL;
    mark_unused(wheel, now);
    find_nearest(wheel, now);
    return true;
}

/* Fires the timers that are due before a far slot has to cascade. Returns what is left of `most`.
 */
static inline unsigned fire_due(struct timer_wheel *wheel, uint64_t tick, unsigned most)
{
    while (wheel->nearest <= tick && wheel->nearest < wheel->far_nearest) {
        wheel->now = wheel->nearest;
        if (!fire_slot(wheel, wheel->now, &most))
            return 0;
    }
    return most;
}

/* The first far level that has a slot in use; TIMER_FAR_LEVELS when none has. */
static unsigned first_far_level(const struct timer_wheel *wheel)
{
    unsigned level = 0;
    while (level < TIMER_FAR_LEVELS && !wheel->far_used[level])
        level++;
    return level;
}

/* The beginning of the first far slot. */
static uint64_t first_far(const struct timer_wheel *wheel)
{
    unsigned level = first_far_level(wheel), shift = far_shift(level);
    if (level == TIMER_FAR_LEVELS)
        return TIMER_NEVER;
    uint64_t round = wheel->now >> shift >> DIGIT_BITS << DIGIT_BITS;
    return (round + lowest_bit(wheel->far_used[level])) << shift;
}

static struct list *take_far_slot(struct timer_wheel *wheel)
{
    unsigned level = first_far_level(wheel);
    ASSERT(level < TIMER_FAR_LEVELS);
    unsigned digit = lowest_bit(wheel->far_used[level]);
    wheel->far_used[level] &= ~bit(digit);
    return &wheel->far[level][digit];
}

/* Moves a timer out of the cascading far slot, to where it belongs now. */
static void move_down(struct timer_wheel *wheel, struct timer *timer)
{
    struct list_node *node = &timer->waker.queue_link;
    uint64_t tick = timer->tick;
    ASSERT(tick >= wheel->now);
    list_remove(node);
    if (!is_near(wheel, tick))
        list_push_front(far_slot(wheel, tick), node);
    else if (is_used(&wheel->near[tick % TIMER_NEAR]))
        list_push_front(&wheel->near[tick % TIMER_NEAR], node);
    else
        set_near(wheel, tick, node);
}

/* Empties the far slot whose time begins now. Returns what is left of `most`. */
static unsigned cascade(struct timer_wheel *wheel, unsigned most)
{
    if (!wheel->cascading)
        wheel->cascading = take_far_slot(wheel);
    struct list *slot = wheel->cascading;
    while (!list_empty(slot)) {
        move_down(wheel, timer_of(slot->head.previous));
        if (--most == 0)
            return 0;
    }
    slot->head.next = NULL;
    wheel->cascading = NULL;
    wheel->far_nearest = first_far(wheel);
    find_nearest(wheel, wheel->now);
    return most;
}

/* Cascades far slots and fires near ones, up to `tick`. Returns false when `most` has come to 0. */
static bool advance_far(struct timer_wheel *wheel, uint64_t tick, unsigned most)
{
    while (wheel->nearest <= tick) {
        wheel->now = wheel->nearest;
        most = fire_due(wheel, tick, cascade(wheel, most));
        if (!most)
            return false;
    }
    return true;
}

bool timer_wheel_advance(struct timer_wheel *wheel, uint64_t time, unsigned most)
{
    uint64_t tick = time >> TIMER_TICK_BITS;
    most = fire_due(wheel, tick, most);
    return wheel->nearest > tick || (most && advance_far(wheel, tick, most));
}
