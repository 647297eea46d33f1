/*
 * The PS/2 keyboard: sets the device up, turns its interrupts into a stream of scancodes, and talks
 * to it in between.
 */
#ifndef DRIVERS_PS2_KEYBOARD_H
#define DRIVERS_PS2_KEYBOARD_H

#include <error.h>
#include <kernel/task/event.h>
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

/* How a decoder for them has to begin (enum scancode_set). Once the set-up has ended. */
uint8_t ps2_keyboard_scancode_set(void);

/* What the keyboard answers to each byte that it is sent: done, or say it again. */
enum ps2_answer { PS2_ACKNOWLEDGE = 0xfa, PS2_RESEND = 0xfe };

/* Sends a byte to the keyboard and has its answer caught among the scancodes until the talk is
 * ended. ERROR_TIMEOUT: the controller has no room at the moment. In one task, once the set-up has
 * ended well. */
enum error ps2_keyboard_send(uint8_t byte);
void ps2_keyboard_end_talk(void);

/* The future of the answer. It may never come. */
enum poll_result ps2_keyboard_poll_answer(struct waker *waker, struct task *task, uint8_t *byte);

#endif
