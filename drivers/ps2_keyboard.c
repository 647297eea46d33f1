/*
 * IBM PS/2 Hardware Interface Technical Reference, "Keyboards (101- and 102-key)". Each byte sent
 * is acknowledged, or asked for again. A keyboard that does not answer is logged, and its scancodes
 * are read all the same: some imitations send scancodes but know no command.
 *
 * Keyboards speak set 2, and the controller translates it into set 1. This is the usual
 * configuration, and the set-up asks for it. Then it finds out the result: it asks the keyboard
 * which set it speaks, and the answer goes through the translation, too. In some cases a doubt
 * remains: one emulator translates keys but not answers, and some controllers claim to translate
 * but do not. Then the decoder decides by the first key that is released.
 */
#include <assert.h>
#include <drivers/i8042.h>
#include <drivers/ps2_keyboard.h>
#include <drivers/scancode.h>
#include <kernel/cpu/control.h>
#include <kernel/log/log.h>

enum controller_command {
    READ_CONFIG = 0x20,
    WRITE_CONFIG = 0x60,
    DISABLE_SECOND_PORT = 0xa7,
    SELF_TEST = 0xaa,
    TEST_FIRST_PORT = 0xab,
    DISABLE_FIRST_PORT = 0xad,
    ENABLE_FIRST_PORT = 0xae,
};

enum controller_answer { SELF_TEST_PASSED = 0x55, PORT_TEST_PASSED = 0x00 };

enum keyboard_command { SCANCODE_SET = 0xf0, ENABLE_SCANNING = 0xf4, RESET = 0xff };

enum keyboard_answer { RESET_PASSED = 0xaa };

enum scancode_set_choice { TELL_SET = 0, CHOOSE_SET_2 = 2 };

/* The answer to TELL_SET, as the keyboard sends it and as translation makes it. */
enum scancode_set_answer { RAW_SET_1 = 0x01, TRANSLATED_SET_1 = 0x43, TRANSLATED_SET_2 = 0x41 };

/* The second port (mouse) goes off and stays so. The first one stays off until the tests are over,
 * or a key that is pressed now would be taken for an answer. */
static const struct i8042_step controller_steps[] = {
    {I8042_COMMAND, DISABLE_FIRST_PORT, 0},
    {I8042_COMMAND, DISABLE_SECOND_PORT, 0},
    {I8042_FLUSH, 0, 0},
    {I8042_COMMAND, READ_CONFIG, 0},
    {I8042_READ_CONFIG, 0, 50},
};

static const struct i8042_step self_test_steps[] = {
    {I8042_COMMAND, SELF_TEST, 0},
    {I8042_EXPECT, SELF_TEST_PASSED, 200},
};

/* After the self-test, which resets the configuration on some machines. */
static const struct i8042_step config_steps[] = {
    {I8042_COMMAND, WRITE_CONFIG, 0},
    {I8042_WRITE_CONFIG, I8042_CONFIG_CLOCK_OFF | I8042_CONFIG_TRANSLATE, 0},
    {I8042_COMMAND, READ_CONFIG, 0},
    {I8042_READ_CONFIG, 0, 50}, /* it may have changed bits */
};

static const struct i8042_step port_steps[] = {
    {I8042_COMMAND, TEST_FIRST_PORT, 0},
    {I8042_EXPECT, PORT_TEST_PASSED, 50},
};

enum { RESET_ACKNOWLEDGE = 2 };

static const struct i8042_step keyboard_steps[] = {
    {I8042_COMMAND, ENABLE_FIRST_PORT, 0},
    {I8042_SEND, RESET, 0},
    [RESET_ACKNOWLEDGE] = {I8042_EXPECT_KEYBOARD, PS2_ACKNOWLEDGE, 100},
    {I8042_EXPECT_KEYBOARD, RESET_PASSED, 1000},
};

static const struct i8042_step set_steps[] = {
    {I8042_SEND, SCANCODE_SET, 0}, {I8042_EXPECT_KEYBOARD, PS2_ACKNOWLEDGE, 100},
    {I8042_SEND, CHOOSE_SET_2, 0}, {I8042_EXPECT_KEYBOARD, PS2_ACKNOWLEDGE, 100},
    {I8042_SEND, SCANCODE_SET, 0}, {I8042_EXPECT_KEYBOARD, PS2_ACKNOWLEDGE, 100},
    {I8042_SEND, TELL_SET, 0},     {I8042_EXPECT_KEYBOARD, PS2_ACKNOWLEDGE, 100},
    {I8042_READ, 0, 100},
};

static const struct i8042_step scan_steps[] = {
    {I8042_SEND, ENABLE_SCANNING, 0},
    {I8042_EXPECT_KEYBOARD, PS2_ACKNOWLEDGE, 100},
};

static const struct i8042_step start_steps[] = {
    {I8042_FLUSH, 0, 0},
    {I8042_COMMAND, WRITE_CONFIG, 0},
    {I8042_WRITE_CONFIG, I8042_CONFIG_INTERRUPT, 0},
};

enum phase { CONTROLLER, CONTROLLER_TEST, CONFIG, PORT, KEYBOARD, SET, SCAN, START, PHASES };

/* If the first phase fails, there is no controller; if the last one fails, no scancode arrives. Any
 * other phase may fail. */
