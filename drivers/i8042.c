/*
 * IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller". The
 * controller is often an imitation in firmware. So the driver relies on no answer, every wait has a
 * limit, and a step that fails ends the script with an error instead of the boot.
 *
 * When the device is not ready for a step, the task sleeps for a tick and tries again. On a slow
 * controller the set-up takes a few milliseconds longer; other tasks run meanwhile.
 */
#include <assert.h>
#include <drivers/i8042.h>
#include <io.h>

enum {
    DATA_PORT = 0x60,
    STATUS_PORT = 0x64, /* read */
    COMMAND_PORT = 0x64 /* write */
};

enum status {
    OUTPUT_FULL = 0x01, /* a byte waits to be read */
    INPUT_FULL = 0x02,  /* the controller has not taken the last byte written yet */
    SECOND_PORT = 0x20, /* the byte that waits is the mouse's */
};

enum { CONFIG_INTERRUPTS = 0x03, PULSE_RESET_LINE = 0xfe };

enum {
    RESEND = 0xfe,
    REPEATS = 3,
    INPUT_MILLISECONDS = 20,
    FLUSH_LIMIT = 64,    /* bytes; the controller and the keyboard hold some twenty */
    RESET_LIMIT = 50000, /* of about a microsecond */
};

static uint8_t config; /* the controller's configuration, as it was read or written last */

bool i8042_present(void)
{
    return inb(STATUS_PORT) != 0xff; /* what an empty bus reads as; the bits are never all set */
}

/* The following three return ERROR_TIMEOUT when the controller is not ready. */

static enum error write_port(uint16_t port, uint8_t byte)
{
    if (inb(STATUS_PORT) & INPUT_FULL)
        return ERROR_TIMEOUT;
    outb(port, byte);
    return OK;
}

static enum error read_answer(uint8_t *byte)
{
    if (!(inb(STATUS_PORT) & OUTPUT_FULL))
        return ERROR_TIMEOUT;
    *byte = inb(DATA_PORT);
    return OK;
}

static enum error expect(struct i8042_script *script, uint8_t expected)
{
    uint8_t answer;
    if (read_answer(&answer))
        return ERROR_TIMEOUT;
    if (answer == expected)
        return OK;
    if (answer != RESEND || script->at == 0 || script->repeats == REPEATS)
        return ERROR_DEVICE;
    script->repeats++;
    script->at -= 2; /* to the step before this one: the caller adds 1 */
    return OK;
}

/* Scancodes of keys that are pressed during the set-up come between the answers; they are skipped.
 */
static enum error expect_keyboard(struct i8042_script *script, uint8_t expected)
{
    enum error error = ERROR_DEVICE;
    for (unsigned i = 0; i < FLUSH_LIMIT && error == ERROR_DEVICE; i++)
        error = expect(script, expected);
    return error == ERROR_DEVICE ? ERROR_TIMEOUT : error;
}

static void flush(void)
{
    for (unsigned i = 0; i < FLUSH_LIMIT && (inb(STATUS_PORT) & OUTPUT_FULL); i++) {
        inb(DATA_PORT);
        io_delay();
    }
}

static enum error write_config(uint8_t more)
{
    config &= (uint8_t) ~(CONFIG_INTERRUPTS | I8042_CONFIG_CLOCK_OFF);
    config |= more;
    return write_port(DATA_PORT, config);
}

bool i8042_translates(void)
{
    return config & I8042_CONFIG_TRANSLATE;
}

void i8042_stop_translating(void)
{
    config &= (uint8_t)~I8042_CONFIG_TRANSLATE;
}

enum error i8042_send(uint8_t byte)
{
    return write_port(DATA_PORT, byte);
}

int i8042_fetch(void)
{
    uint8_t status = inb(STATUS_PORT);
    if (!(status & OUTPUT_FULL))
        return I8042_NO_BYTE;
    uint8_t byte = inb(DATA_PORT);
    return status & SECOND_PORT ? I8042_NO_BYTE : byte;
}

void i8042_reset_machine(void)
{
    for (unsigned i = 0; i < RESET_LIMIT && inb(STATUS_PORT) & INPUT_FULL; i++)
        io_delay();
    outb(COMMAND_PORT, PULSE_RESET_LINE); /* even if it is not ready: nothing can get worse */
    for (unsigned i = 0; i < RESET_LIMIT; i++)
        io_delay();
}

static enum error try_step(struct i8042_script *script, const struct i8042_step *step)
{
    switch (step->action) {
    case I8042_COMMAND:
        return write_port(COMMAND_PORT, step->byte);
    case I8042_SEND:
        return write_port(DATA_PORT, step->byte);
    case I8042_EXPECT:
        return expect(script, step->byte);
    case I8042_EXPECT_KEYBOARD:
        return expect_keyboard(script, step->byte);
    case I8042_READ:
        return read_answer(&script->answer);
    case I8042_READ_CONFIG:
        return read_answer(&config);
    case I8042_WRITE_CONFIG:
        return write_config(step->byte);
    case I8042_FLUSH:
        flush();
        return OK;
    }
    return ERROR_INVALID;
}

void i8042_begin(struct i8042_script *script, const struct i8042_step *steps, size_t count)
{
    ASSERT(steps);
    ASSERT(count > 0);
    sleep_cancel(&script->pause);
    script->steps = steps;
    script->count = count;
    script->at = 0;
    script->repeats = 0;
    script->waiting = false;
}

/* Has the step, which was not ready, time left? */
static bool may_wait(struct i8042_script *script, const struct i8042_step *step)
{
    if (!script->waiting) {
        unsigned limit = step->milliseconds ? step->milliseconds : INPUT_MILLISECONDS;
        script->deadline = clock_now() + limit * NANOSECONDS_PER_MILLISECOND;
        script->waiting = true;
    }
    return clock_now() < script->deadline;
}

enum poll_result i8042_poll(struct i8042_script *script, struct task *task, enum error *error)
{
    while (script->at < script->count) {
        const struct i8042_step *step = &script->steps[script->at];
        *error = try_step(script, step);
        if (*error == ERROR_TIMEOUT && may_wait(script, step)) {
            sleep_for(&script->pause, NANOSECONDS_PER_MILLISECOND);
            if (sleep_poll(&script->pause, task) == POLL_PENDING)
                return POLL_PENDING;
            continue; /* the pause is over already, the step's time is not */
        }
        if (*error)
            return POLL_READY;
        script->waiting = false;
        script->at++;
    }
    *error = OK;
    return POLL_READY;
}
