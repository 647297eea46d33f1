/*
 * The i8042 keyboard controller of a PC: the part that connects the processor and the keyboard (its
 * first port). To set it up, the driver sends a byte and waits for an answer, again and again. Such
 * a dialogue is a script of steps. A task runs it, and other tasks run while it waits.
 */
#ifndef DRIVERS_I8042_H
#define DRIVERS_I8042_H

#include <error.h>
#include <kernel/task/sleep.h>

enum i8042_action {
    I8042_COMMAND,         /* sends the byte to the controller */
    I8042_SEND,            /* sends the byte to the keyboard */
    I8042_EXPECT,          /* waits for an answer, which has to be the byte */
    I8042_EXPECT_KEYBOARD, /* the same, but skips scancodes of keys that are pressed meanwhile */
    I8042_READ,            /* waits for any answer, and stores it in script.answer */
    I8042_READ_CONFIG,     /* waits for an answer, which is the controller's configuration */
    I8042_WRITE_CONFIG, /* sends that back: interrupts off, the clock on, and the byte's bits set */
    I8042_FLUSH,        /* throws away all bytes that wait to be read */
};

struct i8042_step {
    enum i8042_action action;
    uint8_t byte;
    uint16_t milliseconds; /* how long the step may take; 0: a default */
};

enum {
    I8042_CONFIG_INTERRUPT = 0x01,
    I8042_CONFIG_CLOCK_OFF = 0x10,
    I8042_CONFIG_TRANSLATE = 0x40, /* scancodes from set 2 to set 1; other bytes stay as they are */
};

struct i8042_script {
    const struct i8042_step *steps;
    size_t count;       /* of the steps */
    size_t at;          /* the next step; `count` at the end */
    uint8_t answer;     /* to the last I8042_READ */
    unsigned repeats;   /* how often the other side has asked for a byte again */
    bool waiting;       /* the next step was tried and was not ready */
    uint64_t deadline;  /* of that step, by the clock; set while `waiting` */
    struct sleep pause; /* until the next try */
};

/* Does something answer at the controller's ports? Any context. */
bool i8042_present(void);

/* Puts the script at its beginning. In set-up code and tasks. */
void i8042_begin(struct i8042_script *script, const struct i8042_step *steps, size_t count);

/* Polls for the script's end: POLL_READY and OK, or the error with which it failed: ERROR_TIMEOUT,
 * or ERROR_DEVICE for a wrong answer. No step waits longer than its time, and at most three are
 * repeated. In tasks. */
enum poll_result i8042_poll(struct i8042_script *script, struct task *task, enum error *error);

/* Does the controller translate, according to the configuration that was read or written last? In
 * tasks. */
bool i8042_translates(void);

/* Makes the next I8042_WRITE_CONFIG turn translation off. In tasks. */
void i8042_stop_translating(void);

/* Fetches the byte that the keyboard has sent, or returns I8042_NO_BYTE if there is none. A byte
 * from the second port is thrown away. In tasks and the interrupt handler. */
enum { I8042_NO_BYTE = -1 };
int i8042_fetch(void);

/* Sends a byte to the keyboard; ERROR_TIMEOUT when the controller has no room now. In tasks. */
enum error i8042_send(uint8_t byte);

/* Pulses the processor's reset line, which a PC has connected to this controller, and waits for the
 * reset: 0.1 seconds at most. Any context. */
void i8042_reset_machine(void);

#endif
