/*
 * The data of a processor. Each processor has one `struct cpu`, and the base of its GS segment
 * (Intel SDM 3A 3.4.4.1) points there: this_cpu() in <kernel/cpu/control.h>. boot/entry.asm sets
 * the base before the first C function runs. Cairn runs on one processor.
 */
#ifndef KERNEL_CPU_CPU_H
#define KERNEL_CPU_CPU_H

#include <kernel/cpu/control.h>
#include <kernel/cpu/gdt.h>

enum { VECTOR_COUNT = 256 };

/* include/kernel/cpu/cpu.inc has the offsets that assembly uses. */
struct cpu {
    struct cpu *self; /* what this_cpu() reads */
    /* The stack protector's canary. The compiler reads it at this offset (Makefile). */
    uintptr_t canary;
    /* The number of interrupt and NMI handlers that are running, each of which interrupted the one
     * before it. */
    uint32_t interrupt_depth;
    struct task *current;               /* the task that is being polled, or NULL */
    struct gdt *gdt;                    /* read-only after set-up */
    struct tss tss;                     /* stays writable */
    uint64_t trap_counts[VECTOR_COUNT]; /* since the start, by vector */
    struct stack *thread_stack;         /* that of the running thread; NULL while none runs */
    virt_addr_t kernel_stack; /* where a system call begins: the running thread's top, as rsp[0] */
    virt_addr_t user_stack;   /* the program's stack pointer, for the first moments of a call */
    /* Ticks of the time stamp counter spent in user mode: each way out of it adds the counter, and
     * each way in subtracts it. So it holds while the kernel runs. */
    uint64_t user_time;
    struct address_space *space; /* whose page tables are in use; NULL: the kernel's own */
};

/* The struct of the processor that boots. */
extern struct cpu boot_cpu;

/* Is an interrupt handler or an NMI's running? Exceptions do not count: their handlers run on
 * behalf of the code that caused them. Any context. A function that may not run in an interrupt
 * handler asserts that this is false. */
static inline bool in_interrupt(void)
{
    return this_cpu_word_is_set(offsetof(struct cpu, interrupt_depth));
}

#endif
