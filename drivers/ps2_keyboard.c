/*
 * IBM PS/2 Hardware Interface Technical Reference, "Keyboards (101- and 102-key)". Each byte sent
 * is acknowledged, or asked for again. A keyboard that does not answer is logged and listened to
 * all the same: some imitations send scancodes but know no command.
 */
#include <drivers/i8042.h>
#include <drivers/ps2_keyboard.h>
#include <kernel/cpu/control.h>
#include <kernel/log/log.h>

enum command { SET_SCANCODE_SET = 0xf0, ENABLE_SCANNING = 0xf4, RESET = 0xff };
enum answer { SELF_TEST_PASSED = 0xaa, ACKNOWLEDGE = 0xfa, RESEND = 0xfe };

enum { SCANCODE_SET_2 = 2, TRIES = 3, ANSWER_MILLISECONDS = 100, SELF_TEST_MILLISECONDS = 1000 };

enum { SCANCODES = 16384 };

static uint8_t storage[SCANCODES];
static void resume(struct byte_stream *stream);
struct byte_stream ps2_keyboard_scancodes =
    BYTE_STREAM_INIT(ps2_keyboard_scancodes, storage, resume);

/* Sends one byte and waits for its acknowledgement. */
static enum error command(uint8_t byte)
{
    for (unsigned i = 0; i < TRIES; i++) {
        uint8_t answer;
        enum error error = i8042_send(byte);
        if (!error)
            error = i8042_receive(&answer, ANSWER_MILLISECONDS);
        if (error)
            return error;
        if (answer == ACKNOWLEDGE)
            return OK;
        if (answer != RESEND)
            return ERROR_DEVICE;
    }
    return ERROR_DEVICE;
}

static enum error reset(void)
{
    uint8_t answer;
    enum error error = command(RESET);
    if (!error)
        error = i8042_receive(&answer, SELF_TEST_MILLISECONDS);
    if (!error && answer != SELF_TEST_PASSED)
        error = ERROR_DEVICE;
    return error;
}

static enum error set_up_device(void)
{
    enum error error = reset();
    if (!error)
        error = command(SET_SCANCODE_SET);
    if (!error)
        error = command(SCANCODE_SET_2); /* the controller translates set 2 into set 1 */
    if (!error)
        error = command(ENABLE_SCANNING);
    return error;
}

enum error ps2_keyboard_init(void)
{
    enum error error = i8042_init();
    if (error)
        return error;
    error = set_up_device();
    if (error)
        log_warn("keyboard: set-up failed (%s); listening to it as it is", error_name(error));
    return i8042_start();
}

void ps2_keyboard_interrupt(void)
{
    uint8_t scancode;
    /* A full stream leaves the byte in the controller, which sends no further interrupt until it is
     * fetched. */
    if (stream_has_room(&ps2_keyboard_scancodes) && i8042_fetch(&scancode))
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
