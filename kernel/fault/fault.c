/*
 * The handler of all vectors that have no handler of their own. Its report is written for a reader
 * who is learning: first the fault in words, then in the processor's terms, then the state of the
 * machine. Something is already broken when it runs, so it allocates nothing, takes no lock, and
 * reads only memory that it knows to be mapped.
 */
#include <assert.h>
#include <image.h>
#include <io.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/safe_load.h>
#include <kernel/cpu/stacks.h>
#include <kernel/cpu/trap.h>
#include <kernel/fault/fault.h>
#include <kernel/fault/machine_check.h>
#include <kernel/fault/noncanonical.h>
#include <kernel/fault/place.h>
#include <kernel/fault/words.h>
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <kernel/log/panic.h>
#include <kernel/log/symbols.h>
#include <layout.h>
#include <lib/format.h>
#include <mm/paging_walk.h>

enum { TEXT = 160, MAX_INSTRUCTION = 15, CODE_BYTES = 16 };

_Static_assert(CODE_BYTES >= MAX_INSTRUCTION, "the report shows the whole instruction");

/* --- Exceptions after which the program goes on ---------------------------------------------- */

static void log_and_continue(const struct trap_frame *frame, const char *cause)
{
    log_info("fault: %s%s in %s (rip %p, rsp %p, rflags %08lx); going on",
             trap_name((unsigned)frame->vector), cause, symbol_place(frame->rip).text,
             (void *)frame->rip, (void *)frame->rsp, frame->rflags);
}

/* The causes of a debug exception, and the breakpoints that are on (Intel SDM 3B 18.2.3, 18.2.4).
 */
enum { DR6_SINGLE_STEP = 1 << 14, DR6_BREAKPOINTS = 0xf, DR7_ALL_ON = 0xff };

static void handle_debug(struct trap_frame *frame)
{
    const uint64_t nothing = 0xffff0ff0; /* as after a reset; some bits report by being 0 */
    uint64_t cause = read_dr6();
    uint64_t breakpoints = read_dr7();
    write_dr7(breakpoints & ~(uint64_t)DR7_ALL_ON); /* one in here would overwrite this stack */
    write_dr6(nothing);                             /* the processor never clears a cause */
    frame->rflags |= RFLAGS_RF; /* do not stop at this instruction's breakpoint again */
    log_and_continue(frame, cause & DR6_SINGLE_STEP   ? " (single step)"
                            : cause & DR6_BREAKPOINTS ? " (hardware breakpoint)"
                                                      : "");
    write_dr7(breakpoints);
}

/* PC system control port B: the cause of an NMI. */
enum { CONTROL_PORT_B = 0x61, MEMORY_PARITY = 1 << 7, IO_CHECK = 1 << 6 };

static void handle_nmi(const struct trap_frame *frame)
{
    uint8_t reason = inb(CONTROL_PORT_B);
    log_and_continue(frame, reason & MEMORY_PARITY ? " (memory parity or bus error)"
                            : reason & IO_CHECK    ? " (a card reports an error)"
                                                   : " (no known reason)");
}

static void (*end_interrupt)(unsigned vector) RO_AFTER_INIT;

void fault_set_interrupt_end(void (*end)(unsigned vector))
{
    ASSERT(end && !end_interrupt);
    end_interrupt = end;
}

static void handle_unexpected(unsigned vector)
{
    if (trap_count(vector) == 1)
        log_warn("fault: unexpected interrupt on vector %u; further ones are only counted", vector);
    if (end_interrupt)
        end_interrupt(vector);
}

/* --- The reason of a panic, in words ---------------------------------------------------------- */

static void print_page_fault(const struct trap_frame *frame)
{
    char what[TEXT], place[TEXT];
    virt_addr_t address = read_cr2();
    fault_spell_page_fault(frame->error_code, address, stack_find(address), stack_find(frame->rsp),
                           what, sizeof(what));
    fault_spell_place(address, place, sizeof(place));
    console_printf("%s at %p (%s)\n", what, (void *)address, place);
}

/* The number of bytes at `rip` that may belong to the instruction and can be read. */
static size_t code_length(virt_addr_t rip)
{
    if (rip < (virt_addr_t)text_start || rip >= (virt_addr_t)text_end)
        return 0;
    return MIN((virt_addr_t)text_end - rip, (virt_addr_t)MAX_INSTRUCTION);
}

static void print_general_protection(const struct trap_frame *frame)
{
    virt_addr_t address = frame->rip;
    if (frame->error_code == 0 &&
        (!is_canonical(address) ||
         fault_find_noncanonical((const uint8_t *)frame->rip, code_length(frame->rip), frame,
                                 &address)))
        console_printf("general protection fault: %s the non-canonical address %p\n",
                       address == frame->rip ? "execution at" : "use of", (void *)address);
    else
        console_printf("general protection fault: %s\n", fault_meaning(VECTOR_GENERAL_PROTECTION));
}

/* The processor cannot push a page fault's frame onto a stack that has overflowed, so that page
 * fault becomes a double fault. */
