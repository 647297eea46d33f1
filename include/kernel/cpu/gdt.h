/*
 * Segments. Long mode has little use for them: flat code and data, and the task state segment,
 * which holds the addresses of stacks.
 */
#ifndef KERNEL_CPU_GDT_H
#define KERNEL_CPU_GDT_H

#include <types.h>

/* Indices into the TSS's interrupt stack table, as gates carry them (Intel SDM 3A 6.14.5); 0 means
 * "no switch". */
enum { IST_NONE, IST_DOUBLE_FAULT, IST_NMI, IST_MACHINE_CHECK, IST_DEBUG };

/* The task state segment (Intel SDM 3A 8.7). Its 64-bit fields are only 4-byte aligned, hence
 * packed. */
struct PACKED tss {
    uint32_t reserved0;
    uint64_t rsp[3]; /* rsp[0]: the stack for traps from user mode */
    uint64_t reserved1;
    uint64_t ist[7]; /* ist[0] is number 1 */
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map_base;
};

/* SYSCALL and SYSRET find the segments by their order (Intel SDM 2, SYSRET): kernel code and data
 * side by side, user data and code 8 and 16 behind a base. Programs can read their selectors, which
 * are Linux's: 0x33 and 0x2b. */
struct gdt {
    uint64_t null;
    uint64_t kernel_code;
    uint64_t kernel_data;
    uint64_t unused;
    uint64_t user_base; /* SYSRET would take it for 32-bit code; there is none */
    uint64_t user_data;
    uint64_t user_code;
    uint64_t tss_low;
    uint64_t tss_high;
};

#define KERNEL_CODE_SELECTOR offsetof(struct gdt, kernel_code)
#define KERNEL_DATA_SELECTOR offsetof(struct gdt, kernel_data)
/* With the privilege that user mode has. */
#define USER_CODE_SELECTOR (offsetof(struct gdt, user_code) | 3)
#define USER_DATA_SELECTOR (offsetof(struct gdt, user_data) | 3)
#define TSS_SELECTOR       offsetof(struct gdt, tss_low)

/* Completes this processor's GDT and TSS, and loads them. Called once on each processor, before
 * trap_init(). */
void gdt_init(void);

#endif
