/*
 * Switching the machine off, in whichever way it offers.
 */
#ifndef DRIVERS_POWER_H
#define DRIVERS_POWER_H

#include <error.h>

/* Does not return if it works. Otherwise it says why ACPI does not do it, errors as
 * acpi_power_off(). Waits for three seconds at most. Any context. */
enum error machine_power_off(void);

#endif
