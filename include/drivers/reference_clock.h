/*
 * A counter of known rate, by which the clock is measured: ACPI's power management timer, the HPET,
 * or a time stamp counter whose rate the processor reports.
 */
#ifndef DRIVERS_REFERENCE_CLOCK_H
#define DRIVERS_REFERENCE_CLOCK_H

#include <error.h>
#include <kernel/task/clock.h>

/* Finds the first of the three that counts. Waits for some milliseconds at most. During set-up,
 * after kernel_space_init(). ERROR_NO_DEVICE when none does; `found` has no meaning then. */
enum error reference_clock_find(struct clock_reference *found);

#endif
