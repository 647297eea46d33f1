/*
 * IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller". The
 * controller is often an imitation in firmware, so nothing that it says is relied on, every wait
 * has a limit, and a step that fails ends the script with an error instead of the boot.
 *
 * A device that is not ready at once is looked at again at the next tick: that costs a few
 * milliseconds on a slow controller, and no time of anybody else's.
 */
#include <assert.h>
#include <drivers/i8042.h>
#include <io.h>

enum { COMMAND_PORT = 0x64 };

enum { INPUT_FULL = 0x02 /* status: the last byte written is not taken yet */ };

enum { CONFIG_INTERRUPTS = 0x03, PULSE_RESET_LINE = 0xfe };

enum {
    RESEND = 0xfe,
    REPEATS = 3,
    INPUT_MILLISECONDS = 20,
    FLUSH_LIMIT = 64,    /* bytes; the controller and the keyboard hold some twenty */
    RESET_LIMIT = 50000, /* of about a microsecond */
};

static uint8_t config;

bool i8042_present(void)
{
    return inb(I8042_STATUS) != 0xff; /* what an empty bus reads as; the bits are never all set */
}

/* The following three return ERROR_TIMEOUT when the controller is not ready. */

static enum error write_port(uint16_t port, uint8_t byte)
{
    if (inb(I8042_STATUS) & INPUT_FULL)
        return ERROR_TIMEOUT;
    outb(port, byte);
    return OK;
}

static enum error read_answer(uint8_t *byte)
{
    if (!(inb(I8042_STATUS) & I8042_OUTPUT_FULL))
        return ERROR_TIMEOUT;
    *byte = inb(I8042_DATA);
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
    script->at -= 2; /* back to what was sent before; the caller goes one step on */
    return OK;
}

/* Keys that are pressed during the set-up send scancodes between the answers. */
static enum error expect_keyboard(struct i8042_script *script, uint8_t expected)
{
    enum error error = ERROR_DEVICE;
    for (unsigned i = 0; i < FLUSH_LIMIT && error == ERROR_DEVICE; i++)
        error = expect(script, expected);
    return error == ERROR_DEVICE ? ERROR_TIMEOUT : error;
}

static void flush(void)
{
    for (unsigned i = 0; i < FLUSH_LIMIT && (inb(I8042_STATUS) & I8042_OUTPUT_FULL); i++) {
        inb(I8042_DATA);
        io_delay();
    }
}

static enum error write_config(uint8_t more)
{
    config &= (uint8_t) ~(CONFIG_INTERRUPTS | I8042_CONFIG_CLOCK_OFF);
    config |= more;
    return write_port(I8042_DATA, config);
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
    return write_port(I8042_DATA, byte);
}

void i8042_reset_machine(void)
{
    for (unsigned i = 0; i < RESET_LIMIT && inb(I8042_STATUS) & INPUT_FULL; i++)
        io_delay();
    outb(COMMAND_PORT, PULSE_RESET_LINE); /* even if it is not ready: there is nothing to lose */
    for (unsigned i = 0; i < RESET_LIMIT; i++)
        io_delay();
}

static enum error try_step(struct i8042_script *script, const struct i8042_step *step)
{
    switch (step->action) {
    case I8042_COMMAND:
        return write_port(COMMAND_PORT, step->byte);
    case I8042_SEND:
        return write_port(I8042_DATA, step->byte);
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
    ASSERT(steps && count > 0);
    sleep_cancel(&script->pause);
    *script = (struct i8042_script){.steps = steps, .count = count};
}

/* The step is not done yet: may it have more time? */
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
            sleep_for(&script->pause, TIMER_TICK);
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
