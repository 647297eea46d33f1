/*
 * A counter whose rate is known, to measure time by where ticks of a known length are missing:
 * ACPI's power management timer, the HPET, or a time stamp counter whose rate the processor tells.
 */
#ifndef DRIVERS_REFERENCE_CLOCK_H
#define DRIVERS_REFERENCE_CLOCK_H

#include <error.h>
#include <types.h>

/* Takes the first of the three that counts. Not in an interrupt handler. ERROR_NO_DEVICE when none
 * does. */
enum error reference_clock_start(void);

/* Which one that is, for the log. */
const char *reference_clock_name(void);

/* Nanoseconds since the last call, or since the start. To be asked at least every four seconds, or
 * the counter may have gone round unseen. Any one context. */
uint64_t reference_clock_elapsed(void);

#endif
