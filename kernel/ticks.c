/*
 * Usually the PIT ticks. Firmware may have given its interrupt line to the HPET, which is undone.
 * Newer machines may have the PIT switched off: its ports exist, but it raises no interrupt. Then
 * the local APIC's own timer takes its place. The rate of that timer is not known in advance; the
 * clock's reference gives the time from the first tick on, and after a few ticks the timer is set
 * so that it ticks about a thousand times a second.
 *
 * Beside a PIT that ticks, the local APIC's timer is the alarm for timers that are due between two
 * ticks. Its rate is measured once an alarm is wanted; until it is known, timers fire at ticks. An
 * alarm that comes early is set again for the rest. If one comes late, the tick before it fires the
 * timers.
 */
#include <assert.h>
#include <drivers/hpet.h>
#include <drivers/irq.h>
#include <drivers/local_apic.h>
#include <drivers/pic8259.h>
#include <drivers/pit8254.h>
#include <drivers/reference_clock.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>
#include <kernel/cpu/tsc.h>
#include <kernel/log/log.h>
#include <kernel/options.h>
#include <kernel/task/clock.h>
#include <kernel/task/sleep.h>
#include <kernel/ticks.h>

OPTION(tsc);

enum { TICKS_PER_SECOND = 1000 };

#define WORK_INTERVAL (16 * NANOSECONDS_PER_MILLISECOND)

static void (*periodic_work)(uint64_t time, const struct trap_frame *frame) RO_AFTER_INIT;
static uint64_t next_work = WORK_INTERVAL;
static struct clock_reference reference RO_AFTER_INIT; /* without a name: there is none */

static inline void tick(uint64_t time, const struct trap_frame *frame)
{
    timers_tick(time);
    if (time >= next_work) {
        next_work = time + WORK_INTERVAL;
        periodic_work(time, frame);
    }
}

/* Each controller has a tick handler of its own, to save an indirect call at the end of the
 * interrupt: ticks come a thousand times a second. */

static void tick_at_8259(struct trap_frame *frame)
{
    tick(clock_tick(), frame);
    pic8259_end_timer_interrupt();
}

static void tick_at_apic(struct trap_frame *frame)
{
    tick(clock_tick(), frame);
    local_apic_end();
}

/* --- The local APIC's timer ----------------------------------------------------------------- */

enum {
    FIRST_COUNT = 6250,  /* a millisecond at 100 MHz; bus clocks of 24 MHz to 1 GHz are usual */
    LEAST_COUNT = 1500,  /* a millisecond at 24 MHz */
    MOST_COUNT = 250000, /* a millisecond at 4 GHz */
    MEASURED_TICKS = 16,
};

static uint64_t local_count = FIRST_COUNT;
static bool local_count_measured;
static unsigned ticks_measured;
static uint64_t measured_since;

/* Adjusts the timer so that ticks are nearly a millisecond long. A busy host delays ticks, which
 * makes the timer look slow, never fast. So after the first adjustment ticks are only made longer.
 * If they were made shorter as well, a delay would lead to more ticks, more ticks to more delay,
 * and in the end the machine would do nothing but tick. */
static void adjust_local_timer(uint64_t time)
{
    const uint64_t wanted = MEASURED_TICKS * NANOSECONDS_PER_SECOND / TICKS_PER_SECOND;
    if (ticks_measured++ == 0)
        measured_since = time;
    if (ticks_measured <= MEASURED_TICKS)
        return;
    uint64_t measured = MAX(time - measured_since, UINT64_C(1));
    ticks_measured = 1; /* this tick ends a measurement and begins the next one */
    measured_since = time;
    if (local_count_measured && measured > wanted * 3 / 4)
        return;
    uint64_t count = local_count * wanted / measured;
    local_count = MIN(MAX(count, (uint64_t)LEAST_COUNT), (uint64_t)MOST_COUNT);
    local_count_measured = true;
    local_apic_restart_timer((uint32_t)local_count);
}

static bool local_timer_ticks; /* else it is the alarm */

static void handle_local_timer(struct trap_frame *frame)
{
    if (local_timer_ticks) {
        uint64_t time = clock_tick();
        adjust_local_timer(time);
        tick(time, frame);
    } else {
        timers_ring();
    }
    local_apic_end();
}

static enum error start_local_timer(void)
{
    if (!reference.name)
        return ERROR_NO_DEVICE;
    enum error error = local_apic_find();
    if (error)
        return error;
    uint64_t flags = interrupts_save();
    irq_mask_timer();
    local_timer_ticks = true;
    timers_set_alarm(NULL);
    local_apic_start_timer(FIRST_COUNT, true);
    interrupts_restore(flags);
    return OK;
}

/* --- The alarm ------------------------------------------------------------------------------ */

enum { RATE_BITS = 32 };

#define SHORTEST_ALARM (16 * UINT64_C(1000)) /* so that alarms leave time for other things */
#define LONGEST_ALARM  NANOSECONDS_PER_SECOND
#define LEAST_SPAN     (16 * NANOSECONDS_PER_MILLISECOND)
#define HIGHEST_RATE   (UINT64_C(1) << (RATE_BITS - 2)) /* 250 MHz: a bus clock of 4 GHz */

