/*
 * What the processor says of its time stamp counter.
 */
#ifndef KERNEL_CPU_TSC_H
#define KERNEL_CPU_TSC_H

#include <types.h>

/* Does it run at one rate, whatever the processor is doing? Any context. */
bool tsc_is_constant(void);

/* That rate in Hz, or 0 when it is not constant or the processor does not say. Any context. */
uint64_t tsc_frequency(void);

#endif
