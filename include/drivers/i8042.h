/*
 * The i8042 keyboard controller of a PC, as far as it stands between the processor and the keyboard
 * (its first port). Setting it up is talk: a byte is sent, an answer is waited for. Such a talk is
 * written down as a script, which a task goes through without holding anybody up.
 */
#ifndef DRIVERS_I8042_H
#define DRIVERS_I8042_H

#include <error.h>
#include <io.h>
#include <kernel/task/sleep.h>

enum i8042_action {
    I8042_COMMAND,         /* sends the byte to the controller */
    I8042_SEND,            /* sends the byte to the keyboard */
    I8042_EXPECT,          /* waits for an answer, which has to be the byte */
    I8042_EXPECT_KEYBOARD, /* the same, past scancodes of keys that are pressed meanwhile */
    I8042_READ,            /* waits for an answer, whatever it is; it goes to script.answer */
    I8042_READ_CONFIG,     /* waits for an answer, which is the controller's configuration */
    I8042_WRITE_CONFIG, /* sends that back, interrupts off and the clock on, and the byte's bits */
    I8042_FLUSH,        /* throws away what waits to be read */
};

struct i8042_step {
    enum i8042_action action;
    uint8_t byte;
    uint16_t milliseconds; /* how long an answer may take */
};

enum {
    I8042_CONFIG_INTERRUPT = 0x01,
    I8042_CONFIG_CLOCK_OFF = 0x10,
    I8042_CONFIG_TRANSLATE = 0x40, /* scancodes from set 2 to set 1; other bytes stay as they are */
};

struct i8042_script {
    const struct i8042_step *steps;
    size_t count;
    size_t at;
    uint8_t answer;   /* to the last I8042_READ */
    unsigned repeats; /* how often the other side has asked to have something sent again */
    bool waiting;     /* for the step's answer, until the deadline */
    uint64_t deadline;
    struct sleep pause;
};

/* Does something answer at the controller's ports? Any context. */
bool i8042_present(void);

/* Puts the script at its beginning. In set-up code and tasks. */
void i8042_begin(struct i8042_script *script, const struct i8042_step *steps, size_t count);

/* The future of the script's end: POLL_READY and OK, or what it failed with: ERROR_TIMEOUT, or
 * ERROR_DEVICE for a wrong answer. No step waits longer than its time, and at most three are
 * repeated. In tasks. */
enum poll_result i8042_poll(struct i8042_script *script, struct task *task, enum error *error);

/* Does the controller translate, as the configuration has it that it was asked for last? In tasks,
 * like the one below. */
bool i8042_translates(void);

/* Has the next I8042_WRITE_CONFIG turn translation off. */
void i8042_stop_translating(void);

/* Sends a byte to the keyboard; ERROR_TIMEOUT when the controller has no room now. In tasks. */
enum error i8042_send(uint8_t byte);

/* Pulses the processor's reset line, which the controller has been given for want of a better
 * place, and waits a while for what comes of it: 0.1 seconds at the most. Any context. */
void i8042_reset_machine(void);

enum {
    I8042_DATA = 0x60, /* ports */
    I8042_STATUS = 0x64,
    I8042_OUTPUT_FULL = 0x01, /* status: a byte waits to be read */
    I8042_SECOND_PORT = 0x20, /* ... and is the mouse's */
};

/* Fetches a byte if there is one that came from the keyboard; bytes from the second port are thrown
 * away. Also in the interrupt handler. */
static inline bool i8042_fetch(uint8_t *byte)
{
    uint8_t status = inb(I8042_STATUS) & (I8042_OUTPUT_FULL | I8042_SECOND_PORT);
    if (status == I8042_OUTPUT_FULL) {
        *byte = inb(I8042_DATA);
        return true;
    }
    if (status & I8042_OUTPUT_FULL)
        inb(I8042_DATA);
    return false;
}

#endif
