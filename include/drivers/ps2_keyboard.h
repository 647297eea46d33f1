/*
 * The PS/2 keyboard: sets the device up, turns its interrupts into a stream of scancodes, and sends
 * bytes to it.
 */
#ifndef DRIVERS_PS2_KEYBOARD_H
#define DRIVERS_PS2_KEYBOARD_H

#include <error.h>
#include <kernel/task/event.h>
#include <kernel/task/stream.h>

/* The task that resets controller and keyboard and starts the stream, to be spawned once. Its
 * result is an `enum error`; if that is not OK, nothing comes from the stream. It takes two seconds
 * at most. The keyboard's interrupt line calls ps2_keyboard_interrupt() before it is spawned. */
extern struct task ps2_keyboard_set_up;

/* Fetches a scancode. In the interrupt handler. */
void ps2_keyboard_interrupt(void *unused);

/* Scancodes, for one reader. */
extern struct byte_stream ps2_keyboard_scancodes;

/* The initial state of a decoder for them (enum scancode_set). After the set-up, in tasks. */
uint8_t ps2_keyboard_scancode_set(void);

/* The keyboard's answer to each byte that it is sent: done, or send it again. */
enum ps2_answer { PS2_ACKNOWLEDGE = 0xfa, PS2_RESEND = 0xfe };

/* Sends a byte to the keyboard. From now on its answers are taken out of the stream.
 * ERROR_TIMEOUT: the controller has no room at the moment. In one task, after a successful set-up.
 */
enum error ps2_keyboard_send(uint8_t byte);

/* Ends what ps2_keyboard_send() has begun: from now on every byte that arrives is a scancode. In
 * the same task. */
void ps2_keyboard_end_talk(void);

/* The future of the answer to the last byte. It may never come. In the same task. */
enum poll_result ps2_keyboard_poll_answer(struct waker *waker, struct task *task, uint8_t *byte);

#endif
