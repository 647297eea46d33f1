/*
 * The clock on machines of all kinds: with ticks that are lost or late, and with counters that give
 * nonsense.
 */
#include <kernel/cpu/control.h>
#include <kernel/task/clock.h>
#include <lib/random.h>

#include "../test.h"

#define MICROSECOND UINT64_C(1000)
#define MILLISECOND NANOSECONDS_PER_MILLISECOND
#define SECOND      NANOSECONDS_PER_SECOND

/* --- A machine ------------------------------------------------------------------------------ */

enum { TSC_MHZ = 3000, PM_TIMER = 3579545, CRYSTAL_ERROR = 200 /* ppm */ };

static struct {
    uint64_t time;       /* what a perfect clock shows */
    uint64_t tick, due;  /* the true length of a tick, and when the next one comes */
    int64_t tsc_ppm;     /* the time stamp counter's error */
    uint64_t tsc_offset; /* firmware may set it */
    uint64_t random;
    uint64_t last;  /* that the clock has shown */
    uint64_t began; /* when it showed 0 */
    uint64_t steps_back;
    bool disturbed;
    bool stopped; /* the reference */
} machine;

static uint64_t up_to(uint64_t limit)
{
    return random_next(&machine.random) * limit >> 32;
}

static bool one_in(uint64_t times)
{
    return machine.disturbed && up_to(times) == 0;
}

static void pass(uint64_t nanoseconds)
{
    machine.time += nanoseconds;
    uint64_t exact = machine.time * TSC_MHZ / 1000;
    int64_t error = (int64_t)exact * machine.tsc_ppm / 1000000;
    host_tsc = exact + (uint64_t)error + machine.tsc_offset;
}

/* A counter that counts `frequency` times a second. Reading it takes a microsecond or, when
 * firmware comes between, much longer; and now and then a bit of it is wrong. */
static uint64_t count(uint64_t frequency, uint64_t mask)
{
    pass(one_in(1000) ? 300 * MICROSECOND : MICROSECOND);
    if (machine.stopped)
        return 42;
    uint64_t value = machine.time / SECOND * frequency + machine.time % SECOND * frequency / SECOND;
    return (one_in(5000) ? value ^ (UINT64_C(1) << 20) : value) & mask;
}

static uint64_t read_pm_timer(void)
{
    return count(PM_TIMER, 0xffffff);
}

static uint64_t read_hpet(void)
{
    return count(100000000, UINT32_MAX);
}

static const struct clock_reference pm_timer = {"PM", read_pm_timer, 0xffffff, PM_TIMER};
static const struct clock_reference hpet = {"HPET", read_hpet, UINT32_MAX, 100000000};

/* A quiet machine, whose crystals are right, and on which the clock has just been started. */
static void start(const struct clock_reference *reference, bool constant_tsc)
{
    machine.time = SECOND;
    machine.tick = MILLISECOND;
    machine.tsc_ppm = 0;
    machine.tsc_offset = 0;
    machine.random = 42;
    machine.steps_back = 0;
    machine.disturbed = machine.stopped = false;
    pass(0);
    clock_start(MILLISECOND, reference, constant_tsc);
    machine.due = machine.time + machine.tick;
    machine.last = clock_now();
    machine.began = machine.time - machine.last;
}

/* What the clock shows now; it never steps back. */
static uint64_t look(void)
{
    uint64_t time = clock_now();
    machine.steps_back += time < machine.last;
    machine.last = time;
    return time;
}

/* The machine stands still for a while. */
static uint64_t stall(void)
{
    if (one_in(500000))
        return up_to(12 * SECOND);
    if (one_in(300))
        return up_to(80 * MILLISECOND);
    return one_in(10) ? up_to(900 * MICROSECOND) : up_to(20 * MICROSECOND);
}

/* Up to the next tick, and what its handler does. Ticks that come while another one waits are
 * lost. */
static void run_to_tick(void)
{
    if (machine.time < machine.due)
        pass(machine.due - machine.time);
    pass(stall());
    while (machine.due <= machine.time)
        machine.due += machine.tick;
    uint64_t time = clock_tick();
    machine.steps_back += time < machine.last;
    machine.last = time;
    if (up_to(16) == 0)
        clock_check();
    look();
}

