#include <assert.h>
#include <kernel/cpu/cpu.h>
#include <kernel/cpu/stacks.h>

_Static_assert(sizeof(struct tss) == 104, "SDM 3A figure 8-11");
_Static_assert(offsetof(struct tss, ist) == 36, "SDM 3A figure 8-11");

/* Descriptor bits (SDM 3A 3.4.5). */
#define ACCESSED     (1ull << 40)
#define WRITABLE     (1ull << 41)
#define EXECUTABLE   (1ull << 43)
#define CODE_OR_DATA (1ull << 44)
#define USER         (3ull << 45)
#define PRESENT      (1ull << 47)
#define LONG_MODE    (1ull << 53)
#define TYPE_TSS     (9ull << 40)

/* The accessed bits are set beforehand: the processor would set them itself on the first load, and
 * the table lies in memory that becomes read-only. */
static void fill_gdt(struct gdt *gdt, const struct tss *tss)
{
    uint64_t base = (uintptr_t)tss;
    uint64_t limit = sizeof(*tss) - 1;
    gdt->kernel_code = PRESENT | CODE_OR_DATA | EXECUTABLE | LONG_MODE | ACCESSED;
    gdt->kernel_data = PRESENT | CODE_OR_DATA | WRITABLE | ACCESSED;
    gdt->user_code = gdt->kernel_code | USER;
    gdt->user_data = gdt->kernel_data | USER;
    gdt->tss_low = PRESENT | TYPE_TSS | (base >> 24 & 0xff) << 56 | (base & 0xffffff) << 16 | limit;
    gdt->tss_high = base >> 32;
}

static void set_ist(struct tss *tss, unsigned index, const struct stack *stack)
{
    /* The processor aligns the stack to 16 bytes before it pushes (SDM 3A 6.14.2). The top is
     * aligned already, so the frame lies right below it. */
    ASSERT(index >= 1 && index <= 7 && stack->top % 16 == 0);
    tss->ist[index - 1] = stack->top;
}

void gdt_init(void)
{
    struct cpu *cpu = this_cpu();
    set_ist(&cpu->tss, IST_DOUBLE_FAULT, &stacks[STACK_DOUBLE_FAULT]);
    set_ist(&cpu->tss, IST_NMI, &stacks[STACK_NMI]);
    set_ist(&cpu->tss, IST_MACHINE_CHECK, &stacks[STACK_MACHINE_CHECK]);
    set_ist(&cpu->tss, IST_DEBUG, &stacks[STACK_DEBUG]);
    cpu->tss.io_map_base = sizeof(struct tss); /* there is no I/O map */
    fill_gdt(cpu->gdt, &cpu->tss);

    const struct descriptor_table_pointer pointer = {sizeof(*cpu->gdt) - 1, (uintptr_t)cpu->gdt};
    __asm__ volatile("lgdt %0\n\t"
                     /* A far return is the way to load cs in 64-bit code. */
                     "pushq %1\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\n\t"
                     "movw %w2, %%ds\n\t"
                     "movw %w2, %%es\n\t"
                     "movw %w2, %%ss\n\t"
                     "ltr %w3"
                     :
                     : "m"(pointer), "i"(KERNEL_CODE_SELECTOR), "r"((uint32_t)KERNEL_DATA_SELECTOR),
                       "r"((uint32_t)TSS_SELECTOR)
                     : "rax", "memory");
}
