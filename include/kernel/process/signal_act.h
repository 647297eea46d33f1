/*
 * Acting upon signals, on the way back to user mode.
 */
#ifndef KERNEL_PROCESS_SIGNAL_ACT_H
#define KERNEL_PROCESS_SIGNAL_ACT_H

#include <kernel/process/signal.h>

/* Acts upon the running thread's signals: ends or stops the process, or makes the program go on in
 * a handler. Makes an interrupted system call start again or fail with EINTR. `frame` holds the
 * registers with which the program goes on. In threads of programs, with interrupts enabled; may
 * wait. */
void signals_act(struct trap_frame *frame);

#endif
