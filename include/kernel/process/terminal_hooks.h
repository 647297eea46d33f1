/*
 * What terminals ask of processes: job control.
 */
#ifndef KERNEL_PROCESS_TERMINAL_HOOKS_H
#define KERNEL_PROCESS_TERMINAL_HOOKS_H

/* Registers the hooks of struct tty_hooks, and has a session's terminal hung up when its leader
 * ends. In set-up code. */
void terminal_hooks_start(void);

#endif
