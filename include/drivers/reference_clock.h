/*
 * A counter whose rate is known, to measure time by where ticks of a known length are missing:
 * ACPI's power management timer, the HPET, or a time stamp counter whose rate the processor tells.
 */
#ifndef DRIVERS_REFERENCE_CLOCK_H
#define DRIVERS_REFERENCE_CLOCK_H

#include <error.h>
#include <types.h>

/* Takes the first of the three that counts. Waits for some milliseconds at most. Not in an
 * interrupt handler. ERROR_NO_DEVICE when none does. */
enum error reference_clock_start(void);

/* Which one that is, for the log; NULL when none has been taken. Any context. */
const char *reference_clock_name(void);

/* Nanoseconds since the last call, or since the start. To be asked at least once a second: the time
 * of a counter that has gone round unseen is lost. Any one context, after reference_clock_start().
 */
uint64_t reference_clock_elapsed(void);

#endif
