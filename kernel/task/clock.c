/*
 * The clock is set by a reference, a counter that loses nothing when ticks are lost: they are lost
 * when interrupts are masked for longer than a tick, and when an emulator's host is busy. In
 * between, the clock goes by one of two things:
 *
 * - by ticks, at first, and for good where the time stamp counter's rate may change. A tick that
 *   comes on schedule adds its length; the time stamp counter is good enough to tell that. Any
 *   other tick, and every one that clock_check() asks for, takes over the reference's time.
 * - by the time stamp counter, where its rate is constant, as soon as that is measured. It is
 *   measured again and again, over longer and longer spans of time. An error is not made up for in
 *   one step: over the next span the clock runs a little faster or slower.
 *
 * Where there is no reference, the ticks have to do. A tick that is lost then stays lost, unless
 * the time stamp counter is constant: a span in which ticks were lost makes it look fast, so the
 * lowest frequency that was measured over one of the longest spans is the right one.
 */
#include <assert.h>
#include <kernel/cpu/control.h>
#include <kernel/log/log.h>
#include <kernel/task/clock.h>

/* Rates are nanoseconds for a tick of the time stamp counter, as fractions of 2^32. */
enum { FRACTION_BITS = 32 };

#define SHORTEST_SPAN (10 * NANOSECONDS_PER_MILLISECOND)
#define LONGEST_SPAN  (16 * NANOSECONDS_PER_SECOND)
#define SLEW_ONE      (INT64_C(1) << 30)

enum {
    PRECISION = 4096,      /* a span is that many times as long as its ends are uncertain */
    RATE_TOLERANCE = 2000, /* a part of the rate: a crystal does not change by 500 ppm */
    SLEW_LIMIT = 2000,     /* a part of the rate: the clock runs off it by 500 ppm at most */
    REFUSALS = 100,        /* in a row, and the reference is given up */
};

static uint64_t now; /* at the last tick */
static uint64_t tick_length;
static bool tsc_constant;
static uint64_t last_tick_tsc;
static uint64_t tsc_rate; /* as well as is known; 0: not at all */

static uint64_t scale(uint64_t tsc_ticks, uint64_t by)
{
    return (uint64_t)((unsigned __int128)tsc_ticks * by >> FRACTION_BITS);
}

uint64_t clock_from_tsc(uint64_t ticks)
{
    return scale(ticks, tsc_rate);
}

/* The span of time over which the rate is being measured. */
static uint64_t span_tsc, span_time; /* its beginning; 0: it has not begun */
static uint64_t span_uncertainty;    /* of its beginning, in nanoseconds */
static uint64_t span_length;         /* at least */

static void measure_anew(void)
{
    span_tsc = 0;
    span_length = SHORTEST_SPAN;
}

/* --- The reference -------------------------------------------------------------------------- */

static struct clock_reference reference;

/* At the last reading. */
static uint64_t reference_count, reference_tsc, reference_time;
static uint64_t reference_rest; /* of the last division, so that nothing is lost over time */
static unsigned refusals;

static uint64_t ticked_time;

static uint64_t read_ticked_time(void)
{
    return ticked_time;
}

static const struct clock_reference ticks_alone = {
    .name = "ticks",
    .read = read_ticked_time,
    .mask = UINT64_MAX,
    .frequency = NANOSECONDS_PER_SECOND,
};

static bool reference_loses_time(void)
{
    return reference.read == read_ticked_time;
}

static void use_reference(const struct clock_reference *new_reference)
{
    reference = *new_reference;
    reference_count = reference.read();
    reference_tsc = read_tsc();
    reference_time = now;
    reference_rest = 0;
    refusals = 0;
}

struct reading {
    uint64_t tsc, count;
    uint64_t width; /* the count was read within so many ticks of the time stamp counter */
};

/* Reads both counters at once, as far as that goes: firmware or a busy host may come between, so of
 * several pairs of readings the closest is taken. Some chipsets' timers show nonsense while a carry
 * runs through them, so a count also has to agree with the one before. */
static bool read_both(struct reading *best)
{
    enum { READINGS = 3 };
    const uint64_t longest_step = reference.frequency / 256;
    uint64_t previous = reference.read();
    best->width = UINT64_MAX;
    for (unsigned i = 0; i < READINGS; i++) {
        uint64_t before = read_tsc(), count = reference.read(), width = read_tsc() - before;
        bool agrees = ((count - previous) & reference.mask) <= longest_step;
        if (agrees && width < best->width)
            *best = (struct reading){before + width / 2, count, width};
        previous = count;
    }
    return best->width != UINT64_MAX;
}

