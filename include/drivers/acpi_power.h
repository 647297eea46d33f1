/*
 * Switching the machine off through ACPI's registers.
 */
#ifndef DRIVERS_ACPI_POWER_H
#define DRIVERS_ACPI_POWER_H

#include <drivers/acpi_tables.h>

/* Puts the machine into the soft-off state (ACPI specification 6.5, 7.4.2 and 16.1.7), and does not
 * return if that works. ERROR_NO_DEVICE when the registers are not there or not ports,
 * ERROR_TIMEOUT when the machine does not go into ACPI mode, ERROR_DEVICE when it is still there a
 * while after. Waits for two seconds at most, with interrupts masked. Any context. */
enum error acpi_power_off(const struct acpi_fadt *fadt, struct acpi_sleep_type s5);

/* Tries the port at which QEMU has the PM1 control register, for one that hides its tables. Does
 * nothing where fw_cfg does not say that this is QEMU. Waits for a second at most. Any context. */
void acpi_power_off_qemu(void);

#endif
