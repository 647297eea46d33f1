/*
 * The callbacks through which terminals reach processes: job control.
 */
#ifndef KERNEL_PROCESS_TERMINAL_HOOKS_H
#define KERNEL_PROCESS_TERMINAL_HOOKS_H

/* Registers the callbacks of struct tty_hooks, and the one that hangs up a session's terminal when
 * its leader ends. In set-up code. */
void terminal_hooks_start(void);

#endif
