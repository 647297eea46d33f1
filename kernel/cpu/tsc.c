#include <kernel/cpu/control.h>
#include <kernel/cpu/tsc.h>

bool tsc_is_constant(void)
{
    enum { MAX_EXTENDED = (int)0x80000000, POWER = (int)0x80000007, INVARIANT_TSC = 1 << 8 };
    if (cpuid((uint32_t)MAX_EXTENDED, 0).eax < (uint32_t)POWER)
        return false;
    return cpuid((uint32_t)POWER, 0).edx & INVARIANT_TSC; /* Intel SDM 3B 18.17.1 */
}

/* Intel SDM 2, CPUID: leaf 15h has the ratio of the counter to a crystal, and the crystal's rate.
 * If the rate is missing, leaf 16h has the base frequency in MHz, which is the counter's rate. */
uint64_t tsc_frequency(void)
{
    enum { TSC_AND_CRYSTAL = 0x15, FREQUENCIES = 0x16 };
    uint32_t last = cpuid(0, 0).eax;
    if (!tsc_is_constant() || last < TSC_AND_CRYSTAL)
        return 0;
    struct cpuid_result ratio = cpuid(TSC_AND_CRYSTAL, 0);
    if (ratio.eax && ratio.ebx && ratio.ecx)
        return (uint64_t)ratio.ecx * ratio.ebx / ratio.eax;
    return last < FREQUENCIES ? 0 : (cpuid(FREQUENCIES, 0).eax & 0xffff) * UINT64_C(1000000);
}
