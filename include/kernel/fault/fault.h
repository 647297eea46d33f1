/*
 * What happens on an exception, or on an interrupt that nobody expects.
 */
#ifndef KERNEL_FAULT_FAULT_H
#define KERNEL_FAULT_FAULT_H

struct trap_frame;

/* The trap handlers' fallback. A breakpoint, a debug exception and an NMI are logged, and execution
 * goes on; an unexpected interrupt is logged the first time; a fault that its code expects (see
 * kernel/cpu/safe_load.h) is over; any other exception is a panic. In trap handlers. */
void fault_handle(struct trap_frame *frame);

#endif
