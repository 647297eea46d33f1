/*
 * Which controller the interrupt lines end at.
 */
#ifndef KERNEL_INTERRUPTS_H
#define KERNEL_INTERRUPTS_H

/* Starts the 8259s, or the local APIC and the I/O APICs: as `irq=pic` or `irq=apic` says, and as
 * the machine has them. All lines are masked then. During set-up, once the heap is there. */
void interrupts_start(void);

#endif
