/*
 * Resets the machine.
 */
#ifndef DRIVERS_RESET_H
#define DRIVERS_RESET_H

#include <drivers/acpi_tables.h>

/* Notes the reset register that the firmware names, if any; `fadt` may be NULL. During set-up,
 * after kernel_space_init(). */
void machine_reset_init(const struct acpi_fadt *fadt);

/* Resets the machine. Any context; masks interrupts. Before machine_reset_init() it tries the ways
 * that need no firmware. */
NORETURN void machine_reset(void);

#endif
