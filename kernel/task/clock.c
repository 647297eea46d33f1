/*
 * Two things make ticks an unreliable clock: a tick is lost when interrupts are masked for longer
 * than a tick, and an emulator on a busy host loses many. So the clock follows a reference, a
 * counter that counts on in any case. Between two readings of the reference, it goes by ticks or by
 * the time stamp counter.
 *
 * It goes by ticks at first, and for good where the time stamp counter's rate may change. A tick on
 * schedule adds its length; even a time stamp counter whose rate changes can tell whether a tick is
 * on schedule, and how much of it has passed. Any other tick, and each tick that clock_check() asks
 * for, sets the clock to the reference's time.
 *
 * If the time stamp counter's rate is constant, the clock goes by it as soon as the rate is
 * measured. The measurement is repeated over spans of time that grow to LONGEST_SPAN. The clock
 * does not step to correct an error; it runs a little faster or slower for the next span.
 *
 * Without a reference there are only ticks, and the time of lost ticks is lost. Only a constant
 * time stamp counter can make up for that: lost ticks make it look faster than it is, so the lowest
 * frequency that was measured over one of the longest spans is kept.
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
    PRECISION = 4096,      /* a span is at least this many times its ends' uncertainty */
    RATE_TOLERANCE = 2000, /* a rate that changes by more than 1/2000, 500 ppm, is doubted */
    SLEW_LIMIT =
        2000,       /* the clock runs at most 1/2000, 500 ppm, faster or slower to correct itself */
    REFUSALS = 100, /* after this many bad readings in a row the reference is given up */
};

static uint64_t now; /* the time at the last tick */
static uint64_t tick_length;
static bool tsc_constant;
static uint64_t last_tick_tsc;
static uint64_t tsc_rate; /* the latest measurement; 0: there is none yet */

static uint64_t scale(uint64_t tsc_ticks, uint64_t rate)
{
    return (uint64_t)((unsigned __int128)tsc_ticks * rate >> FRACTION_BITS);
}

uint64_t clock_from_tsc(uint64_t ticks)
{
    return scale(ticks, tsc_rate);
}

/* The span of time over which the rate is being measured. */
static struct {
    uint64_t tsc, time;   /* its beginning; 0: it has not begun */
    uint64_t uncertainty; /* of its beginning, in nanoseconds */
    uint64_t length;      /* the least time that it takes */
} span;

static void measure_anew(void)
{
    span.tsc = 0;
    span.length = SHORTEST_SPAN;
}

/* --- The reference -------------------------------------------------------------------------- */

static struct clock_reference reference;

/* The last good reading. */
static struct {
    uint64_t count, tsc;
    uint64_t time;     /* at it */
    uint64_t rest;     /* of the division that gave the time, so that no error adds up */
    unsigned refusals; /* bad readings since then */
} last_reading;

static uint64_t ticked_time; /* by the ticks off schedule; without a reference, by all ticks */

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
    last_reading.count = reference.read();
    last_reading.tsc = read_tsc();
    last_reading.time = now;
    last_reading.rest = 0;
    last_reading.refusals = 0;
}

struct reading {
    uint64_t tsc, count;
    uint64_t width; /* how long reading `count` took, in ticks of the time stamp counter */
};

/* Reads both counters as close together as possible: firmware or a busy host may interrupt between
 * them, so the closest of several pairs is used. Some chipsets' timers read wrong while a carry
 * runs through them, so a count must also agree with the one before. */
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

/* How many counts have passed since the last reading? The counter may have wrapped around, even
 * several times; of all possible answers, the nearest to the time stamp counter's is right. */
static uint64_t counts_since_last(const struct reading *reading)
{
    int64_t tsc_ticks = (int64_t)(reading->tsc - last_reading.tsc);
    uint64_t time = clock_from_tsc(tsc_ticks > 0 ? (uint64_t)tsc_ticks : 0);
    uint64_t guess = time / NANOSECONDS_PER_SECOND * reference.frequency +
                     time % NANOSECONDS_PER_SECOND * reference.frequency / NANOSECONDS_PER_SECOND;
    uint64_t beyond = (reading->count - last_reading.count - guess) & reference.mask;
    return guess + beyond - (beyond > reference.mask / 2 ? reference.mask + 1 : 0);
}

/* Ignores a reading of a reference that stands still or runs backwards, and gives the reference up
 * if that goes on. Returns false. */
