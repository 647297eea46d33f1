/*
 * The part of the map of memory (include/layout.h) to which an address belongs, most specific
 * first: a stack, the image with a symbol's name, a window of the kernel's half.
 */
#include <image.h>
#include <kernel/cpu/stacks.h>
#include <kernel/fault/place.h>
#include <kernel/log/symbols.h>
#include <layout.h>
#include <lib/format.h>

static void spell_image_place(virt_addr_t address, char *text, size_t size)
{
    uint64_t offset;
    const char *section = symbol_section(address);
    const char *name = symbol_find(address, &offset);
    if (!name)
        snprintf(text, size, "kernel %s", section);
    else if (offset == 0)
        snprintf(text, size, "kernel %s, \"%s\"", section, name);
    else
        snprintf(text, size, "kernel %s, \"%s\"+0x%lx", section, name, offset);
}

static void spell_stack_place(virt_addr_t address, const struct stack *stack, char *text,
                              size_t size)
{
    const char *where = address < stack->bottom ? "guard page below the "
                        : address >= stack->top ? "guard page above the "
                                                : "";
    snprintf(text, size, "%s%s stack", where, stack->name);
}

static void spell_direct_map_place(phys_addr_t physical, char *text, size_t size)
{
    int length = snprintf(text, size, "direct map of physical 0x%lx", physical);
    if (symbol_section(physical + KERNEL_BASE) && (size_t)length + 2 < size) {
        size_t used = (size_t)length + (size_t)snprintf(text + length, size - (size_t)length, ", ");
        spell_image_place(physical + KERNEL_BASE, text + used, size - used);
    }
}

void fault_spell_place(virt_addr_t address, char *text, size_t size)
{
    const struct stack *stack = stack_find(address);
    if (stack) /* comes first, as these stacks are part of .bss */
        spell_stack_place(address, stack, text, size);
    else if (symbol_section(address))
        spell_image_place(address, text, size);
    else if (address - DIRECT_MAP_BASE < DIRECT_MAP_SIZE)
        spell_direct_map_place(address - DIRECT_MAP_BASE, text, size);
    else if (address - HEAP_BASE < HEAP_WINDOW)
        snprintf(text, size, "the heap's window");
    else if (address < PAGE_SIZE)
        snprintf(text, size, "page 0");
    else if (!is_canonical(address))
        snprintf(text, size, "not a canonical address");
    else if (address < DIRECT_MAP_BASE)
        snprintf(text, size, "the half for user programs");
    else
        snprintf(text, size, "outside of all that the kernel uses");
}
