/*
 * Which controller the interrupt lines end at.
 */
#ifndef KERNEL_INTERRUPTS_H
#define KERNEL_INTERRUPTS_H

/* Starts the local APIC and the I/O APICs where ACPI describes them, or else, or with `irq=pic`,
 * the 8259s. All lines are masked then. During set-up, once the heap is there. */
void interrupts_start(void);

#endif
