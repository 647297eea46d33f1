/*
 * Switching the machine off through ACPI's registers.
 */
#ifndef DRIVERS_ACPI_POWER_H
#define DRIVERS_ACPI_POWER_H

#include <drivers/acpi_tables.h>

/* Puts the machine into the soft-off state (ACPI specification 6.5, 7.4.2 and 16.1.7), and does not
 * return if that works. ERROR_NO_DEVICE if the registers are missing or are not ports,
 * ERROR_TIMEOUT if the machine does not enter ACPI mode, ERROR_DEVICE if it is still on after a
 * second. Waits for two seconds at most, with interrupts masked. Any context. */
enum error acpi_power_off(const struct acpi_fadt *fadt, struct acpi_sleep_type s5);

/* Switches off a QEMU that has no ACPI tables, through the port at which it has the PM1 control
 * register. Does nothing if fw_cfg_present() is false. Waits for a second at most. Any context. */
void acpi_power_off_qemu(void);

#endif
