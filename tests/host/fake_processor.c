#include "fake_processor.h"

static struct fake_processor processor;

void fake_processor_set(struct fake_processor new_processor)
{
    processor = new_processor;
}

static struct cpuid_result no_features(uint32_t leaf)
{
    (void)leaf;
    return (struct cpuid_result){0};
}

void fake_processor_set_plain(void)
{
    processor = (struct fake_processor){.cpuid = no_features};
}

struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf)
{
    (void)subleaf;
    return processor.cpuid(leaf);
}

uint64_t read_msr(uint32_t msr)
{
    return processor.read_msr(msr);
}

void write_msr(uint32_t msr, uint64_t value)
{
    processor.write_msr(msr, value);
}
