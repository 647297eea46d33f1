/*
 * The i8042 keyboard controller of a PC, as far as it stands between the processor and the keyboard
 * (its first port).
 */
#ifndef DRIVERS_I8042_H
#define DRIVERS_I8042_H

#include <error.h>
#include <types.h>

/* Resets the controller, with its second port (mouse) and its interrupts off and translation to
 * scancode set 1 on. ERROR_NO_DEVICE: there is none. ERROR_TIMEOUT, ERROR_DEVICE: it does not
 * answer, or answers wrongly. Takes half a second at the very most. In set-up only; interrupts may
 * be on. */
enum error i8042_init(void);

/* Sends a byte to the keyboard. ERROR_TIMEOUT when the controller does not take it. In set-up and
 * tasks. */
enum error i8042_send(uint8_t byte);

/* Waits up to `milliseconds` for a byte from the keyboard; only while the keyboard's interrupt is
 * off. */
enum error i8042_receive(uint8_t *byte, unsigned milliseconds);

/* Throws away what waits to be read, then lets the keyboard raise interrupt line 1. */
enum error i8042_start(void);

/* Fetches a byte if there is one that came from the keyboard; bytes from the second port are thrown
 * away. Also in the interrupt handler. */
bool i8042_fetch(uint8_t *byte);

#endif
