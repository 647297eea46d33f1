/*
 * A program's exceptions: page faults that bring a page, and faults that become signals.
 */
#ifndef KERNEL_PROCESS_EXCEPTIONS_H
#define KERNEL_PROCESS_EXCEPTIONS_H

#include <kernel/cpu/trap.h>

/* Mends the fault, or makes the program's thread take a signal. For user_mode_init(). Interrupts
 * are masked at the call, and enabled at the return; may wait. */
void process_exception(struct trap_frame *frame);

#endif
