/*
 * Stands in for include/kernel/cpu/control.h in the host tests, which have no interrupts.
 */
#ifndef KERNEL_CPU_CONTROL_H
#define KERNEL_CPU_CONTROL_H

#include <types.h>

static inline uint64_t interrupts_save(void)
{
    return 0;
}

static inline void interrupts_restore(uint64_t flags)
{
    (void)flags;
}

static inline void interrupts_enable(void)
{
}

static inline void interrupts_disable(void)
{
}

static inline void wait_for_interrupt(void)
{
}

/* How often invlpg was executed, and for what last; in tests/host/paging.c. */
extern unsigned invlpg_count;
extern virt_addr_t invlpg_last;

static inline void invlpg(virt_addr_t address)
{
    invlpg_count++;
    invlpg_last = address;
}

#endif
