/*
 * Which processor it is, as CPUID reports it (Intel SDM 2, CPUID; AMD APM 3, appendix E). Any
 * context.
 */
#ifndef KERNEL_CPU_IDENTITY_H
#define KERNEL_CPU_IDENTITY_H

#include <kernel/cpu/control.h>

struct cpu_identity {
    char vendor[13]; /* such as GenuineIntel */
    char name[49];   /* without blanks in front; empty: the processor has none */
    unsigned family, model, stepping;
};

/* Asks for all of it. */
void cpu_identify(struct cpu_identity *identity);

/* A leaf of CPUID; all zeros if the processor lacks it: CPUID itself would return another leaf. */
struct cpuid_result cpu_leaf(uint32_t number, uint32_t subleaf);

#endif
