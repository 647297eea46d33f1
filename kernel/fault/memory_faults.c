/*
 * Faults on purpose: accesses that the page tables forbid. An exploit would try the same, so none
 * may succeed; one that does prints a line.
 */
#include <image.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/stacks.h>
#include <kernel/fault/trigger.h>
#include <kernel/log/console.h>
#include <layout.h>
#include <mm/kernel_space.h>

enum { RET = 0xc3 };

/* The targets of writes and calls; their names appear in the report. */
static const char message_table[] = "this may not be overwritten";
static RO_AFTER_INIT uint64_t sealed = 1;
static uint8_t data_code[16] = {RET};
static const __attribute__((used)) uint8_t rodata_code[16] = {RET};

/* The accesses are assembly, so that the compiler cannot remove them, and inlined, so that the
 * report names the function of the fault. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE void try_read(virt_addr_t address)
{
    uint8_t value;
    __asm__ volatile("movb (%1), %0" : "=q"(value) : "r"(address) : "memory");
    console_printf("fault: %p could be read: 0x%x\n", (void *)address, value);
}

ALWAYS_INLINE void try_write_byte(virt_addr_t address, uint8_t value)
{
    __asm__ volatile("movb %1, (%0)" : : "r"(address), "q"(value) : "memory");
    console_printf("fault: %p could be written to\n", (void *)address);
}

/* Writes to a page that can be read. It writes the value that is there: if the write succeeds, it
 * does no harm. */
ALWAYS_INLINE void try_write(virt_addr_t address)
{
    try_write_byte(address, *(const volatile uint8_t *)address);
}

ALWAYS_INLINE void try_execute(virt_addr_t address)
{
    __asm__ volatile("call *%0" : : "r"(address) : "memory", "cc");
    console_printf("fault: %p could be executed\n", (void *)address);
}

FAULT(null_read, "null-read", "read through a null pointer")
{
    try_read(0);
}

FAULT(null_write, "null-write", "write through a null pointer")
{
    try_write_byte(0, 0);
}

FAULT(null_call, "null-call", "call a null pointer")
{
    try_execute(0);
}

FAULT(unmapped_read, "unmapped-read", "read where nothing is mapped")
{
    try_read(STACKS_BASE - PAGE_SIZE);
}

FAULT(write_text, "write-text", "write to code")
{
    try_write((virt_addr_t)text_start + 0x100);
}

FAULT(write_rodata, "write-rodata", "write to a constant")
{
    try_write((virt_addr_t)message_table);
}

FAULT(write_ro_after_init, "write-ro-after-init", "write to data that is constant after set-up")
{
    try_write((virt_addr_t)&sealed);
}

FAULT(write_alias, "write-alias", "write to code through the direct map")
{
    try_write((virt_addr_t)phys_to_virt(image_to_phys(text_start)));
}

FAULT(write_idt, "write-idt", "write to the interrupt descriptor table")
{
    struct descriptor_table_pointer table;
    __asm__ volatile("sidt %0" : "=m"(table));
    try_write(table.base);
}

FAULT(write_gdt, "write-gdt", "write to the global descriptor table")
{
    struct descriptor_table_pointer table;
    __asm__ volatile("sgdt %0" : "=m"(table));
    try_write(table.base);
}

FAULT(exec_data, "exec-data", "execute data")
{
    try_execute((virt_addr_t)data_code);
}

FAULT(exec_stack, "exec-stack", "execute code on the stack")
{
    volatile uint8_t code[16] = {RET};
    try_execute((virt_addr_t)code);
}

FAULT(exec_rodata, "exec-rodata", "execute a constant")
{
    try_execute((virt_addr_t)rodata_code);
}

FAULT(exec_alias, "exec-alias", "execute code through the direct map")
{
    try_execute((virt_addr_t)phys_to_virt(image_to_phys(text_start)));
}

FAULT(guard_page, "guard-page", "write below the stack")
{
    try_write_byte(stacks[STACK_BOOT].bottom - 8, 0);
}

FAULT(guard_page_above, "guard-page-above", "write above the stack")
{
    try_write_byte(stacks[STACK_BOOT].top, 0);
}

FAULT(guard_page_ist, "guard-page-ist", "write below the double fault stack")
{
    try_write_byte(stacks[STACK_DOUBLE_FAULT].bottom - 8, 0);
}

FAULT(reserved_bit, "reserved-bit", "read through a page-table entry with a reserved bit set")
{
    /* No processor has that much memory, so the entry's high bits are reserved (SDM 3A 4.5). */
    virt_addr_t page = STACKS_BASE + GIB(512);
    phys_addr_t far_away = UINT64_C(1) << 51;
    if (paging_map(&kernel_space, page, far_away, PAGE_4K, PAGE_NO_EXECUTE) == OK)
        try_read(page);
}
