/*
 * Segments. Long mode has little use for them: flat code and data, and the task state segment that
 * names the IST stacks.
 */
#ifndef KERNEL_CPU_GDT_H
#define KERNEL_CPU_GDT_H

#include <types.h>

/* Indices into the TSS's interrupt stack table, as gates carry them (Intel SDM 3A 6.14.5); 0 means
 * "no switch". */
enum { IST_NONE, IST_DOUBLE_FAULT, IST_NMI, IST_MACHINE_CHECK };

struct gdt {
    uint64_t null;
    uint64_t kernel_code;
    uint64_t kernel_data;
    uint64_t tss_low;
    uint64_t tss_high;
};

#define KERNEL_CODE_SELECTOR offsetof(struct gdt, kernel_code)
#define KERNEL_DATA_SELECTOR offsetof(struct gdt, kernel_data)
#define TSS_SELECTOR         offsetof(struct gdt, tss_low)

/* Loads the kernel's GDT and TSS. Called once, before the IDT is. */
void gdt_init(void);

#endif
