/*
 * A PS/2 keyboard behind an i8042, on the fake bus, with the faults that such things have.
 */
#ifndef TESTS_HOST_PS2_MACHINE_H
#define TESTS_HOST_PS2_MACHINE_H

#include <types.h>

struct ps2_faults {
    bool no_translation;     /* the controller's bit for it cannot be set */
    bool false_translation;  /* it can, but nothing is translated */
    bool raw_answers;        /* what the keyboard answers is not translated, keys are */
    bool fails_its_test;     /* the controller says nothing when it is to test itself */
    bool fails_port_test;    /* it says that its port is broken */
    bool silent_reset;       /* the keyboard acknowledges its reset, and says no more */
    bool speaks_set_1;       /* the keyboard does not change to set 2 */
    bool knows_no_sets;      /* the keyboard does not know the command for sets */
    bool knows_no_lights;    /* nor the one for the lights: no answer at all */
    bool stops_after_lights; /* it acknowledges the command, and then nothing more */
    unsigned slow;           /* so many looks at the status show no answer before one does */
};

/* Puts the machine on the bus, just switched on. */
void ps2_machine_start(struct ps2_faults faults);

/* The keyboard sends bytes of the set that it is in. False when its buffer is full. */
bool ps2_machine_key(const uint8_t *set_1, const uint8_t *set_2, size_t length_1, size_t length_2);

/* Does a byte wait in the controller, whose interrupt is on? */
bool ps2_machine_interrupts(void);

/* The keyboard wants the next `count` bytes again. */
void ps2_machine_resend(unsigned count);

/* The controller takes nothing, until it does again. */
void ps2_machine_busy(bool busy);

uint8_t ps2_machine_lights(void);    /* 0xff: never set */
bool ps2_machine_scans(void);        /* the keyboard sends keys */
unsigned ps2_machine_commands(void); /* bytes that the keyboard has got */

/* What an i8042 makes of set 2's codes 00 to 7f when it translates. */
extern const uint8_t ps2_machine_translation[128];

#endif
