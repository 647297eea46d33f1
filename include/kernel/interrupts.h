/*
 * Chooses and starts the interrupt controller.
 */
#ifndef KERNEL_INTERRUPTS_H
#define KERNEL_INTERRUPTS_H

/* Starts the local APIC and the I/O APICs if ACPI describes them. Otherwise, or with `irq=pic`,
 * starts the 8259s. All lines are masked afterwards. During set-up, after heap_init(). */
void interrupts_start(void);

#endif
