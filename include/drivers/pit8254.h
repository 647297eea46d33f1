/*
 * The 8254 interval timer of a PC, channel 0, which ticks on interrupt line 0.
 */
#ifndef DRIVERS_PIT8254_H
#define DRIVERS_PIT8254_H

#include <types.h>

/* Starts to tick `rate` times a second (19 to 100,000), or as near to it as the divisor allows.
 * Returns the length of a tick in nanoseconds. The caller handles the interrupt line. During
 * set-up. */
uint64_t pit8254_init(unsigned rate);

/* Has it counted since pit8254_init()? Called some microseconds after it. Once in a thousand times
 * the counter has just come back to the same value, and false is wrong. Any context. */
bool pit8254_counts(void);

#endif