static void print_double_fault(const struct trap_frame *frame)
{
    const struct stack *stack = stack_find(frame->rsp);
    if (stack && frame->rsp <= stack->bottom)
        console_printf("double fault: kernel stack overflow: the %s stack, %lu KiB, is full\n",
                       stack->name, (stack->top - stack->bottom) / 1024);
    else if (!stack)
        console_printf("double fault: the stack pointer %p points into no stack\n",
                       (void *)frame->rsp);
    else
        console_printf("double fault: %s\n", fault_meaning(VECTOR_DOUBLE_FAULT));
}

static void print_reason(const struct trap_frame *frame)
{
    unsigned vector = (unsigned)frame->vector;
    switch (vector) {
    case VECTOR_PAGE_FAULT:
        print_page_fault(frame);
        break;
    case VECTOR_GENERAL_PROTECTION:
        print_general_protection(frame);
        break;
    case VECTOR_DOUBLE_FAULT:
        print_double_fault(frame);
        break;
    default:
        console_printf("%s: %s\n", trap_name(vector), fault_meaning(vector));
        break;
    }
}

/* --- The same in the processor's terms -------------------------------------------------------- */

static void print_exception(const struct trap_frame *frame)
{
    unsigned vector = (unsigned)frame->vector;
    char words[TEXT];
    console_printf("  exception %u, %s %s", vector, trap_name(vector), fault_mnemonic(vector));
    if (trap_has_error_code(vector)) {
        fault_spell_error_code(vector, frame->error_code, words, sizeof(words));
        console_printf("; error code 0x%lx%s%s", frame->error_code, words[0] ? ": " : "", words);
    }
    console_printf("\n");
}

static void print_context(const struct trap_frame *frame)
{
    const struct stack *stack = stack_find(frame->rsp);
    if (stack)
        console_printf("  on the %s stack", stack->name);
    else
        console_printf("  on no known stack");
    console_printf("%s\n", in_interrupt() ? ", in an interrupt handler" : "");
}

/* CR2 holds the address of the last page fault. If that is the exception that the processor could
 * not deliver, the address explains the double fault. */
static void print_first_fault(void)
{
    char place[TEXT];
    fault_spell_place(read_cr2(), place, sizeof(place));
    console_printf("  if a page fault came first, it was at %p (%s)\n", (void *)read_cr2(), place);
}

/* The page tables in use. During set-up they are not the kernel's own yet. */
static struct page_tables current_tables(void)
{
    return (struct page_tables){.root = read_cr3() & PAGE_ADDRESS_MASK};
}

static const char *spell_last_step(const struct paging_step *step)
{
    if (!(step->entry & PAGE_PRESENT))
        return "not present";
    if (step->level > 1 && !(step->entry & PAGE_LARGE))
        return "no table is there";
    if (step->entry & PAGE_NO_EXECUTE)
        return step->entry & PAGE_WRITABLE ? "writable, no-execute" : "read-only, no-execute";
    return step->entry & PAGE_WRITABLE ? "writable, executable" : "read-only, executable";
}

/* Prints the entries that the processor has read on its way to `address`. */
static void print_page_walk(virt_addr_t address)
{
    struct page_tables tables = current_tables();
    struct paging_step steps[PAGING_LEVELS];
    size_t count = paging_walk(&tables, address, steps);
    write_cr2(address); /* the walk's own faults may have changed it */
    console_printf("  page tables:");
    for (size_t i = 0; i < count; i++)
        console_printf("%s %u[%u] 0x%lx", i == 2 ? "\n   " : "", steps[i].level, steps[i].index,
                       steps[i].entry);
    console_printf(", %s\n", count ? spell_last_step(&steps[count - 1]) : "not present");
}

/* Reads a byte of code; false if nothing is mapped at `address`, which may be any. */
static bool read_code(virt_addr_t address, uint8_t *byte)
{
    struct page_tables tables = current_tables();
    phys_addr_t physical;
    if (paging_translate(&tables, address, &physical) != OK)
        return false;
    *byte = *(const uint8_t *)address;
    return true;
}

static void print_code(virt_addr_t rip)
{
    uint8_t byte;
    console_printf("  code");
    for (unsigned i = 0; i < CODE_BYTES && read_code(rip + i, &byte); i++)
        console_printf(" %02x", byte);
    console_printf(read_code(rip, &byte) ? "\n" : ": none can be read at rip\n");
}

static void describe(const struct trap_frame *frame)
{
    print_reason(frame);
    print_exception(frame);
    print_context(frame);
    if (frame->vector == VECTOR_PAGE_FAULT)
        print_page_walk(read_cr2());
    if (frame->vector == VECTOR_DOUBLE_FAULT)
        print_first_fault();
    if (frame->vector == VECTOR_MACHINE_CHECK)
        machine_check_print();
    print_code(frame->rip);
}

void fault_handle(struct trap_frame *frame)
{
    switch (frame->vector) {
    case VECTOR_DEBUG:
        handle_debug(frame);
        break;
    case VECTOR_NMI:
        handle_nmi(frame);
        break;
    case VECTOR_BREAKPOINT:
        log_and_continue(frame, "");
        break;
    default:
        if (safe_load_fix_up(frame))
            break;
        if (frame->vector < EXCEPTION_COUNT)
            panic_trap(frame, describe);
        handle_unexpected((unsigned)frame->vector);
        break;
    }
}
