/*
 * The stack protector's canary: the compiler puts it between a function's arrays and its return
 * address and looks at it before the function returns (-fstack-protector-strong
 * -mstack-protector-guard=global). Whoever writes past an array's end has to guess it.
 */
#include <kernel/cpu/canary.h>
#include <kernel/cpu/control.h>

enum { CPUID_ECX_RDRAND = 1 << 30, RDRAND_TRIES = 10 };

/* Both names are the compiler's. Some functions have started, and none of those returns, before the
 * canary has its real value. */
extern uintptr_t __stack_chk_guard;
RO_AFTER_INIT uintptr_t __stack_chk_guard = 0x00c0ffee0badcafe;

/* A number from the processor's random generator; false when it has none, or none ready. */
static bool random_number(uint64_t *number)
{
    bool done = false;
    if (!(cpuid(1, 0).ecx & CPUID_ECX_RDRAND))
        return false;
    for (unsigned i = 0; i < RDRAND_TRIES && !done; i++)
        __asm__ volatile("rdrand %0" : "=r"(*number), "=@ccc"(done));
    return done;
}

void canary_init(void)
{
    uint64_t number;
    /* The time since the reset differs from boot to boot, in its low bits at least; the product
     * spreads them. */
    if (!random_number(&number))
        number = read_tsc() * UINT64_C(0x9e3779b97f4a7c15);
    number ^= number >> 32;
    /* A zero as its first byte in memory: no string can be copied over it and beyond. */
    __stack_chk_guard = number << 8;
}
