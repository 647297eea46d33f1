/*
 * Triggers each fault in a boot of its own. The report has to say in words what happened, and
 * where. Faults that Linux's LKDTM has, too, have its names.
 */
#include <kernel/cpu/trap.h>
#include <kernel/fault/trigger.h>
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/kernel_space.h>
#include <mm/paging_walk.h>

#include "../test.h"
#include "frame_chain.h"

/* Triggers FAULT(identifier, ...) of kernel/fault/; the last arguments are texts of its report. */
#define FAULT_TEST(identifier, test_name, fault_name, ...)                       \
    TEST_PANIC(fault_##identifier, test_name, "fault_" #identifier, __VA_ARGS__) \
    {                                                                            \
        EXPECT(fault_trigger(fault_name));                                       \
    }

/* --- Exceptions ------------------------------------------------------------------------------ */

FAULT_TEST(divide, divide_error, "divide", "PANIC: divide error: a division by zero",
           "exception 0, divide error #DE", "  on the boot stack")
FAULT_TEST(invalid_opcode, ud2, "invalid-opcode", "PANIC: invalid opcode: bytes that are no",
           "  code 0f 0b ")
FAULT_TEST(sse, fpu, "sse", "PANIC: device not available: an x87, MMX or SSE instruction")
FAULT_TEST(x87, fpu, "x87", "PANIC: device not available: an x87, MMX or SSE instruction")
FAULT_TEST(bad_selector, selector, "bad-selector", "PANIC: general protection fault",
           "error code 0x1230: selector 582 of the GDT")
FAULT_TEST(non_canonical, read, "non-canonical",
           "PANIC: general protection fault: use of the non-canonical address 0x8000000000000008")
FAULT_TEST(non_canonical_call, call, "non-canonical-call", "PANIC: general protection fault",
           "the non-canonical address 0x1234000000000000")
FAULT_TEST(broken_stack, double_fault, "broken-stack",
           "PANIC: double fault: the stack pointer 0x0000000123450000 points into no stack",
           "exception 8, double fault #DF; error code 0x0", "  on no known stack",
           "  if a page fault came first, it was at 0x000000012344fff8", " (the half for user")
FAULT_TEST(assert, bug, "assert", "PANIC: ASSERT(apples == 4) (kernel/fault/exception_faults.c:")
FAULT_TEST(panic, panic, "panic", "PANIC: requested by a command (kernel/fault/exception_faults.c:")

/* --- What the page tables forbid ------------------------------------------------------------- */

FAULT_TEST(null_read, access_null, "null-read",
           "PANIC: read through a null pointer at 0x0000000000000000 (page 0)",
           "error code 0x0: read, page not present, kernel", "  page tables: 4[0] 0x0, not present")
FAULT_TEST(null_write, access_null, "null-write",
           "PANIC: write through a null pointer at 0x0000000000000000",
           "error code 0x2: write, page not present, kernel")
FAULT_TEST(null_call, exec_null, "null-call", "PANIC: call of a null pointer at 0x0000000000000000",
           "execution, page not present", "    0x0000000000000000")
FAULT_TEST(unmapped_read, unmapped, "unmapped-read", "PANIC: read where no page is mapped at 0x")
FAULT_TEST(write_text, write_kern, "write-text", "PANIC: write to a read-only page at 0xffffffff8",
           "(kernel .text", "error code 0x3: write, page present, kernel",
           ", read-only, executable")
FAULT_TEST(write_rodata, write_ro, "write-rodata", "PANIC: write to a read-only page at 0x",
           "(kernel .rodata, \"message_table\")", ", read-only, no-execute", "rax ", "rsp ", "r15 ",
           "cr0 ", "cr2 ", "cr3 ", "cr4 ", "efer ", "rflags ", "  code ")
FAULT_TEST(write_ro_after_init, write_ro_after_init, "write-ro-after-init",
           "PANIC: write to a read-only page at 0x", "(kernel .ro_after_init, \"sealed\")")
FAULT_TEST(write_alias, write_kern, "write-alias",
           "PANIC: write to a read-only page at 0xffff800000100000",
           "(direct map of physical 0x100000, kernel .text")
FAULT_TEST(write_idt, write_idt, "write-idt", "PANIC: write to a read-only page at 0x",
           "(kernel .ro_after_init, \"idt\")")
FAULT_TEST(write_gdt, write_gdt, "write-gdt", "PANIC: write to a read-only page at 0x",
           "(kernel .ro_after_init, \"gdt\")")
FAULT_TEST(exec_data, exec_data, "exec-data", "PANIC: execution of a no-execute page at 0x",
           "(kernel .data, \"data_code\")", "error code 0x11: execution, page present, kernel",
           "  code c3 ")
FAULT_TEST(exec_stack, exec_stack, "exec-stack", "PANIC: execution of a no-execute page at 0x",
           "(boot stack)")
FAULT_TEST(exec_rodata, exec_rodata, "exec-rodata", "PANIC: execution of a no-execute page at 0x",
           "(kernel .rodata, \"rodata_code\")")
FAULT_TEST(exec_alias, exec_direct_map, "exec-alias",
           "PANIC: execution of a no-execute page at 0xffff800000100000")
FAULT_TEST(reserved_bit, reserved_bit, "reserved-bit",
           "PANIC: read through a page-table entry with a reserved bit set at 0xffffd08000000000",
           "reserved bit set")

/* The report does not follow an entry to an address without memory. */
TEST_PANIC(fault_with_broken_table, leads_nowhere, "run__fault_with_broken_table__leads_nowhere",
           "PANIC: read through a page-table entry with a reserved bit set at 0xffffd08000000000",
           "  page tables: 4[", ", no table is there", "  code ", "cr2 ffffd08000000000",
           "  backtrace:")
{
    virt_addr_t page = STACKS_BASE + GIB(512);
    struct paging_step steps[PAGING_LEVELS];
    EXPECT_EQ(paging_map(&kernel_space, page, frame_alloc(), PAGE_4K, PAGE_NO_EXECUTE), OK);
    EXPECT_EQ(paging_walk(&kernel_space, page, steps), PAGING_LEVELS);
    uint64_t *entry = (uint64_t *)phys_to_virt(steps[1].entry & PAGE_ADDRESS_MASK) + steps[2].index;
    *entry |= UINT64_C(1) << 45; /* more than QEMU's processor can address, so a reserved bit */
    (void)*(const volatile uint8_t *)page;
}

/* --- The heap -------------------------------------------------------------------------------- */

FAULT_TEST(exec_heap, exec_kmalloc, "exec-heap", "PANIC: execution of a no-execute page at 0xffffc",
           "(the heap's window)", "  code c3")
FAULT_TEST(double_free, slab_free_double, "double-free", "PANIC: heap: double free of 0xffffc",
           ", called from fault_double_free+0x")
FAULT_TEST(invalid_free, slab_free_cross, "invalid-free", "PANIC: heap: free of 0xffffc",
           ", which is not a block's start, called from fault_invalid_free+0x")
FAULT_TEST(foreign_free, slab_free_page, "foreign-free", "PANIC: heap: free of foreign address 0x",
           ", called from fault_foreign_free+0x")

/* The report needs no heap: here all of the heap's pointers are garbage. */
TEST_PANIC(fault_with_broken_heap, overwritten, "fault_null_write",
           "PANIC: write through a null pointer", "  backtrace:")
{
    memset(&kernel_heap, 0xa5, sizeof(kernel_heap));
    fault_trigger("null-write");
}

/* --- Stacks ---------------------------------------------------------------------------------- */

FAULT_TEST(guard_page, stack_guard_page_leading, "guard-page",
           "PANIC: kernel stack overflow: write in the guard page below the boot stack at 0x")
FAULT_TEST(guard_page_above, stack_guard_page_trailing, "guard-page-above",
           "PANIC: write in the guard page above the boot stack at 0x")
FAULT_TEST(guard_page_ist, stack_guard_page_leading, "guard-page-ist",
           "PANIC: write in the guard page below the double fault stack at 0x")
FAULT_TEST(big_frame, big_frame, "big-frame",
           "PANIC: double fault: kernel stack overflow: the boot stack, 16 KiB, is full")
FAULT_TEST(stack_smash, corrupt_stack_strong, "stack-smash",
           "PANIC: stack smashed: fault_stack_smash wrote past the end of one of its arrays",
           ", found at fault_stack_smash+0x")

TEST_PANIC(fault_stack_overflow, exhaust_stack, "recurse",
           "PANIC: double fault: kernel stack overflow: the boot stack, 16 KiB, is full",
           "  if a page fault came first, it was at 0xffffffff8",
           " (guard page below the boot stack)")
{
    EXPECT(fault_trigger("stack-overflow"));
}

/* --- The kernel's own checks ----------------------------------------------------------------- */

FAULT_TEST(list_corrupt, corrupt_list_del, "list-corrupt",
           "PANIC: ASSERT(node->next->previous == node)")
FAULT_TEST(list_corrupt_add, corrupt_list_add, "list-corrupt-add",
           "PANIC: ASSERT(before->next == where)")
FAULT_TEST(ubsan, overflow_signed, "ubsan",
           "PANIC: undefined behaviour: 2147483647 + 1 cannot be represented in type 'int' "
           "(kernel/fault/ubsan_faults.c:")
FAULT_TEST(ubsan_bounds, array_bounds, "ubsan-bounds",
           "PANIC: undefined behaviour: index 4 is out of range for type 'int",
           "[4]' (kernel/fault/ubsan_faults.c:")
FAULT_TEST(ubsan_shift, shift, "ubsan-shift",
           "PANIC: undefined behaviour: shift of type 'int' by 32 (of the value 1) "
           "(kernel/fault/ubsan_faults.c:")
FAULT_TEST(ubsan_null, null, "ubsan-null",
           "PANIC: undefined behaviour: load through a null pointer of type 'int' "
           "(kernel/fault/ubsan_faults.c:")
FAULT_TEST(ubsan_alignment, unaligned_load_store_write, "ubsan-alignment",
           "PANIC: undefined behaviour: load through a misaligned pointer ",
           " of type 'int' "
           "(kernel/fault/ubsan_faults.c:")

/* --- Faults in bad moments ------------------------------------------------------------------- */

/* The report needs no memory. */
TEST_PANIC(fault_without_memory, exhausted, "fault_null_write",
           "PANIC: write through a null pointer")
{
    phys_addr_t all = NO_FRAME;
    frame_chain_take_all(&all);
    fault_trigger("null-write");
}

static uint64_t fail_in_handler(void)
{
    if (in_interrupt())
        fault_trigger("null-read");
    return 0;
}

/* In a handler: the backtrace goes on in the code that was interrupted. The NMI's handler logs a
 * line, and the log calls its clock. */
TEST_PANIC(fault_in_interrupt, in_handler, "fault_nmi", "PANIC: read through a null pointer",
           ", in an interrupt handler", "    (non-maskable interrupt)")
{
    log_set_clock(fail_in_handler);
    fault_trigger("nmi");
}

/* The second level says less. */
TEST_PANIC(fault_in_panic, second_level, "", "PANIC: ", "PANIC: page fault at 0xffffffff8",
           ", address 0x0000000000000010, during a panic")
{
    fault_trigger("panic-in-panic");
}

/* A sink that passes its text on and then faults, in every report: the third level prints nothing,
 * or this would never end. */
static void write_and_fail(struct console_sink *sink, const char *text, size_t length)
{
    static char line_end = '\n';
    sink->next->write(sink->next, text, length);
    sink->next->write(sink->next, &line_end, 1);
    fault_trigger("null-write");
}

TEST_PANIC(fault_in_every_report, third_level, "", "PANIC: ")
{
    static struct console_sink sink = {.write = write_and_fail};
    log_flush();
    console_add_sink(&sink);
    fault_trigger("divide");
}
