/*
 * The PS/2 keyboard: sets the device up and turns its interrupts into a stream of scancodes (set 1,
 * as the controller translates them).
 */
#ifndef DRIVERS_PS2_KEYBOARD_H
#define DRIVERS_PS2_KEYBOARD_H

#include <error.h>
#include <kernel/task/stream.h>

/* Resets controller and keyboard and starts the stream. On an error nothing comes from the stream.
 * Takes two seconds at the very most, if the keyboard does not answer. During set-up. The caller
 * has ps2_keyboard_interrupt() called on the keyboard's interrupt line. */
enum error ps2_keyboard_init(void);

/* Fetches a scancode. In the interrupt handler. */
void ps2_keyboard_interrupt(void);

/* Scancodes, for one reader. */
extern struct byte_stream ps2_keyboard_scancodes;

#endif
