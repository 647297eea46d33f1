/*
 * The stack protector's canary. The compiler puts it between a function's arrays and its return
 * address and compares it before the function returns (-fstack-protector-strong). Code that writes
 * past an array's end would have to guess it. It lies in struct cpu, at the offset that the
 * Makefile gives to -mstack-protector-guard-offset.
 */
#include <kernel/cpu/canary.h>
#include <kernel/cpu/cpu.h>

enum { CPUID_ECX_RDRAND = 1 << 30, RDRAND_TRIES = 10 };

/* A number from the processor's random number generator. 0 when it has no generator, or no number
 * is ready. */
static uint64_t random_number(void)
{
    uint64_t number = 0;
    bool done = false;
    if (!(cpuid(1, 0).ecx & CPUID_ECX_RDRAND))
        return 0;
    for (unsigned i = 0; i < RDRAND_TRIES && !done; i++)
        __asm__ volatile("rdrand %0" : "=r"(number), "=@ccc"(done));
    return done ? number : 0;
}

/* It takes no local's address, or else it would have a canary itself. */
void canary_init(void)
{
    uint64_t number = random_number();
    /* The time since the reset differs from boot to boot, in its low bits at least; the product
     * spreads them. */
    if (number == 0)
        number = read_tsc() * UINT64_C(0x9e3779b97f4a7c15);
    number ^= number >> 32;
    /* The first byte in memory is zero: a string copy that writes this byte ends with it. */
    this_cpu()->canary = number << 8;
}
