/*
 * The PS/2 keyboard's set-up, its lights and its scancodes, on machines of all kinds.
 */
#include <drivers/keyboard.h>
#include <drivers/ps2_keyboard.h>
#include <drivers/ps2_lights.h>
#include <kernel/cpu/control.h>
#include <kernel/task/executor.h>
#include <kernel/task/sleep.h>
#include <string.h>

#include "../test.h"
#include "fake_ports.h"
#include "ps2_machine.h"

static struct executor executor;
static struct keyboard keyboard;
static char typed[64];
static size_t typed_length;
static unsigned fetched;

static void fetch_bytes(void)
{
    struct waker waker = {0};
    struct task reader = {.state = TASK_LIVE, .wakers = LIST_INIT(reader.wakers)};
    uint8_t byte;
    while (ps2_machine_interrupts()) {
        uint64_t before = fake_ports_accesses();
        ps2_keyboard_interrupt(NULL);
        if (fake_ports_accesses() - before < 2)
            break;
    }
    for (; stream_poll(&ps2_keyboard_scancodes, &waker, &reader, &byte) == POLL_READY; fetched++)
        typed_length += keyboard_type(&keyboard, byte, typed + typed_length);
    waker_cancel(&waker);
    typed[typed_length] = '\0';
}

/* Time goes by, in ticks of a millisecond. */
static void run(unsigned milliseconds)
{
    for (unsigned i = 0; i < milliseconds; i++) {
        executor_run_ready(&executor);
        fetch_bytes();
        executor_run_ready(&executor);
        timers_tick(clock_tick());
    }
}

/* Begins again with a new machine. The clock goes on. */
static enum error set_up_at_this_time(struct ps2_faults faults)
{
    executor = (struct executor)EXECUTOR_INIT(executor);
    ps2_machine_start(faults);
    timers_start(&executor);
    executor_spawn(&executor, &ps2_keyboard_set_up);
    executor_run_ready(&executor);
    while (!list_empty(&executor.tasks)) {
        timers_tick(clock_tick());
        executor_run_ready(&executor);
    }
    keyboard =
        (struct keyboard){.layout = &layout_us, .decoder.state = ps2_keyboard_scancode_set()};
    typed_length = 0;
    return (enum error)ps2_keyboard_set_up.result;
}

static enum error set_up(struct ps2_faults faults)
{
    clock_start(NANOSECONDS_PER_MILLISECOND, NULL, false);
    return set_up_at_this_time(faults);
}

/* The keys b, shifted b, and cursor up are struck. */
static const char *strike(void)
{
    static const uint8_t set_1[] = {0x30, 0xb0, 0x2a, 0x30, 0xb0, 0xaa, 0xe0, 0x48, 0xe0, 0xc8};
    static const uint8_t set_2[] = {0x32, 0xf0, 0x32, 0x12, 0x32, 0xf0, 0x32,
                                    0xf0, 0x12, 0xe0, 0x75, 0xe0, 0xf0, 0x75};
    typed_length = 0;
    ps2_machine_key(set_1, set_2, sizeof(set_1), sizeof(set_2));
    run(2);
    return typed;
}

TEST(ps2, an_ordinary_machine_types)
{
    EXPECT_EQ(set_up((struct ps2_faults){0}), OK);
    EXPECT_EQ(keyboard.decoder.state, SCANCODE_SET_1);
    EXPECT_STR(strike(), "bB\033[A");
}

TEST(ps2, set_2_is_decoded_where_nothing_translates)
{
    EXPECT_EQ(set_up((struct ps2_faults){.no_translation = true}), OK);
    EXPECT_EQ(keyboard.decoder.state, SCANCODE_SET_2 | SCANCODE_UNSURE);
    EXPECT_STR(strike(), "bB\033[A");
    EXPECT_EQ(keyboard.decoder.state, SCANCODE_SET_2);
}

/* Bochs, for one. */
TEST(ps2, answers_that_are_not_translated_are_understood)
{
    EXPECT_EQ(set_up((struct ps2_faults){.raw_answers = true}), OK);
    EXPECT_STR(strike(), "bB\033[A");
    EXPECT_EQ(keyboard.decoder.state, SCANCODE_SET_1);
}

/* The very first key may be wrong; after its release all keys are right. */
TEST(ps2, a_controller_that_lies_about_translation_is_found_out)
{
    EXPECT_EQ(set_up((struct ps2_faults){.false_translation = true}), OK);
    strike();
    EXPECT_EQ(keyboard.decoder.state, SCANCODE_SET_2);
    EXPECT_STR(strike(), "bB\033[A");
}

TEST(ps2, a_keyboard_that_speaks_set_1_types)
{
    EXPECT_EQ(set_up((struct ps2_faults){.speaks_set_1 = true}), OK);
    EXPECT_STR(strike(), "bB\033[A");
    EXPECT_EQ(set_up((struct ps2_faults){.speaks_set_1 = true, .no_translation = true}), OK);
    EXPECT_STR(strike(), "bB\033[A");
}

TEST(ps2, a_keyboard_that_knows_no_sets_types)
{
    EXPECT_EQ(set_up((struct ps2_faults){.knows_no_sets = true}), OK);
    EXPECT_STR(strike(), "bB\033[A");
    EXPECT_EQ(set_up((struct ps2_faults){.knows_no_sets = true, .no_translation = true}), OK);
    EXPECT_STR(strike(), "bB\033[A");
}

