/*
 * Ticks that come while interrupts are masked for longer than a tick are lost to the clock as long
 * as it counts ticks; that is the price of a timer that is not read. With the time stamp counter
 * nothing is lost.
 *
 * At the change the new scale begins at the very tick at which it was measured, so the clock goes
 * on from where it is: it neither jumps nor steps back.
 */
#include <assert.h>
#include <kernel/cpu/control.h>
#include <kernel/task/clock.h>

/* Nanoseconds for a tick of the time stamp counter, as a fraction of 2^32. */
enum { FRACTION_BITS = 32 };

/* Beyond this something was wrong: nobody has looked for so long, or the ticks came in a heap. */
#define LONGEST_MEASUREMENT (2 * NANOSECONDS_PER_SECOND)
_Static_assert(LONGEST_MEASUREMENT <= UINT64_MAX >> FRACTION_BITS, "it is shifted by as much");

static uint64_t now; /* at the last tick */
static uint64_t tick_length;
static bool tsc_constant;

/* A pair of times that belong together: where the measurement began, or the clock's new scale. */
static uint64_t base_tsc, base_time;
static uint64_t measured_rate; /* as well as is known, for clock_from_tsc() */
static bool has_measured;      /* over a whole second */
static uint64_t rate;          /* what clock_now() goes by; 0: it goes by ticks */

static uint64_t scale(uint64_t tsc_ticks, uint64_t by)
{
    return (uint64_t)((unsigned __int128)tsc_ticks * by >> FRACTION_BITS);
}

void clock_start(uint64_t tick, bool constant_tsc)
{
    ASSERT(tick > 0);
    now = clock_now();
    tick_length = tick;
    tsc_constant = constant_tsc;
    base_tsc = measured_rate = rate = 0;
    has_measured = false;
}

uint64_t clock_now(void)
{
    uint64_t last = __atomic_load_n(&now, __ATOMIC_ACQUIRE);
    if (!__atomic_load_n(&rate, __ATOMIC_ACQUIRE))
        return last;
    uint64_t tsc = read_tsc();
    if (tsc <= base_tsc) /* firmware has set it back */
        return last;
    uint64_t fine = base_time + scale(tsc - base_tsc, rate);
    return fine > last ? fine : last;
}

static inline uint64_t move_on(uint64_t nanoseconds)
{
    uint64_t time = rate ? clock_now() : now + nanoseconds;
    __atomic_store_n(&now, time, __ATOMIC_RELEASE);
    return time;
}

uint64_t clock_tick(void)
{
    return move_on(tick_length);
}

uint64_t clock_tick_after(uint64_t nanoseconds)
{
    return move_on(nanoseconds);
}

static void begin_measuring(uint64_t tsc)
{
    base_tsc = tsc;
    base_time = now;
}

/* The rate is refined for a second, and from then on taken anew from each second as a whole. */
void clock_calibrate(void)
{
    if (rate)
        return;
    uint64_t tsc = read_tsc(), time = now - base_time;
    if (!base_tsc || tsc <= base_tsc || time > LONGEST_MEASUREMENT) {
        begin_measuring(tsc);
        return;
    }
    bool whole = time >= NANOSECONDS_PER_SECOND;
    if (time == 0 || (has_measured && !whole))
        return;
    measured_rate = (time << FRACTION_BITS) / (tsc - base_tsc);
    if (!whole)
        return;
    has_measured = true;
    begin_measuring(tsc);
    if (tsc_constant)
        __atomic_store_n(&rate, measured_rate, __ATOMIC_RELEASE);
}

uint64_t clock_from_tsc(uint64_t ticks)
{
    return scale(ticks, measured_rate);
}
