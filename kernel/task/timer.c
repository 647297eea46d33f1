/*
 * A hierarchical timing wheel. Level 0 has a slot for each of 64 ticks, level 1 for each of 64
 * times 64 ticks, and so on; eight levels are enough for 9,000 years. A timer lies on the level of
 * the highest digit, to the base of 64, in which its tick differs from `now`, in the slot of that
 * digit. So all timers of a lower level come before all of a higher one, in a level the slots come
 * in order, and no slot is ever used for two rounds at once: the first slot is always the lowest
 * bit of the lowest level.
 *
 * When the first slot's time comes, `now` moves there and its timers are dealt out anew: they are
 * due, or belong to a lower level. That time is the slot's beginning, or that of its first timer
 * where it is known. So setting a timer is O(1), and until it fires it moves once for each level at
 * most, and not at all where timers are few: one that is alone in its slot stays there.
 *
 * `now` stands still between two slots, however much time passes. It lies behind the clock then,
 * which does no harm: a timer may come to lie on a higher level than needed.
 *
 * Moving and firing is done in steps of one timer, so that a thousand that are due at once do not
 * keep other work waiting. The lists are touched in tasks only; an interrupt handler looks at
 * `nearest`.
 */
#include <assert.h>
#include <kernel/task/timer.h>

enum { DIGIT_BITS = 6 };
_Static_assert(1 << DIGIT_BITS == TIMER_SLOTS, "a digit chooses a slot");
_Static_assert(DIGIT_BITS *TIMER_LEVELS >= 64 - TIMER_TICK_BITS, "every deadline has a level");

static void set_nearest(struct timer_wheel *wheel, uint64_t tick)
{
    __atomic_store_n(&wheel->nearest, tick, __ATOMIC_RELEASE);
}

static inline void insert(struct timer_wheel *wheel, struct timer *timer)
{
    uint64_t tick = timer->tick;
    unsigned level = (63u - (unsigned)__builtin_clzll((tick ^ wheel->now) | 1)) / DIGIT_BITS;
    unsigned digit = tick >> level * DIGIT_BITS & (TIMER_SLOTS - 1);
    struct list *slot = &wheel->slots[level][digit];
    uint64_t bit = UINT64_C(1) << digit;
    if (!(wheel->used_slots[level] & bit)) {
        list_init(slot);
        wheel->used_slots[level] |= bit;
        wheel->used_levels |= 1u << level;
    }
    list_push_back(slot, &timer->waker.queue_link);
    if (tick < wheel->nearest)
        set_nearest(wheel, tick);
}

void timer_wheel_set(struct timer_wheel *wheel, struct timer *timer, struct task *task,
                     uint64_t deadline)
{
    ASSERT(!timer->waker.task);
    uint64_t tick = (deadline >> TIMER_TICK_BITS) + 1;
    timer->tick = tick > wheel->now ? tick : wheel->now;
    waker_bind(&timer->waker, task);
    insert(wheel, timer);
}

static struct timer *timer_of(struct list_node *node)
{
    return CONTAINER_OF(node, struct timer, waker.queue_link);
}

/* The first slot, and its level; there is one. */
static struct list *first_slot(struct timer_wheel *wheel, unsigned *level)
{
    *level = (unsigned)__builtin_ctz(wheel->used_levels);
    return &wheel->slots[*level][__builtin_ctzll(wheel->used_slots[*level])];
}

/* Does the slot hold one timer, and no more? */
static bool is_alone(const struct list *slot)
{
    return slot->head.next == slot->head.previous && !list_empty(slot);
}

/* Finds out when the first slot has to be looked at. */
static void find_nearest(struct timer_wheel *wheel)
{
    if (!wheel->used_levels) {
        set_nearest(wheel, TIMER_NEVER);
        return;
    }
    unsigned level;
    struct list *slot = first_slot(wheel, &level);
    if (is_alone(slot)) {
        set_nearest(wheel, timer_of(slot->head.next)->tick);
        return;
    }
    unsigned shift = level * DIGIT_BITS;
    uint64_t above = wheel->now >> shift >> DIGIT_BITS << DIGIT_BITS;
    set_nearest(wheel, (above | (uint64_t)(slot - wheel->slots[level])) << shift);
}

/* The timer has been taken off its list. */
static void fire(struct timer *timer)
{
    struct task *task = timer->waker.task;
    waker_unbind(&timer->waker);
    task_wake(task);
}

/* Empties the first slot, whose time has come: fires a timer that is alone in it, or takes what is
 * in it. It may turn out that nothing is: the timers were cancelled. */
static void empty_first(struct timer_wheel *wheel)
{
    unsigned level;
    struct list *slot = first_slot(wheel, &level), *taken = &wheel->taken;
    struct list_node *first = slot->head.next;
    ASSERT(wheel->nearest >= wheel->now);
    wheel->now = wheel->nearest;
    wheel->used_slots[level] &= wheel->used_slots[level] - 1;
    if (!wheel->used_slots[level])
        wheel->used_levels &= wheel->used_levels - 1;
    if (is_alone(slot) && timer_of(first)->tick <= wheel->now) {
        list_remove(first);
        fire(timer_of(first));
    } else if (!list_empty(slot)) {
        *taken = *slot;
        first->previous = taken->head.previous->next = &taken->head;
    }
    find_nearest(wheel);
}

bool timer_wheel_advance(struct timer_wheel *wheel, uint64_t time, unsigned most)
{
    uint64_t tick = time >> TIMER_TICK_BITS;
    for (; most; most--) {
        struct list_node *node = list_pop_front(&wheel->taken);
        if (!node) {
            if (wheel->nearest > tick)
                return true;
            empty_first(wheel);
        } else if (timer_of(node)->tick <= wheel->now) {
            fire(timer_of(node));
        } else {
            insert(wheel, timer_of(node));
        }
    }
    return false;
}
