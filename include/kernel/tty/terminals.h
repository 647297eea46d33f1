/*
 * The terminals' devices: tty1 to tty6, ttyS0; tty0 and console, the virtual terminal that is
 * shown; and tty, the controlling terminal of the process that opens it.
 */
#ifndef KERNEL_TTY_TERMINALS_H
#define KERNEL_TTY_TERMINALS_H

#include <drivers/uart16550.h>
#include <kernel/log/screen.h>

/* Makes the terminals and their devices for a first program: on the console's screen (NULL: without
 * a display), and on a serial port (NULL: there is none). tty1 is shown, with the log so far, and
 * ttyS0 has the serial line. With `quiet`, the log shows only errors once a program has opened a
 * terminal. Called once, in set-up code. */
void terminals_start(struct screen *screen, struct uart16550 *uart, bool quiet);

#endif
