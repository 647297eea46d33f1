/*
 * Stands in for include/kernel/cpu/control.h in the host tests. Interrupts are a function that a
 * test may set: it is called whenever interrupts are enabled, and decides whether one comes.
 */
#ifndef KERNEL_CPU_CONTROL_H
#define KERNEL_CPU_CONTROL_H

#include <types.h>

/* In tests/host/support.c. */
extern bool host_masked;
extern void (*host_interrupt)(void);

static inline void interrupts_enable(void)
{
    host_masked = false;
    if (host_interrupt)
        host_interrupt();
}

static inline void interrupts_disable(void)
{
    host_masked = true;
}

static inline void interrupts_admit_pending(void)
{
    interrupts_enable();
    interrupts_disable();
}

static inline uint64_t interrupts_save(void)
{
    bool enabled = !host_masked;
    host_masked = true;
    return enabled;
}

static inline void interrupts_restore(uint64_t flags)
{
    if (flags)
        interrupts_enable();
}

static inline void wait_for_interrupt(void)
{
    interrupts_enable();
}

struct PACKED descriptor_table_pointer {
    uint16_t limit;
    uint64_t base;
};

static inline NORETURN void halt_forever(void)
{
    __builtin_trap();
}

/* In tests/host/support.c. */
extern struct cpu host_cpu;

static inline struct cpu *this_cpu(void)
{
    return &host_cpu;
}

static inline bool this_cpu_word_is_set(size_t offset)
{
    uint32_t word;
    __builtin_memcpy(&word, (const char *)&host_cpu + offset, sizeof(word));
    return word != 0;
}

/* What a processor answers; in tests/host/fake_processor.c. */
struct cpuid_result {
    uint32_t eax, ebx, ecx, edx;
};
struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf);
/* The processor has no random numbers. */
static inline bool rdrand(uint64_t *number)
{
    (void)number;
    return false;
}
static inline bool rdseed(uint64_t *number)
{
    return rdrand(number);
}

uint64_t read_msr(uint32_t msr);
void write_msr(uint32_t msr, uint64_t value);

/* In tests/host/support.c. */
extern uint64_t host_cr4;

enum { CR4_MCE = 1 << 6 };

static inline uint64_t read_cr4(void)
{
    return host_cr4;
}

static inline void write_cr4(uint64_t value)
{
    host_cr4 = value;
}

/* The page tables that are in use; in tests/host/support.c. */
extern uint64_t host_cr3;

static inline void write_cr3(uint64_t value)
{
    host_cr3 = value;
}

/* The counter stands still, unless a test moves it or has each read move it by a step; in
 * tests/host/support.c. */
extern uint64_t host_tsc, host_tsc_step;

static inline uint64_t read_tsc(void)
{
    return host_tsc += host_tsc_step;
}

/* In tests/host/page_tables.c. */
void invlpg(virt_addr_t address);

#endif
