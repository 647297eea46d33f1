/*
 * IBM PS/2 Hardware Interface Technical Reference, "Keyboards (101- and 102-key)". Each byte sent
 * is acknowledged, or asked for again. A keyboard that does not answer is logged and listened to
 * all the same: some imitations send scancodes but know no command.
 */
#include <drivers/i8042.h>
#include <drivers/ps2_keyboard.h>
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

enum keyboard_command { SET_SCANCODE_SET = 0xf0, ENABLE_SCANNING = 0xf4, RESET = 0xff };

enum keyboard_answer { RESET_PASSED = 0xaa, ACKNOWLEDGE = 0xfa };

enum { SCANCODE_SET_2 = 2 };

/* The second port (mouse) goes off and stays so. The configuration is written after the self-test,
 * which resets it on some machines; the first port stays off until the tests are over, or a key
 * that is pressed now would be taken for an answer. */
static const struct i8042_step controller_steps[] = {
    {I8042_COMMAND, DISABLE_FIRST_PORT, 0},
    {I8042_COMMAND, DISABLE_SECOND_PORT, 0},
    {I8042_FLUSH, 0, 0},
    {I8042_COMMAND, READ_CONFIG, 0},
    {I8042_READ_CONFIG, 0, 50},
    {I8042_COMMAND, SELF_TEST, 0},
    {I8042_EXPECT, SELF_TEST_PASSED, 200},
    {I8042_COMMAND, WRITE_CONFIG, 0},
    {I8042_WRITE_CONFIG, I8042_CONFIG_CLOCK_OFF, 0},
    {I8042_COMMAND, TEST_FIRST_PORT, 0},
    {I8042_EXPECT, PORT_TEST_PASSED, 50},
};

/* The controller translates scancode set 2 into set 1. */
static const struct i8042_step keyboard_steps[] = {
    {I8042_COMMAND, ENABLE_FIRST_PORT, 0},     {I8042_SEND, RESET, 0},
    {I8042_EXPECT_KEYBOARD, ACKNOWLEDGE, 100}, {I8042_EXPECT_KEYBOARD, RESET_PASSED, 1000},
    {I8042_SEND, SET_SCANCODE_SET, 0},         {I8042_EXPECT_KEYBOARD, ACKNOWLEDGE, 100},
    {I8042_SEND, SCANCODE_SET_2, 0},           {I8042_EXPECT_KEYBOARD, ACKNOWLEDGE, 100},
    {I8042_SEND, ENABLE_SCANNING, 0},          {I8042_EXPECT_KEYBOARD, ACKNOWLEDGE, 100},
};

static const struct i8042_step start_steps[] = {
    {I8042_FLUSH, 0, 0},
    {I8042_COMMAND, WRITE_CONFIG, 0},
    {I8042_WRITE_CONFIG, I8042_CONFIG_INTERRUPT, 0},
};

enum phase { CONTROLLER, KEYBOARD, START, PHASES };

static const struct {
    const struct i8042_step *steps;
    size_t count;
} phases[PHASES] = {
    [CONTROLLER] = {controller_steps, ARRAY_SIZE(controller_steps)},
    [KEYBOARD] = {keyboard_steps, ARRAY_SIZE(keyboard_steps)},
    [START] = {start_steps, ARRAY_SIZE(start_steps)},
};

enum { SCANCODES = 16384 };

static uint8_t storage[SCANCODES];
static void resume(struct byte_stream *stream);
struct byte_stream ps2_keyboard_scancodes =
    BYTE_STREAM_INIT(ps2_keyboard_scancodes, storage, resume);

static enum phase phase;
static struct i8042_script script;
static bool listening; /* until then what arrives are answers, and not the handler's */

static void begin(enum phase new_phase)
{
    phase = new_phase;
    listening = phase == START;
    i8042_begin(&script, phases[phase].steps, phases[phase].count);
}

static enum poll_result end(struct task *task, enum error error)
{
    task->result = error;
    return POLL_READY;
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
        bool no_controller = phase == CONTROLLER && error == ERROR_TIMEOUT;
        if (phase == START || no_controller)
            return end(task, error);
        if (error)
            log_warn("keyboard: set-up failed (%s); listening to it as it is", error_name(error));
        begin(phase + 1);
    }
    return POLL_PENDING;
}

struct task ps2_keyboard_set_up = {.name = "keyboard set-up", .poll = poll_set_up};

void ps2_keyboard_interrupt(void)
{
    uint8_t scancode;
    /* A full stream leaves the byte in the controller, which sends no further interrupt until it is
     * fetched. */
    if (listening && stream_has_room(&ps2_keyboard_scancodes) && i8042_fetch(&scancode))
        stream_push(&ps2_keyboard_scancodes, scancode);
}

/* The byte that was left in the controller has no interrupt of its own to come. */
static void resume(struct byte_stream *stream)
{
    (void)stream;
    uint64_t flags = interrupts_save();
    ps2_keyboard_interrupt();
    interrupts_restore(flags);
}
