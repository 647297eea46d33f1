/*
 * Starting the machine anew.
 */
#ifndef DRIVERS_RESET_H
#define DRIVERS_RESET_H

#include <drivers/acpi_tables.h>

/* Tells what the firmware says of resets; `fadt` may be NULL. During set-up, after
 * kernel_space_init(). */
void machine_reset_init(const struct acpi_fadt *fadt);

/* Resets the machine, one way or the other. Any context; masks interrupts. Without
 * machine_reset_init() it knows the ways that need no firmware. */
NORETURN void machine_reset(void);

#endif
