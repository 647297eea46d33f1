/*
 * The PS/2 keyboard: sets the device up and turns its interrupts into a stream of scancodes (set 1,
 * as the controller translates them).
 */
#ifndef DRIVERS_PS2_KEYBOARD_H
#define DRIVERS_PS2_KEYBOARD_H

#include <error.h>
#include <kernel/task/stream.h>

/* The task that resets controller and keyboard and starts the stream, to be spawned once. Its
 * result is an `enum error`; if that is not OK, nothing comes from the stream. Takes two seconds at
 * the very most, if the keyboard does not answer. The caller has ps2_keyboard_interrupt() called on
 * the keyboard's interrupt line from before it begins. */
extern struct task ps2_keyboard_set_up;

/* Fetches a scancode. In the interrupt handler. */
void ps2_keyboard_interrupt(void);

/* Scancodes, for one reader. */
extern struct byte_stream ps2_keyboard_scancodes;

#endif
