/*
 * One function for each instruction that C cannot express: control registers, model-specific
 * registers, CPUID, the interrupt flag. Intel SDM 2 describes each. Any context, unless said
 * otherwise.
 */
#ifndef KERNEL_CPU_CONTROL_H
#define KERNEL_CPU_CONTROL_H

#include <types.h>

/* The operand of LGDT and LIDT (Intel SDM 3A 2.4). */
struct PACKED descriptor_table_pointer {
    uint16_t limit; /* the table's last byte */
    uint64_t base;
};

enum {
    CR0_WP = 1 << 16, /* the kernel, too, cannot write to read-only pages */
    CR0_AM = 1 << 18, /* a program that sets the flag AC has its alignment checked */
    CR4_MCE = 1 << 6, /* a machine check is an exception, not a shutdown */
    CR4_PGE = 1 << 7,
    CR4_OSFXSR = 1 << 9, /* SSE instructions are known, but CR0.TS stops them */
    CR4_UMIP = 1 << 11,
    CR4_FSGSBASE = 1 << 16, /* programs may read and write their bases of FS and GS */
    CR4_OSXSAVE = 1 << 18,  /* XSAVE works, and programs may look whether it does */
    CR4_SMEP = 1 << 20,
    CR4_SMAP = 1 << 21,
    MSR_EFER = (int)0xc0000080,
    EFER_NXE = 1 << 11,
    RFLAGS_ALWAYS = 1 << 1, /* reads as 1 */
    RFLAGS_TF = 1 << 8,
    RFLAGS_IF = 1 << 9,
    RFLAGS_RF = 1 << 16,
};

#define DEFINE_CONTROL_REGISTER(name)                                   \
    static inline uint64_t read_##name(void)                            \
    {                                                                   \
        uint64_t value;                                                 \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(value));          \
        return value;                                                   \
    }                                                                   \
    static inline void write_##name(uint64_t value)                     \
    {                                                                   \
        __asm__ volatile("mov %0, %%" #name : : "r"(value) : "memory"); \
    }

DEFINE_CONTROL_REGISTER(cr0)
DEFINE_CONTROL_REGISTER(cr2)
DEFINE_CONTROL_REGISTER(cr3)
DEFINE_CONTROL_REGISTER(cr4)
DEFINE_CONTROL_REGISTER(dr6)
DEFINE_CONTROL_REGISTER(dr7)

/* Reads and writes a model-specific register. The caller knows from CPUID that it exists:
 * otherwise, a general protection fault occurs. */
static inline uint64_t read_msr(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}
static inline void write_msr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

/* Drops the TLB's entry for the page of `address`. */
static inline void invlpg(virt_addr_t address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

/* The result of CPUID. The caller compares `leaf` with the highest one (leaf 0, or 0x80000000)
 * first: beyond it, the answer is another leaf's. */
struct cpuid_result {
    uint32_t eax, ebx, ecx, edx;
};
static inline struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_result result;
    __asm__ volatile("cpuid"
                     : "=a"(result.eax), "=b"(result.ebx), "=c"(result.ecx), "=d"(result.edx)
                     : "a"(leaf), "c"(subleaf));
    return result;
}

/* The time stamp counter. The processor may read it before earlier instructions have completed. */
static inline uint64_t read_tsc(void)
{
    uint64_t low, high; /* the upper halves of both registers become 0 */
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return high << 32 | low;
}

/* Random numbers of the processor's own (Intel SDM 1 7.3.17), where CPUID has these instructions.
 * False: it has none to give now. */
static inline bool rdrand(uint64_t *number)
{
    bool ready;
    __asm__ volatile("rdrand %0" : "=r"(*number), "=@ccc"(ready));
    return ready;
}
static inline bool rdseed(uint64_t *number)
{
    bool ready;
    __asm__ volatile("rdseed %0" : "=r"(*number), "=@ccc"(ready));
    return ready;
}

/* The RFLAGS register. */
static inline uint64_t read_rflags(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq; popq %0" : "=r"(flags));
    return flags;
}

/* Enable maskable interrupts, from after the next instruction on, and disable them. The compiler
 * moves no access to memory across either. */
static inline void interrupts_enable(void)
{
    __asm__ volatile("sti" : : : "memory");
}
static inline void interrupts_disable(void)
{
    __asm__ volatile("cli" : : : "memory");
}

/* Enables interrupts for one instruction: those that are pending are taken, and are masked again.
 */
static inline void interrupts_admit_pending(void)
{
    __asm__ volatile("sti; nop; cli" : : : "memory");
}

/* Would a maskable interrupt be taken now? */
static inline bool interrupts_enabled(void)
{
    return read_rflags() & RFLAGS_IF;
}

/* Masks interrupts and returns the flags for interrupts_restore(). Pairs of the two nest. */
static inline uint64_t interrupts_save(void)
{
    uint64_t flags = read_rflags();
    interrupts_disable();
    return flags;
}

/* Enables interrupts if they were enabled at the interrupts_save() that returned `flags`. */
static inline void interrupts_restore(uint64_t flags)
{
    if (flags & RFLAGS_IF)
        interrupts_enable();
}

/* The running processor's struct cpu, of <kernel/cpu/cpu.h>. The base of GS is its address, and so
 * is its first word. */
struct cpu;
static inline struct cpu *this_cpu(void)
{
    struct cpu *cpu;
    __asm__ volatile("mov %%gs:0, %0" : "=r"(cpu));
    return cpu;
}

/* Is the 32-bit word at `offset` in this processor's struct something else than 0? One instruction
 * and a jump, where this_cpu() takes three: many ASSERTs look at one. */
static inline __attribute__((always_inline)) bool this_cpu_word_is_set(size_t offset)
{
    bool set;
    __asm__ volatile("cmpl $0, %%gs:%c1" : "=@ccne"(set) : "i"(offset));
    return set;
}

/* Sleeps until the next interrupt. Called with interrupts masked, returns with them enabled: `sti`
 * takes effect only after the instruction that follows it (SDM 2, STI), so that an interrupt that
 * is already waiting ends the `hlt` at once. */
static inline void wait_for_interrupt(void)
{
    __asm__ volatile("sti; hlt" : : : "memory");
}

/* Stops this processor for good: after an NMI it halts again. */
static inline NORETURN void halt_forever(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

#endif
