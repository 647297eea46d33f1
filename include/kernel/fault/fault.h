/*
 * The handling of exceptions and of unexpected interrupts.
 */
#ifndef KERNEL_FAULT_FAULT_H
#define KERNEL_FAULT_FAULT_H

struct trap_frame;

/* Handles a vector that has no handler of its own. It logs a breakpoint, a debug exception and an
 * NMI, and the program goes on. It logs an unexpected interrupt the first time. After a fault of a
 * load that may fail (kernel/cpu/safe_load.h) the program goes on, too. Any other exception is a
 * panic. For trap_init(); runs in trap handlers, NMIs included. */
void fault_handle(struct trap_frame *frame);

/* Registers how an unexpected interrupt is ended, in the interrupt controller's way; fault_handle()
 * calls `end` after it has logged the interrupt. During set-up, once. */
void fault_set_interrupt_end(void (*end)(unsigned vector));

#endif
