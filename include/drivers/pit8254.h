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

/* Stops the ticks and raises one interrupt instead, after about two microseconds; pit8254_init()
 * starts the ticks again. Any context. */
void pit8254_fire_once(void);

#endif
