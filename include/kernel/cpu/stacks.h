/*
 * The stacks that exist from the start: the boot's, on which the executor runs later, and those
 * that the processor switches to by itself (IST, Intel SDM 3A 6.14.5), because the current stack
 * may be broken. Threads bring stacks of their own.
 */
#ifndef KERNEL_CPU_STACKS_H
#define KERNEL_CPU_STACKS_H

#include <types.h>

enum { STACK_BOOT, STACK_DOUBLE_FAULT, STACK_NMI, STACK_MACHINE_CHECK, STACK_DEBUG, STACK_COUNT };

/* Page-aligned; the page below `bottom` and the page at `top` are guard pages: no memory is mapped
 * there once the kernel's own page tables are in use. */
struct stack {
    const char *name;
    virt_addr_t bottom;
    virt_addr_t top;
};

extern const struct stack stacks[STACK_COUNT];

/* The stack whose guard pages or memory hold `address`, the running thread's among them; NULL for
 * those of other threads, whose memory may be gone. Any context. */
const struct stack *stack_find(virt_addr_t address);

#endif
