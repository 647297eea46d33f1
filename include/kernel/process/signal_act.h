/*
 * What signals do to the running program.
 */
#ifndef KERNEL_PROCESS_SIGNAL_ACT_H
#define KERNEL_PROCESS_SIGNAL_ACT_H

#include <kernel/process/signal.h>

/* Acts on the running thread's signals: ends or stops the process, or makes the program go on in a
 * handler. Settles whether an interrupted system call is made again. `frame` is what the program
 * goes on with. With interrupts enabled; may wait. */
void signals_act(struct trap_frame *frame);

#endif