static const struct {
    const char *name;
    const struct i8042_step *steps;
    size_t count;
} phases[PHASES] = {
    [CONTROLLER] = {"controller", controller_steps, ARRAY_SIZE(controller_steps)},
    [CONTROLLER_TEST] = {"controller's test", self_test_steps, ARRAY_SIZE(self_test_steps)},
    [CONFIG] = {"controller's configuration", config_steps, ARRAY_SIZE(config_steps)},
    [PORT] = {"port's test", port_steps, ARRAY_SIZE(port_steps)},
    [KEYBOARD] = {"reset", keyboard_steps, ARRAY_SIZE(keyboard_steps)},
    [SET] = {"choice of scancodes", set_steps, ARRAY_SIZE(set_steps)},
    [SCAN] = {"start", scan_steps, ARRAY_SIZE(scan_steps)},
    [START] = {"interrupts", start_steps, ARRAY_SIZE(start_steps)},
};

enum { SCANCODES = 16384 };

static uint8_t storage[SCANCODES];
static void resume(struct byte_stream *stream);
struct byte_stream ps2_keyboard_scancodes =
    BYTE_STREAM_INIT(ps2_keyboard_scancodes, storage, resume);

static enum phase phase;
static struct i8042_script script; /* of the phase */
static uint8_t set;                /* an enum scancode_set; final when the set-up has ended */

/* The bytes that arrive are answers to the set-up, or scancodes, or scancodes and the answer to one
 * byte. */
static enum { SETTING_UP, LISTENING, TALKING } mode;
static uint8_t answer; /* the last one while TALKING; `answered` is set when there is one */
static struct event answered = EVENT_INIT(answered);

static void begin(enum phase new_phase)
{
    ASSERT(new_phase < PHASES);
    phase = new_phase;
    mode = phase == START ? LISTENING : SETTING_UP;
    i8042_begin(&script, phases[phase].steps, phases[phase].count);
}

static enum poll_result end(struct task *task, enum error error)
{
    task->result = error;
    return POLL_READY;
}

/* Returns the set that arrives, as far as it is known. Turns translation off for a keyboard that
 * speaks set 1 itself. */
static uint8_t choose_set(enum error error)
{
    if (!error && script.answer == TRANSLATED_SET_2)
        return SCANCODE_SET_1;
    if (!error && (script.answer == TRANSLATED_SET_1 || script.answer == RAW_SET_1))
        i8042_stop_translating();
    else if (!i8042_translates())
        return SCANCODE_SET_2 | SCANCODE_UNSURE;
    return SCANCODE_SET_1 | SCANCODE_UNSURE;
}

/* Has the keyboard not acknowledged its reset? Then it gets no further command. */
static bool is_silent(enum error error)
{
    return phase == KEYBOARD && error && script.at == RESET_ACKNOWLEDGE;
}

static void note_outcome(enum error error)
{
    if (error)
        log_warn("keyboard: %s failed (%s); going on", phases[phase].name, error_name(error));
    if (phase == SET || is_silent(error))
        set = choose_set(error);
}

static enum poll_result poll_set_up(struct task *task)
{
    enum error error;
    if (task->polls == 1) {
        if (!i8042_present())
            return end(task, ERROR_NO_DEVICE);
        begin(CONTROLLER);
    }
    while (i8042_poll(&script, task, &error) == POLL_READY) {
        if (phase == START || (phase == CONTROLLER && error))
            return end(task, error);
        note_outcome(error);
        begin(is_silent(error) ? START : phase + 1);
    }
    return POLL_PENDING;
}

struct task ps2_keyboard_set_up = {.name = "keyboard set-up", .poll = poll_set_up};

uint8_t ps2_keyboard_scancode_set(void)
{
    return set;
}

static bool is_answer(int byte)
{
    return byte == PS2_ACKNOWLEDGE || byte == PS2_RESEND;
}

/* When the stream is full, the byte stays in the controller, which sends no further interrupt until
 * the byte is fetched. */
void ps2_keyboard_interrupt(void *unused)
{
    (void)unused;
    if (mode == SETTING_UP || !stream_has_room(&ps2_keyboard_scancodes))
        return;
    int byte = i8042_fetch();
    if (byte == I8042_NO_BYTE)
        return;
    if (mode == TALKING && is_answer(byte)) {
        answer = (uint8_t)byte;
        event_set(&answered);
    } else {
        stream_push(&ps2_keyboard_scancodes, (uint8_t)byte);
    }
}

/* Fetches the byte that was left in the controller, since it raises no second interrupt. */
static void resume(struct byte_stream *stream)
{
    (void)stream;
    uint64_t flags = interrupts_save();
    ps2_keyboard_interrupt(NULL);
    interrupts_restore(flags);
}

enum error ps2_keyboard_send(uint8_t byte)
{
    ASSERT(mode != SETTING_UP);
    event_clear(&answered);
    mode = TALKING;
    return i8042_send(byte);
}

enum poll_result ps2_keyboard_poll_answer(struct waker *waker, struct task *task, uint8_t *byte)
{
    enum poll_result result = event_poll(&answered, waker, task);
    if (result == POLL_READY)
        *byte = answer;
    return result;
}

void ps2_keyboard_end_talk(void)
{
    mode = LISTENING;
}