static bool refuse_reading(void)
{
    if (++last_reading.refusals == REFUSALS) {
        log_warn("clock: the %s has stopped counting; the clock counts ticks instead",
                 reference.name);
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
    last_reading.refusals = 0;
    uint64_t rest = counts % reference.frequency * NANOSECONDS_PER_SECOND + last_reading.rest;
    last_reading.time +=
        counts / reference.frequency * NANOSECONDS_PER_SECOND + rest / reference.frequency;
    last_reading.rest = rest % reference.frequency;
    last_reading.count = reading->count;
    last_reading.tsc = reading->tsc;
    return true;
}

/* --- By the time stamp counter -------------------------------------------------------------- */

/* The clock showed `time` at `tsc`, and runs at `rate` from there on. A new base does not
 * overwrite the current one, which an interrupted reader or an NMI handler may be using. */
static struct time_base {
    uint64_t tsc, time, rate;
} bases[2];
static const struct time_base *current_base; /* NULL: the clock goes by ticks */

static int64_t real_start;        /* the time of day when clock_now() was 0 */
static struct clock_page *shared; /* the page that programs read; NULL: there is none yet */

/* Copies the clock's state to the page that programs read. */
static void publish(void)
{
    if (!shared)
        return;
    uint64_t flags = interrupts_save();
    const struct time_base *base = current_base;
    uint32_t sequence = shared->sequence;
    __atomic_store_n(&shared->sequence, sequence + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    shared->tsc = base ? base->tsc : 0;
    shared->time = base ? base->time : 0;
    shared->rate = base ? base->rate : 0;
    shared->real_start = real_start;
    __atomic_store_n(&shared->sequence, sequence + 2, __ATOMIC_RELEASE);
    interrupts_restore(flags);
}

void clock_share(struct clock_page *page)
{
    shared = page;
    publish();
}

static void set_base(uint64_t tsc, uint64_t time, uint64_t rate)
{
    struct time_base *next = &bases[current_base == &bases[0]];
    *next = (struct time_base){tsc, time, rate};
    __atomic_store_n(&current_base, next, __ATOMIC_RELEASE);
    publish();
}

static uint64_t time_at(const struct time_base *base, uint64_t tsc)
{
    return tsc > base->tsc ? base->time + scale(tsc - base->tsc, base->rate) : base->time;
}

/* The next tick is on schedule if the time stamp counter is then between schedule.start and
 * schedule.start + schedule.width: half a tick's length before or after the tick is due. With a
 * width of 0, no tick is on schedule. */
static struct {
    uint64_t start, width;
    uint64_t length; /* of a tick, by the time stamp counter; 0: unknown */
} schedule;

static uint64_t last_tick(void)
{
    return __atomic_load_n(&now, __ATOMIC_ACQUIRE);
}

/* The time that has passed since the last tick was due, less than a tick's length. */
static uint64_t time_since_tick(void)
{
    int64_t passed = (int64_t)(read_tsc() - (schedule.start - schedule.length / 2));
    if (passed <= 0)
        return 0;
    uint64_t ticks = MIN((uint64_t)passed, schedule.length);
    return MIN(clock_from_tsc(ticks), tick_length - 1);
}

/* A tick may come between two steps of this, and firmware may set the counter back. */
static uint64_t now_by_ticks(void)
{
    static uint64_t shown; /* at most a tick ahead of `now`, and then the next tick's is later */
    uint64_t last, time;
    do {
        last = last_tick();
        time = last + (schedule.length ? time_since_tick() : 0);
    } while (last_tick() != last);
    time = MAX(time, __atomic_load_n(&shown, __ATOMIC_RELAXED));
    __atomic_store_n(&shown, time, __ATOMIC_RELAXED);
    return time;
}

uint64_t clock_now(void)
{
    const struct time_base *base = __atomic_load_n(&current_base, __ATOMIC_ACQUIRE);
    return base ? MAX(last_tick(), time_at(base, read_tsc())) : now_by_ticks();
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
    span.tsc = reading->tsc;
    span.time = last_reading.time;
    span.uncertainty = uncertainty(reading, tsc_rate);
}

/* The rate over the span that ends with this reading; 0 if the span is too short for PRECISION. */
static uint64_t rate_over_span(const struct reading *reading)
{
    uint64_t time = last_reading.time - span.time, ticks = reading->tsc - span.tsc;
    if (time < span.length)
        return 0;
    for (; time >> FRACTION_BITS; time >>= 1)
        ticks >>= 1;
    uint64_t rate = ticks ? (time << FRACTION_BITS) / ticks : 0;
    uint64_t uncertain = span.uncertainty + uncertainty(reading, rate);
    return (last_reading.time - span.time) / PRECISION < uncertain ? 0 : rate;
}

/* If firmware changes the time stamp counter, a measurement gives a rate that no crystal has. Such
 * a rate is accepted only if the next span confirms it. */
static bool accept_rate(uint64_t rate)
{
    uint64_t difference = rate > tsc_rate ? rate - tsc_rate : tsc_rate - rate;
    bool agrees = !tsc_rate || difference <= tsc_rate / RATE_TOLERANCE;
    rate_in_doubt = !agrees && !rate_in_doubt;
    return !rate_in_doubt;
}

/* Runs the clock at this rate, or a little faster or slower, so that its error is gone at the end
 * of the next span. */
static void run_by(const struct reading *reading, uint64_t rate)
{
    uint64_t time =
        current_base ? time_at(current_base, reading->tsc) : MAX(now, last_reading.time);
    int64_t error = reference_loses_time() ? 0 : (int64_t)(last_reading.time - time);
    int64_t limit = (int64_t)(span.length / SLEW_LIMIT);
    error = MIN(MAX(error, -limit), limit);
    int64_t slew = error * SLEW_ONE / (int64_t)span.length;
    set_base(reading->tsc, time, rate + (uint64_t)(slew * (int64_t)rate / SLEW_ONE));
}

/* Lost ticks make the counter look fast, which is a low rate in nanoseconds a tick. */
static bool ticks_were_lost(uint64_t rate, uint64_t length)
{
    return reference_loses_time() && rate < tsc_rate && length <= longest_measured;
}

static void measure_rate(const struct reading *reading)
{
    if (!span.tsc || reading->tsc <= span.tsc) {
        begin_span(reading);
        return;
    }
    uint64_t rate = rate_over_span(reading), length = last_reading.time - span.time;
    if (!rate)
        return;
    begin_span(reading);
    if (!tsc_constant) {
        tsc_rate = rate;
        return;
    }
    if (ticks_were_lost(rate, length))
        return;
    if (!accept_rate(rate)) {
        measure_anew();
        return;
    }
    tsc_rate = rate;
    longest_measured = MAX(longest_measured, length);
    span.length = MIN(2 * length, LONGEST_SPAN);
    run_by(reading, rate);
}

/* --- Ticks ---------------------------------------------------------------------------------- */

static void make_schedule(uint64_t tsc)
{
    bool known = tsc_rate && !reference_loses_time();
    schedule.width = schedule.length = known ? (tick_length << FRACTION_BITS) / tsc_rate : 0;
    schedule.start = tsc + schedule.length / 2;
}

static uint64_t time_by_reference(uint64_t tsc)
{
    struct reading reading;
    if (!advance_reference(&reading))
        return now + tick_length;
    measure_rate(&reading);
    make_schedule(tsc);
    return last_reading.time;
}

static uint64_t time_by_tsc(uint64_t tsc)
{
    struct reading reading;
    schedule.width = 0;
    if (tsc < last_tick_tsc) { /* firmware has set it back */
        set_base(tsc, now, tsc_rate);
        last_reading.tsc -= last_tick_tsc - tsc;
        measure_anew();
    }
    if (clock_from_tsc(tsc - span.tsc) >= span.length && advance_reference(&reading))
        measure_rate(&reading);
    return time_at(current_base, tsc);
}

static NOINLINE uint64_t tick_off_schedule(void)
{
    uint64_t tsc = read_tsc(), shown = clock_now();
    ticked_time += tick_length;
    uint64_t time = current_base ? time_by_tsc(tsc) : time_by_reference(tsc);
    last_tick_tsc = tsc;
    time = MAX(time, shown);
    __atomic_store_n(&now, time, __ATOMIC_RELEASE);
    return time;
}

uint64_t clock_tick(void)
{
    if (read_tsc() - schedule.start >= schedule.width)
        return tick_off_schedule();
    schedule.start += schedule.width;
    uint64_t time = now + tick_length;
    __atomic_store_n(&now, time, __ATOMIC_RELEASE);
    return time;
}

void clock_check(void)
{
    schedule.width = 0;
}

/* --- Starting ------------------------------------------------------------------------------- */

void clock_start(uint64_t tick, const struct clock_reference *new_reference, bool constant_tsc)
{
    ASSERT(tick > 0);
    now = clock_now();
    current_base = NULL;
    publish();
    tick_length = tick;
    tsc_constant = constant_tsc;
    tsc_rate = last_tick_tsc = longest_measured = schedule.width = schedule.length = 0;
    rate_in_doubt = false;
    use_reference(new_reference ? new_reference : &ticks_alone);
    measure_anew();
}

/* --- The time of day ------------------------------------------------------------------------ */

static int64_t real_when_set; /* the time of day at the last clock_set_real() */

static int64_t real_at(uint64_t time)
{
    return __atomic_load_n(&real_start, __ATOMIC_RELAXED) + (int64_t)time;
}

int64_t clock_real_now(void)
{
    return real_at(clock_now());
}

/* The last tick may have come before the time was set, and then gives too early a time. */
int64_t clock_real_at_tick(void)
{
    int64_t least = __atomic_load_n(&real_when_set, __ATOMIC_RELAXED);
    return MAX(real_at(last_tick()), least);
}

void clock_set_real(int64_t real)
{
    __atomic_store_n(&real_start, real - (int64_t)clock_now(), __ATOMIC_RELAXED);
    __atomic_store_n(&real_when_set, real, __ATOMIC_RELAXED);
    publish();
}