/* How far has the reference come since the last reading? It may have gone round, even several
 * times, so there are many answers; the one nearest to the time stamp counter's is right. */
static uint64_t counts_since_last(const struct reading *reading)
{
    int64_t tsc_ticks = (int64_t)(reading->tsc - reference_tsc);
    uint64_t time = clock_from_tsc(tsc_ticks > 0 ? (uint64_t)tsc_ticks : 0);
    uint64_t guess = time / NANOSECONDS_PER_SECOND * reference.frequency +
                     time % NANOSECONDS_PER_SECOND * reference.frequency / NANOSECONDS_PER_SECOND;
    uint64_t beyond = (reading->count - reference_count - guess) & reference.mask;
    return guess + beyond - (beyond > reference.mask / 2 ? reference.mask + 1 : 0);
}

/* A reference that stands still or runs backwards is left out of account, and given up when it goes
 * on doing so. */
static bool refuse_reading(void)
{
    if (++refusals == REFUSALS) {
        log_warn("clock: the %s does not count on; time is counted in ticks", reference.name);
        use_reference(&ticks_alone);
        measure_anew();
    }
    return false;
}

static bool advance_reference(struct reading *reading)
{
    if (!read_both(reading))
        return refuse_reading();
    uint64_t counts = counts_since_last(reading);
    if ((int64_t)counts <= 0)
        return refuse_reading();
    refusals = 0;
    uint64_t rest = counts % reference.frequency * NANOSECONDS_PER_SECOND + reference_rest;
    reference_time +=
        counts / reference.frequency * NANOSECONDS_PER_SECOND + rest / reference.frequency;
    reference_rest = rest % reference.frequency;
    reference_count = reading->count;
    reference_tsc = reading->tsc;
    return true;
}

/* --- By the time stamp counter -------------------------------------------------------------- */

/* The clock showed `time` at `tsc`, and runs at `rate` from there on. A new scale is written beside
 * the old one, which an interrupted reader, or an NMI's, may be using. */
static struct scale {
    uint64_t tsc, time, rate;
} scales[2];
static const struct scale *current_scale; /* NULL: the clock goes by ticks */

static void set_scale(uint64_t tsc, uint64_t time, uint64_t rate)
{
    struct scale *next = &scales[current_scale == &scales[0]];
    *next = (struct scale){tsc, time, rate};
    __atomic_store_n(&current_scale, next, __ATOMIC_RELEASE);
}

static uint64_t time_at(const struct scale *by, uint64_t tsc)
{
    return tsc > by->tsc ? by->time + scale(tsc - by->tsc, by->rate) : by->time;
}

uint64_t clock_now(void)
{
    uint64_t last = __atomic_load_n(&now, __ATOMIC_ACQUIRE);
    const struct scale *by = __atomic_load_n(&current_scale, __ATOMIC_ACQUIRE);
    return by ? MAX(last, time_at(by, read_tsc())) : last;
}

/* --- Measuring the time stamp counter ------------------------------------------------------- */

static uint64_t longest_measured;
static bool rate_in_doubt;

static uint64_t uncertainty(const struct reading *reading, uint64_t rate)
{
    uint64_t step =
        reference_loses_time() ? tick_length : NANOSECONDS_PER_SECOND / reference.frequency;
    return step + scale(reading->width, rate);
}

static void begin_span(const struct reading *reading)
{
    span_tsc = reading->tsc;
    span_time = reference_time;
    span_uncertainty = uncertainty(reading, tsc_rate);
}

/* The rate over the span that ends with this reading; 0 while it is too short to say. */
static uint64_t rate_over_span(const struct reading *reading)
{
    uint64_t time = reference_time - span_time, ticks = reading->tsc - span_tsc;
    if (time < span_length)
        return 0;
    for (; time >> FRACTION_BITS; time >>= 1)
        ticks >>= 1;
    uint64_t rate = ticks ? (time << FRACTION_BITS) / ticks : 0;
    uint64_t uncertain = span_uncertainty + uncertainty(reading, rate);
    return (reference_time - span_time) / PRECISION < uncertain ? 0 : rate;
}

/* Firmware that changes the time stamp counter makes a rate that no crystal has. Such a one is not
 * taken, unless the next span confirms it. */
