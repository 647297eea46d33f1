/*
 * A PS/2 keyboard behind an i8042, on the fake bus, with the faults that real ones have.
 */
#ifndef TESTS_HOST_PS2_MACHINE_H
#define TESTS_HOST_PS2_MACHINE_H

#include <types.h>

struct ps2_faults {
    bool no_translation;     /* the controller's bit for translation cannot be set */
    bool false_translation;  /* it can be set, but the controller does not translate */
    bool raw_answers;        /* the controller translates keys, but not the keyboard's answers */
    bool fails_its_test;     /* the controller does not answer the command to test itself */
    bool fails_port_test;    /* the controller answers that its port is broken */
    bool silent_reset;       /* the keyboard acknowledges its reset, but sends no result */
    bool speaks_set_1;       /* the keyboard does not change to set 2 */
    bool knows_no_sets;      /* the keyboard does not answer the command for sets */
    bool knows_no_lights;    /* the keyboard does not answer the command for the lights */
    bool stops_after_lights; /* the keyboard acknowledges that command, and not its argument */
    unsigned slow;           /* how many reads of the status show an answer as not there yet */
};

/* Puts the machine on the bus, as it is when it is switched on. */
void ps2_machine_start(struct ps2_faults faults);

/* The keyboard sends bytes of the set that it is in. False when its buffer is full. */
bool ps2_machine_key(const uint8_t *set_1, const uint8_t *set_2, size_t length_1, size_t length_2);

/* Does the controller raise its interrupt: is that on, and does a byte wait? */
bool ps2_machine_interrupts(void);

/* The keyboard asks for the next `count` bytes again. */
void ps2_machine_resend(unsigned count);

/* Makes the controller take no bytes, or take them again. */
void ps2_machine_busy(bool busy);

uint8_t ps2_machine_lights(void);    /* 0xff: never set */
bool ps2_machine_scans(void);        /* the keyboard sends keys */
unsigned ps2_machine_commands(void); /* bytes that the keyboard has got */

/* The controller's translation of set 2's codes 00 to 7f. */
extern const uint8_t ps2_machine_translation[128];

#endif
