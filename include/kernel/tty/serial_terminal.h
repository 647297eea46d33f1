/*
 * The terminal on the first serial port, ttyS0. It shares the line with the console. While the
 * terminal has the line, it gets the received bytes, and the console sends only lines of the log.
 */
#ifndef KERNEL_TTY_SERIAL_TERMINAL_H
#define KERNEL_TTY_SERIAL_TERMINAL_H

#include <drivers/uart16550.h>
#include <kernel/tty/tty.h>

/* Makes the terminal on a port, and gives it the line. In set-up code. */
void serial_terminal_start(struct uart16550 *new_uart);

/* The terminal; NULL: there is none. Any context. */
struct tty *serial_terminal(void);

/* Does the terminal have the line? Any context. */
bool serial_terminal_has_line(void);

/* Gives the line to the terminal, or to the console if the terminal has it. There is a terminal. In
 * tasks. */
void serial_terminal_switch(void);

#endif