static void run(uint64_t nanoseconds)
{
    uint64_t end = machine.time + nanoseconds;
    while (machine.time < end)
        run_to_tick();
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* How far the clock is off. */
static uint64_t error(void)
{
    return distance(look(), machine.time - machine.began);
}

/* --- Two hours ------------------------------------------------------------------------------ */

/* Ticks come late and are lost, now and then the machine stands still for longer than the reference
 * takes to go round, and both crystals are off, in opposite directions. At each tick the clock is
 * within `allowed` of the truth. From one tick to the next it runs off by `slew` ppm at most; 0: by
 * any number. */
static void run_two_hours(uint64_t allowed, uint64_t slew)
{
    machine.tick += machine.tick * CRYSTAL_ERROR / 1000000;
    machine.tsc_ppm = -CRYSTAL_ERROR;
    pass(0);
    machine.disturbed = true;
    run(SECOND / 10); /* the rate is being measured */
    uint64_t end = machine.time + 2 * 3600 * SECOND, worst = 0, too_fast_or_slow = 0;
    while (machine.time < end) {
        uint64_t time = machine.time, clock = look();
        run_to_tick();
        uint64_t passed = machine.time - time, shown = look() - clock;
        too_fast_or_slow += distance(passed, shown) > passed * slew / 1000000 + MICROSECOND;
        worst = MAX(worst, error());
    }
    EXPECT_EQ(machine.steps_back, 0);
    EXPECT(worst <= allowed);
    EXPECT(slew == 0 || too_fast_or_slow == 0);
}

TEST(clock, is_right_for_two_hours_by_the_time_stamp_counter)
{
    start(&pm_timer, true);
    run_two_hours(MILLISECOND, 600);
}

TEST(clock, is_right_for_two_hours_by_the_time_stamp_counter_and_an_hpet)
{
    start(&hpet, true);
    run_two_hours(MILLISECOND, 600);
}

TEST(clock, is_right_for_two_hours_by_the_reference_alone)
{
    start(&pm_timer, false);
    run_two_hours(2 * MILLISECOND, 0);
}

/* --- Without a reference -------------------------------------------------------------------- */

TEST(clock, goes_by_ticks_where_nothing_else_is_known)
{
    start(NULL, false);
    for (unsigned i = 0; i < 5000; i++) {
        uint64_t before = look();
        pass(MILLISECOND / 2);
        EXPECT_EQ(look(), before);
        pass(MILLISECOND / 2);
        EXPECT_EQ(clock_tick(), before + MILLISECOND);
        clock_check();
    }
}

/* A tenth of the ticks is lost, but there are seconds that see them all. */
TEST(clock, measures_a_constant_counter_by_ticks)
{
    start(NULL, true);
    for (unsigned minute = 0; minute < 10; minute++) {
        machine.disturbed = minute % 2;
        run(60 * SECOND);
    }
    EXPECT(error() <= 600 * SECOND / 1000000 * 500);
    EXPECT_EQ(machine.steps_back, 0);
}

/* --- The time stamp counter ----------------------------------------------------------------- */

TEST(clock, is_as_fine_as_a_constant_counter)
{
    start(&pm_timer, true);
    run(SECOND);
    uint64_t before = look();
    pass(MILLISECOND / 4);
    EXPECT(distance(look() - before, MILLISECOND / 4) <= MICROSECOND);
}

/* Between two ticks it goes by the other counter, too, but not beyond the second one. */
TEST(clock, is_as_fine_as_a_counter_whose_rate_may_change)
{
    start(&pm_timer, false);
    EXPECT_EQ((uint64_t)clock_real_at_tick(), look());
    run(SECOND);
    uint64_t tick = look();
    for (unsigned quarter = 1; quarter < 4; quarter++) {
        pass(MILLISECOND / 4);
        EXPECT(distance(look(), tick + quarter * MILLISECOND / 4) <= 20 * MICROSECOND);
        EXPECT_EQ((uint64_t)clock_real_at_tick(), tick);
    }
    pass(10 * MILLISECOND);
    EXPECT_EQ(look(), tick + MILLISECOND - 1);
    run_to_tick();
    EXPECT(error() <= 2 * MICROSECOND);
    EXPECT_EQ(machine.steps_back, 0);
}

TEST(clock, tells_how_long_a_while_of_the_counter_is)
{
    for (unsigned constant = 0; constant < 2; constant++) {
        start(&pm_timer, constant);
        EXPECT_EQ(clock_from_tsc(TSC_MHZ), 0);
        run(60 * SECOND);
        EXPECT(distance(clock_from_tsc(TSC_MHZ * SECOND / MICROSECOND), SECOND) <= SECOND / 1000);
    }
}

/* Firmware sets the counter back. What passed since the last tick is lost at first, and made up for
 * slowly. */
TEST(clock, goes_on_when_the_counter_is_set_back)
{
    for (unsigned constant = 0; constant < 2; constant++) {
        start(&pm_timer, constant);
        run(20 * SECOND);
        machine.tsc_offset -= host_tsc - 1;
        pass(0);
        look();
        run(20 * SECOND);
        EXPECT_EQ(machine.steps_back, 0);
        EXPECT(error() <= (constant ? 10 * MICROSECOND : MILLISECOND));
        machine.tsc_offset -= 40 * MILLISECOND / MICROSECOND * TSC_MHZ;
        run(20 * SECOND);
        EXPECT_EQ(machine.steps_back, 0);
        EXPECT(error() <= (constant ? 10 * MICROSECOND : MILLISECOND));
    }
}

/* Firmware hides from the counter that it took a while: the clock is late, and catches up at a rate
 * that nobody notices. */
TEST(clock, catches_up_slowly)
{
    start(&pm_timer, true);
    run(60 * SECOND);
    machine.tsc_offset -= 20 * MILLISECOND / MICROSECOND * TSC_MHZ;
    pass(20 * MILLISECOND);
    EXPECT(error() >= 19 * MILLISECOND);
    for (unsigned i = 0; i < 120; i++) {
        uint64_t before = look(), time = machine.time;
        run(SECOND);
        uint64_t passed = machine.time - time;
        EXPECT(distance(look() - before, passed) <= passed / 1000000 * 510);
    }
    EXPECT(error() <= MILLISECOND / 10);
    EXPECT_EQ(machine.steps_back, 0);
}

static void change_tsc_rate(int64_t ppm)
{
    uint64_t before = host_tsc;
    machine.tsc_ppm = ppm;
    pass(0);
    machine.tsc_offset -= host_tsc - before;
    pass(0);
}

/* The processor's clock doubles, and halves again: that is what a counter that is not constant may
 * do. */
TEST(clock, does_not_follow_a_counter_that_changes)
{
    start(&pm_timer, false);
    for (unsigned i = 0; i < 10; i++) {
        run(SECOND);
        change_tsc_rate(machine.tsc_ppm ? 0 : 1000000);
        EXPECT(error() <= 2 * MILLISECOND);
    }
    EXPECT_EQ(machine.steps_back, 0);
}

/* --- References that fail ------------------------------------------------------------------- */

TEST(clock, outlives_its_reference)
{
    for (unsigned constant = 0; constant < 2; constant++) {
        start(&pm_timer, constant);
        run(10 * SECOND);
        machine.stopped = true;
        run(100 * SECOND);
        EXPECT(error() <= 100 * SECOND / 1000000 * 2000);
        EXPECT_EQ(machine.steps_back, 0);
    }
}

/* What a program finds on the page; UINT64_MAX: that it has to ask. */
static uint64_t read_page(const struct clock_page *page)
{
    uint64_t ticks = host_tsc > page->tsc ? host_tsc - page->tsc : 0;
    if (!page->rate)
        return UINT64_MAX;
    return page->time + (uint64_t)((unsigned __int128)ticks * page->rate >> 32);
}

/* Over spans in which the clock is corrected several times. */
TEST(clock, programs_read_the_same_time)
{
    static struct clock_page page;
    uint32_t last_sequence;
    page = (struct clock_page){0};
    start(&pm_timer, true);
    clock_share(&page);
    EXPECT_EQ(read_page(&page), UINT64_MAX); /* the rate is not known yet */
    run(SECOND);
    last_sequence = page.sequence;
    for (int i = 0; i < 60; i++) {
        machine.tsc_ppm = i;
        run(SECOND);
        EXPECT_EQ(read_page(&page), clock_now());
        EXPECT_EQ(page.sequence % 2, 0);
    }
    EXPECT(page.sequence > last_sequence);
    clock_set_real((int64_t)(1000 * SECOND));
    EXPECT_EQ(page.real_start + (int64_t)read_page(&page), (int64_t)(1000 * SECOND));
    start(&pm_timer, false);
    run(60 * SECOND);
    EXPECT_EQ(read_page(&page), UINT64_MAX);
}