static enum { ALARM_NEW, ALARM_MEASURED, ALARM_READY } alarm_state;
static uint64_t alarm_rate; /* the timer's counts in a nanosecond, as a fraction of 2^32 */

static void begin_measuring(uint64_t now)
{
    if (!clock_from_tsc(NANOSECONDS_PER_SECOND))
        return; /* the clock shows whole ticks so far, too coarse a measure */
    alarm_state = ALARM_MEASURED;
    measured_since = now;
    local_apic_start_timer(UINT32_MAX, false);
}

/* Ends the measurement after LEAST_SPAN. If the timer has run down before, it has to be repeated.
 */
static void end_measuring(uint64_t now)
{
    uint64_t left = local_apic_timer_count(), time = now - measured_since;
    if (left && time < LEAST_SPAN)
        return;
    alarm_rate = ((UINT32_MAX - left) << RATE_BITS) / MAX(time, UINT64_C(1));
    alarm_state = left && alarm_rate && alarm_rate <= HIGHEST_RATE ? ALARM_READY : ALARM_NEW;
}

static void set_alarm(uint64_t time)
{
    uint64_t now = clock_now(), wait = time > now ? time - now : 0;
    if (alarm_state == ALARM_NEW)
        begin_measuring(now);
    else if (alarm_state == ALARM_MEASURED)
        end_measuring(now);
    if (alarm_state != ALARM_READY)
        return;
    wait = MIN(MAX(wait, SHORTEST_ALARM), LONGEST_ALARM);
    local_apic_restart_timer((uint32_t)(wait * alarm_rate >> RATE_BITS) + 1);
}

/* --- Starting ------------------------------------------------------------------------------- */

void ticks_start(void (*work)(uint64_t time, const struct trap_frame *frame))
{
    ASSERT(work);
    ASSERT(!interrupts_enabled());
    periodic_work = work;
    enum error error = reference_clock_find(&reference);
    if (error)
        reference = (struct clock_reference){0};
    bool constant_tsc = tsc_is_constant() || option_is(option_tsc, "constant");
    clock_start(pit8254_init(TICKS_PER_SECOND), error ? NULL : &reference, constant_tsc);
    irq_set_timer_handler(irq_controller()->at_local_apic ? tick_at_apic : tick_at_8259);
    trap_set_handler(LOCAL_APIC_TIMER_VECTOR, handle_local_timer);
    if (reference.name && irq_controller()->at_local_apic)
        timers_set_alarm(set_alarm);
    pit8254_fire_once(); /* the first tick, which ticks_come() expects */
}

static uint64_t read_reference(void)
{
    uint64_t flags = interrupts_save();
    uint64_t count = reference.name ? reference.read() : 0;
    interrupts_restore(flags);
    return count;
}

/* A first tick is due after some microseconds, or after a few milliseconds with the local APIC's
 * timer. But an emulator on a busy host may deliver it late, although its ports answer at once. So
 * it gets `limit` milliseconds by the reference, where there is one, and as many delays of a
 * microsecond. */
static bool wait_for_tick(uint64_t limit)
{
    uint64_t delays = limit * 1000, counts = limit * reference.frequency / 1000;
    uint64_t last = read_reference(), counted = 0;
    for (uint64_t i = 0; (i < delays || counted < counts) && clock_now() == 0; i++) {
        io_delay();
        uint64_t now = read_reference();
        counted += (now - last) & reference.mask;
        last = now;
    }
    return clock_now() != 0;
}

/* Does the PIT interrupt? That it counts says little: another device may have taken its line, or
 * the line may be blocked on its way. So it has been made to raise a single interrupt. From here on
 * it ticks. */
static bool pit_interrupts(uint64_t limit)
{
    bool came = wait_for_tick(limit);
    pit8254_init(TICKS_PER_SECOND);
    return came;
}

static void end_legacy_replacement(void)
{
    if (hpet_find() == OK && hpet_end_legacy_replacement())
        log_warn("pit: the HPET had taken its interrupt line; given back");
}

bool ticks_come(void)
{
    enum { SOON = 2, PIT_LIMIT = 500, LOCAL_APIC_LIMIT = 5000 };
    if (pit_interrupts(SOON))
        return true;
    end_legacy_replacement();
    pit8254_fire_once();
    if (pit_interrupts(PIT_LIMIT))
        return true;
    enum error error = start_local_timer();
    if (!error && !wait_for_tick(LOCAL_APIC_LIMIT))
        error = ERROR_TIMEOUT;
    if (error) {
        log_error("pit: no timer interrupt comes, nor can the local APIC's timer be used (%s)",
                  error_name(error));
        irq_lift_limit();
        return false;
    }
    log_warn("pit: no timer interrupt comes; the local APIC's timer ticks instead, by the %s",
             reference.name);
    return true;
}