static bool rate_is_plausible(uint64_t rate)
{
    uint64_t difference = rate > tsc_rate ? rate - tsc_rate : tsc_rate - rate;
    bool agrees = !tsc_rate || difference <= tsc_rate / RATE_TOLERANCE;
    rate_in_doubt = !agrees && !rate_in_doubt;
    return !rate_in_doubt;
}

/* Takes a rate over, and makes up for the clock's error in the course of the next span. */
static void go_by(const struct reading *reading, uint64_t rate)
{
    uint64_t time = current_scale ? time_at(current_scale, reading->tsc) : MAX(now, reference_time);
    int64_t error = reference_loses_time() ? 0 : (int64_t)(reference_time - time);
    int64_t limit = (int64_t)(span_length / SLEW_LIMIT);
    error = MIN(MAX(error, -limit), limit);
    int64_t slew = error * SLEW_ONE / (int64_t)span_length;
    set_scale(reading->tsc, time, rate + (uint64_t)(slew * (int64_t)rate / SLEW_ONE));
}

/* Ticks that are lost make the counter look fast, and the rate too low. */
static bool ticks_were_lost(uint64_t rate, uint64_t span)
{
    return reference_loses_time() && rate < tsc_rate && span <= longest_measured;
}

static void measure_rate(const struct reading *reading)
{
    if (!span_tsc || reading->tsc <= span_tsc) {
        begin_span(reading);
        return;
    }
    uint64_t rate = rate_over_span(reading), span = reference_time - span_time;
    if (!rate)
        return;
    begin_span(reading);
    if (!tsc_constant) {
        tsc_rate = rate;
        return;
    }
    if (ticks_were_lost(rate, span))
        return;
    if (!rate_is_plausible(rate)) {
        measure_anew();
        return;
    }
    tsc_rate = rate;
    longest_measured = MAX(longest_measured, span);
    span_length = MIN(2 * span, LONGEST_SPAN);
    go_by(reading, rate);
}

/* --- Ticks ---------------------------------------------------------------------------------- */

/* A tick is on schedule if it comes within `schedule_width` ticks of the time stamp counter from
 * `schedule_start` on: half a tick's length before or after it is due. 0: none is. */
static uint64_t schedule_start, schedule_width;

static void make_schedule(uint64_t tsc)
{
    bool known = tsc_rate && !reference_loses_time();
    schedule_width = known ? (tick_length << FRACTION_BITS) / tsc_rate : 0;
    schedule_start = tsc + schedule_width / 2;
}

static uint64_t time_by_reference(uint64_t tsc)
{
    struct reading reading;
    if (!advance_reference(&reading))
        return now + tick_length;
    measure_rate(&reading);
    make_schedule(tsc);
    return reference_time;
}

static uint64_t time_by_tsc(uint64_t tsc)
{
    struct reading reading;
    schedule_width = 0;
    if (tsc < last_tick_tsc) { /* firmware has set it back */
        set_scale(tsc, now, tsc_rate);
        reference_tsc -= last_tick_tsc - tsc;
        measure_anew();
    }
    if (clock_from_tsc(tsc - span_tsc) >= span_length && advance_reference(&reading))
        measure_rate(&reading);
    return time_at(current_scale, tsc);
}

static SLOW_PATH uint64_t tick_off_schedule(uint64_t tsc)
{
    ticked_time += tick_length;
    uint64_t time = current_scale ? time_by_tsc(tsc) : time_by_reference(tsc);
    last_tick_tsc = tsc;
    time = MAX(time, now);
    __atomic_store_n(&now, time, __ATOMIC_RELEASE);
    return time;
}

uint64_t clock_tick(void)
{
    uint64_t tsc = read_tsc();
    if (tsc - schedule_start >= schedule_width)
        return tick_off_schedule(tsc);
    schedule_start += schedule_width;
    uint64_t time = now + tick_length;
    __atomic_store_n(&now, time, __ATOMIC_RELEASE);
    return time;
}

void clock_check(void)
{
    schedule_width = 0;
}

/* -------------------------------------------------------------------------------------------- */

void clock_start(uint64_t tick, const struct clock_reference *new_reference, bool constant_tsc)
{
    ASSERT(tick > 0);
    now = clock_now();
    current_scale = NULL;
    tick_length = tick;
    tsc_constant = constant_tsc;
    tsc_rate = last_tick_tsc = longest_measured = schedule_width = 0;
    rate_in_doubt = false;
    use_reference(new_reference ? new_reference : &ticks_alone);
    measure_anew();
}
