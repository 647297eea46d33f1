/*
 * A fake processor: a test provides the functions that answer CPUID and the accesses of
 * model-specific registers.
 */
#ifndef TESTS_HOST_FAKE_PROCESSOR_H
#define TESTS_HOST_FAKE_PROCESSOR_H

#include <kernel/cpu/control.h>

struct fake_processor {
    struct cpuid_result (*cpuid)(uint32_t leaf);
    uint64_t (*read_msr)(uint32_t msr);
    void (*write_msr)(uint32_t msr, uint64_t value);
};

/* From now on these functions are called. */
void fake_processor_set(struct fake_processor processor);

/* From now on CPUID answers zeros: the processor has no features. */
void fake_processor_set_plain(void);

#endif
