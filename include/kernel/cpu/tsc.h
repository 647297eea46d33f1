/*
 * The time stamp counter as CPUID describes it.
 */
#ifndef KERNEL_CPU_TSC_H
#define KERNEL_CPU_TSC_H

#include <types.h>

/* Does it always run at the same rate, in all states of the processor? Any context. */
bool tsc_is_constant(void);

/* Its rate in Hz; 0 if it is not constant, or CPUID does not report it. Not checked: a hypervisor
 * may claim anything. Any context. */
uint64_t tsc_frequency(void);

#endif
