/*
 * The 8254 interval timer of a PC, channel 0, which ticks on interrupt line 0.
 */
#ifndef DRIVERS_PIT8254_H
#define DRIVERS_PIT8254_H

#include <types.h>

/* Starts ticking `rate` times a second (19 to 100,000), as nearly as the divisor allows. Returns
 * the tick's true length in nanoseconds. The caller handles the line. During set-up. */
uint64_t pit8254_init(unsigned rate);

/* Has it counted since pit8254_init()? To be asked some microseconds later; a "no" may be chance,
 * once in a thousand times. Any context. */
bool pit8254_counts(void);

#endif