TEST(ps2, tests_that_fail_are_no_reason_to_stop)
{
    EXPECT_EQ(set_up((struct ps2_faults){.fails_its_test = true}), OK);
    EXPECT_STR(strike(), "bB\033[A");
    EXPECT_EQ(set_up((struct ps2_faults){.fails_port_test = true}), OK);
    EXPECT_STR(strike(), "bB\033[A");
    EXPECT_EQ(set_up((struct ps2_faults){.silent_reset = true, .no_translation = true}), OK);
    EXPECT_STR(strike(), "bB\033[A");
}

/* Lets the clock go by the time stamp counter, at a tick a nanosecond. */
static void start_fine_clock(void)
{
    static const struct clock_reference tsc = {"TSC", read_tsc, UINT64_MAX, NANOSECONDS_PER_SECOND};
    host_tsc = 1;
    clock_start(NANOSECONDS_PER_MILLISECOND, &tsc, true);
    for (unsigned i = 0; i < 100; i++) {
        host_tsc += NANOSECONDS_PER_MILLISECOND;
        clock_tick();
    }
}

/* A virtual machine may lose the processor between any two looks at the clock. */
TEST(ps2, a_machine_that_stalls_is_set_up)
{
    start_fine_clock();
    host_tsc_step = 2 * NANOSECONDS_PER_MILLISECOND;
    EXPECT_EQ(set_up_at_this_time((struct ps2_faults){.slow = 2}), OK);
    host_tsc_step = 0;
    EXPECT_EQ(keyboard.decoder.state, SCANCODE_SET_1);
    EXPECT_STR(strike(), "bB\033[A");
    EXPECT_EQ(set_up((struct ps2_faults){0}), OK); /* the clock goes by ticks again */
}

static void start_lights(struct ps2_faults faults)
{
    set_up(faults);
    ps2_lights_start(&executor);
    run(1);
}

static void end_lights(void)
{
    run(500);
    while (!list_empty(&executor.tasks)) {
        task_cancel(CONTAINER_OF(executor.tasks.head.next, struct task, link));
        executor_run_ready(&executor);
    }
}

TEST(ps2, lights_are_set_while_keys_are_typed)
{
    start_lights((struct ps2_faults){0});
    ps2_lights_set(4);
    EXPECT_STR(strike(), "bB\033[A");
    run(10);
    EXPECT_EQ(ps2_machine_lights(), 4);
    ps2_lights_set(3);
    executor_run_ready(&executor);
    ps2_lights_set(7); /* while that is being said */
    run(10);
    EXPECT_EQ(ps2_machine_lights(), 7);
    ps2_lights_set(0);
    run(10);
    EXPECT_EQ(ps2_machine_lights(), 0);
    unsigned commands = ps2_machine_commands();
    run(1000);
    EXPECT_EQ(ps2_machine_commands(), commands); /* and then all is quiet */
    static const uint8_t late[] = {PS2_ACKNOWLEDGE};
    fetched = 0;
    ps2_machine_key(late, late, sizeof(late), sizeof(late));
    run(1);
    EXPECT_EQ(fetched, 1); /* answers are not taken out of the stream any more */
    EXPECT_STR(strike(), "bB\033[A");
    end_lights();
}

TEST(ps2, lights_are_said_again_when_asked_for)
{
    start_lights((struct ps2_faults){0});
    ps2_machine_resend(3);
    ps2_lights_set(2);
    run(20);
    EXPECT_EQ(ps2_machine_lights(), 2);
    ps2_machine_resend(1000);
    unsigned commands = ps2_machine_commands();
    ps2_lights_set(3);
    run(200);
    EXPECT_EQ(ps2_machine_commands(), commands + 4); /* there is an end to it */
    EXPECT_EQ(ps2_machine_lights(), 2);
    ps2_machine_resend(0);
    ps2_lights_set(0);
    run(20);
    EXPECT_EQ(ps2_machine_lights(), 0);
    end_lights();
}

TEST(ps2, a_keyboard_without_lights_is_left_alone)
{
    start_lights((struct ps2_faults){.knows_no_lights = true});
    unsigned commands = ps2_machine_commands();
    ps2_lights_set(1);
    EXPECT_STR(strike(), "bB\033[A");
    run(500);
    EXPECT_EQ(ps2_machine_commands(), commands + 1);
    EXPECT_STR(strike(), "bB\033[A");
    end_lights();
}

/* While it waits for the lights, it sends no keys. */
TEST(ps2, a_keyboard_that_stops_over_its_lights_goes_on)
{
    start_lights((struct ps2_faults){.stops_after_lights = true});
    ps2_lights_set(5);
    run(10);
    EXPECT(!ps2_machine_scans());
    run(200);
    EXPECT(ps2_machine_scans());
    EXPECT_STR(strike(), "bB\033[A");
    end_lights();
}

TEST(ps2, a_controller_that_takes_nothing_is_given_up)
{
    start_lights((struct ps2_faults){0});
    unsigned commands = ps2_machine_commands();
    ps2_machine_busy(true);
    ps2_lights_set(1);
    EXPECT_STR(strike(), "bB\033[A");
    run(200);
    ps2_machine_busy(false);
    run(200);
    EXPECT_EQ(ps2_machine_commands(), commands);
    ps2_lights_set(2);
    run(20);
    EXPECT_EQ(ps2_machine_lights(), 2);
    ps2_machine_busy(true);
    ps2_lights_set(0);
    run(20);
    ps2_machine_busy(false); /* in time */
    run(20);
    EXPECT_EQ(ps2_machine_lights(), 0);
    end_lights();
}
