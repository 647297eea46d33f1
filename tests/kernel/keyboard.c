/*
 * The keyboard's way from the controller to the stream. The i8042's command 0xd2 puts a byte where
 * the keyboard's would be, interrupt included, so no key has to be pressed.
 */
#include <drivers/i8042.h>
#include <drivers/irq.h>
#include <drivers/ps2_keyboard.h>
#include <drivers/scancode.h>
#include <io.h>
#include <kernel/cpu/control.h>
#include <kernel/task/clock.h>
#include <kernel/task/executor.h>

#include "../test.h"

enum {
    DATA = 0x60,
    STATUS = 0x64,
    COMMAND = 0x64,
    OUTPUT_FULL = 1,
    INPUT_FULL = 2,
    WRITE_KEYBOARD_OUTPUT = 0xd2
};

static bool wait_clear(uint8_t bits)
{
    for (unsigned i = 0; i < 100000; i++) {
        if (!(inb(STATUS) & bits))
            return true;
        io_delay();
    }
    return false;
}

/* A line that raises interrupts without pause is masked for a while: no faster than that. */
static void keep_pace(unsigned injected)
{
    enum { A_TICK = 50 }; /* well below BURST of drivers/irq.c in 16 to 17 ticks */
    int64_t start = clock_real_at_tick();
    while (injected % A_TICK == 0 && clock_real_at_tick() == start)
        wait_for_interrupt();
}

/* Injects a scancode once the controller is free; false when it does not become so. */
static bool inject(uint8_t scancode)
{
    if (!wait_clear(INPUT_FULL | OUTPUT_FULL))
        return false;
    outb(COMMAND, WRITE_KEYBOARD_OUTPUT);
    if (!wait_clear(INPUT_FULL))
        return false;
    outb(DATA, scancode);
    return true;
}

struct reader {
    struct task task;
    struct waker waker;
    unsigned received;
    unsigned wrong;
};

static enum poll_result poll_reader(struct task *task)
{
    struct reader *reader = CONTAINER_OF(task, struct reader, task);
    uint8_t byte;
    while (stream_poll(&ps2_keyboard_scancodes, &reader->waker, task, &byte) == POLL_READY)
        reader->wrong += byte != (uint8_t)reader->received++;
    return POLL_PENDING;
}

/* Post 12 drops keys from the 101st on. Here 10,000 arrive before the task runs, and none is lost.
 */
TEST(keyboard, ten_thousand_scancodes_wait_for_the_first_poll)
{
    enum { COUNT = 10000 };
    struct executor executor = EXECUTOR_INIT(executor);
    struct reader reader = {.task = {.name = "reader", .poll = poll_reader}};
    for (unsigned i = 0; i < COUNT; i++) {
        keep_pace(i);
        EXPECT(inject((uint8_t)i));
    }
    EXPECT(wait_clear(OUTPUT_FULL));
    executor_spawn(&executor, &reader.task);
    executor_run_ready(&executor);
    EXPECT_EQ(reader.received, COUNT);
    EXPECT_EQ(reader.wrong, 0);
    waker_cancel(&reader.waker);
}

/* When the ring is full, the controller holds the next byte, and it comes once there is room. */
TEST(keyboard, a_full_ring_leaves_the_byte_in_the_controller)
{
    enum { RING = 16384 };
    struct executor executor = EXECUTOR_INIT(executor);
    struct reader reader = {.task = {.name = "reader", .poll = poll_reader}};
    for (unsigned i = 0; i < RING; i++) {
        keep_pace(i);
        EXPECT(inject((uint8_t)i));
    }
    EXPECT(wait_clear(OUTPUT_FULL));
    EXPECT(inject((uint8_t)RING));
    EXPECT(!wait_clear(OUTPUT_FULL));
    executor_spawn(&executor, &reader.task);
    executor_run_ready(&executor);
    EXPECT(wait_clear(OUTPUT_FULL));
    executor_run_ready(&executor);
    EXPECT_EQ(reader.received, RING + 1);
    EXPECT_EQ(reader.wrong, 0);
    waker_cancel(&reader.waker);
}

/* The keyboard's answer to the question which scancode set it uses. */
static enum error ask_set(bool translate, uint8_t *set)
{
    enum { WRITE_CONFIG = 0x60, SCANCODE_SET = 0xf0, TELL = 0 };
    uint8_t config = I8042_CONFIG_INTERRUPT | (translate ? I8042_CONFIG_TRANSLATE : 0);
    const struct i8042_step steps[] = {
        {I8042_COMMAND, WRITE_CONFIG, 0},
        {I8042_WRITE_CONFIG, config, 0},
        {I8042_SEND, SCANCODE_SET, 0},
        {I8042_EXPECT_KEYBOARD, PS2_ACKNOWLEDGE, 0},
        {I8042_SEND, TELL, 0},
        {I8042_EXPECT_KEYBOARD, PS2_ACKNOWLEDGE, 0},
        {I8042_READ, 0, 0},
    };
    struct i8042_script script = {0};
    struct task nobody = {.state = TASK_LIVE, .wakers = LIST_INIT(nobody.wakers)};
    enum error error;
    i8042_stop_translating();
    i8042_begin(&script, steps, ARRAY_SIZE(steps));
    uint64_t flags = interrupts_save(); /* or the driver would fetch the answers */
    enum poll_result result = i8042_poll(&script, &nobody, &error);
    interrupts_restore(flags);
    sleep_cancel(&script.pause);
    *set = script.answer;
    return result == POLL_READY ? error : ERROR_TIMEOUT;
}

/* The driver's assumption about translation, compared with an emulator that translates. */
TEST(keyboard_set, is_told_through_the_translation)
{
    uint8_t set;
    EXPECT_EQ(ps2_keyboard_scancode_set(), SCANCODE_SET_1); /* and no doubt about it */
    EXPECT_EQ(ask_set(true, &set), OK);
    EXPECT_EQ(set, 0x41);
    EXPECT_EQ(ask_set(false, &set), OK);
    EXPECT_EQ(set, 0x02);
    EXPECT_EQ(ask_set(true, &set), OK);
    EXPECT_EQ(set, 0x41);
}

/* Scancodes as fast as the controller takes them: the line is masked for a while, again and again,
 * and what comes meanwhile is not forgotten, whichever interrupt controller it is. */
TEST(keyboard, a_storm_loses_nothing)
{
    enum { COUNT = 6000 };
    struct executor executor = EXECUTOR_INIT(executor);
    struct reader reader = {.task = {.name = "reader", .poll = poll_reader}};
    struct irq_line before, after;
    irq_line(IRQ_KEYBOARD, &before);
    for (unsigned i = 0; i < COUNT; i++) {
        uint64_t limit = clock_now() + NANOSECONDS_PER_SECOND;
        while (!inject((uint8_t)i))
            EXPECT(clock_now() < limit);
    }
    EXPECT(wait_clear(OUTPUT_FULL) || wait_clear(OUTPUT_FULL));
    executor_spawn(&executor, &reader.task);
    executor_run_ready(&executor);
    EXPECT_EQ(reader.received, COUNT);
    EXPECT_EQ(reader.wrong, 0);
    irq_line(IRQ_KEYBOARD, &after);
    EXPECT(after.storms > before.storms);
    waker_cancel(&reader.waker);
}
