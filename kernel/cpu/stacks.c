#include <kernel/cpu/cpu.h>
#include <kernel/cpu/stacks.h>
#include <layout.h>

enum { IST_STACK_SIZE = 8192 };
_Static_assert(IST_STACK_SIZE % PAGE_SIZE == 0, "each guard is a page of its own");

struct guarded_stack {
    unsigned char guard_below[PAGE_SIZE];
    unsigned char memory[IST_STACK_SIZE];
    unsigned char guard_above[PAGE_SIZE];
} ALIGNED(4096);

static struct guarded_stack double_fault, nmi, machine_check, debug;

/* boot/stack.asm */
extern unsigned char boot_stack_bottom[], boot_stack_top[];

#define GUARDED(stack) (virt_addr_t)(stack).memory, (virt_addr_t)(stack).guard_above

const struct stack stacks[STACK_COUNT] = {
    [STACK_BOOT] = {"boot", (virt_addr_t)boot_stack_bottom, (virt_addr_t)boot_stack_top},
    [STACK_DOUBLE_FAULT] = {"double fault", GUARDED(double_fault)},
    [STACK_NMI] = {"NMI", GUARDED(nmi)},
    [STACK_MACHINE_CHECK] = {"machine check", GUARDED(machine_check)},
    [STACK_DEBUG] = {"debug", GUARDED(debug)},
};

static bool is_near(const struct stack *stack, virt_addr_t address)
{
    return address >= stack->bottom - PAGE_SIZE && address < stack->top + PAGE_SIZE;
}

const struct stack *stack_find(virt_addr_t address)
{
    for (size_t i = 0; i < STACK_COUNT; i++) {
        if (is_near(&stacks[i], address))
            return &stacks[i];
    }
    const struct stack *thread_stack = this_cpu()->thread_stack;
    return thread_stack && is_near(thread_stack, address) ? thread_stack : NULL;
}
