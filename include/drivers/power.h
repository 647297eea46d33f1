/*
 * Switching the machine off, in whichever way it offers.
 */
#ifndef DRIVERS_POWER_H
#define DRIVERS_POWER_H

#include <error.h>

/* Switches the machine off, and does not return if that works. Otherwise returns the error of
 * acpi_power_off(). Waits for three seconds at most. Any context. */
enum error machine_power_off(void);

#endif
