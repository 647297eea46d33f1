#include <kernel/cpu/cpu.h>

/* The offsets that boot/entry.asm, cpu.inc and the Makefile use. */
_Static_assert(offsetof(struct cpu, self) == 0, "this_cpu() reads it there");
_Static_assert(offsetof(struct cpu, canary) == 8, "-mstack-protector-guard-offset=8");
_Static_assert(offsetof(struct cpu, interrupt_depth) == 16, "CPU_INTERRUPT_DEPTH");
_Static_assert(offsetof(struct cpu, trap_counts) == 144, "CPU_TRAP_COUNTS");
_Static_assert(offsetof(struct cpu, kernel_stack) == 2200, "CPU_KERNEL_STACK");
_Static_assert(offsetof(struct cpu, user_stack) == 2208, "CPU_USER_STACK");
_Static_assert(offsetof(struct cpu, user_time) == 2216, "CPU_USER_TIME");

static RO_AFTER_INIT struct gdt gdt;

struct cpu boot_cpu = {
    .self = &boot_cpu,
    .canary = 0x00c0ffee0badcafe, /* until canary_init() */
    .gdt = &gdt,
};
