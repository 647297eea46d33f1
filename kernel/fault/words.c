/*
 * Tables, like those in the manual, give a meaning to each exception and to each bit of an error
 * code. A page fault is described by a phrase. If the page is present, the phrase says what the
 * page forbids. Otherwise it says what the address is, such as a null pointer or a place in a
 * stack's guard page.
 */
#include <assert.h>
#include <kernel/cpu/stacks.h>
#include <kernel/cpu/trap.h>
#include <kernel/fault/words.h>
#include <layout.h>
#include <lib/format.h>

/* Intel SDM 3A table 6-1; 28 to 30 are AMD's (APM 2 table 8-1). */
static const struct {
    const char *mnemonic;
    const char *meaning;
} exceptions[EXCEPTION_COUNT] = {
    [0] = {"#DE", "a division by zero, or a quotient that does not fit its register"},
    [1] = {"#DB", "a single step, a hardware breakpoint, or int1"},
    [2] = {"NMI", "the hardware reports something urgent"},
    [3] = {"#BP", "the instruction int3"},
    [4] = {"#OF", "the instruction into, with the overflow flag set"},
    [5] = {"#BR", "the instruction bound, with an index out of its range"},
    [6] = {"#UD", "bytes that are no instruction here, or ud2, which the compiler puts where code "
                  "must not go on"},
    [7] = {"#NM", "an x87, MMX or SSE instruction; the kernel uses none, and saves no such "
                  "registers"},
    [8] = {"#DF", "an exception came while the processor delivered another one"},
    [9] = {"", "no processor with 64 bits raises this"},
    [10] = {"#TS", "the task state segment is invalid"},
    [11] = {"#NP", "a segment or gate without its present bit"},
    [12] = {"#SS", "a stack address that is not canonical, or a bad stack segment"},
    [13] = {"#GP", "something the processor forbids: an address that is not canonical, a reserved "
                   "bit, a bad segment"},
    [14] = {"#PF", "the page tables do not allow the access"},
    [15] = {"", "reserved by Intel"},
    [16] = {"#MF", "an x87 operation went wrong"},
    [17] = {"#AC", "a misaligned access while alignment is checked (CR0.AM, RFLAGS.AC)"},
    [18] = {"#MC", "the hardware found an error in itself"},
    [19] = {"#XM", "an SSE operation went wrong"},
    [20] = {"#VE", "an EPT violation, from a hypervisor"},
    [21] = {"#CP", "a return or jump that control-flow enforcement forbids"},
    [22 ... 27] = {"", "reserved by Intel"},
    [28] = {"#HV", "an event that a hypervisor has injected"},
    [29] = {"#VC", "an operation that a confidential guest has to leave to its hypervisor"},
    [30] = {"#SX", "a security event, such as a redirected INIT"},
    [31] = {"", "reserved by Intel"},
};

const char *fault_mnemonic(unsigned vector)
{
    ASSERT(vector < EXCEPTION_COUNT);
    return exceptions[vector].mnemonic;
}

const char *fault_meaning(unsigned vector)
{
    ASSERT(vector < EXCEPTION_COUNT);
    return exceptions[vector].meaning;
}

/* --- Error codes ---------------------------------------------------------------------------- */

/* The page fault's error code (Intel SDM 3A 4.7). */
enum page_fault_bit {
    PAGE_FAULT_PRESENT = 1 << 0,
    PAGE_FAULT_WRITE = 1 << 1,
    PAGE_FAULT_USER = 1 << 2,
    PAGE_FAULT_RESERVED_BIT = 1 << 3,
    PAGE_FAULT_FETCH = 1 << 4,
    PAGE_FAULT_PROTECTION_KEY = 1 << 5,
    PAGE_FAULT_SHADOW_STACK = 1 << 6,
    PAGE_FAULT_SGX = 1 << 15,
};

static const char *access_of(uint64_t code)
{
    if (code & PAGE_FAULT_FETCH)
        return "execution";
    return code & PAGE_FAULT_WRITE ? "write" : "read";
}

static void spell_page_fault_code(uint64_t code, char *text, size_t size)
{
    snprintf(text, size, "%s, page %s, %s%s%s%s%s", access_of(code),
             code & PAGE_FAULT_PRESENT ? "present" : "not present",
             code & PAGE_FAULT_USER ? "user" : "kernel",
             code & PAGE_FAULT_RESERVED_BIT ? ", reserved bit set" : "",
             code & PAGE_FAULT_PROTECTION_KEY ? ", protection key" : "",
             code & PAGE_FAULT_SHADOW_STACK ? ", shadow stack" : "",
             code & PAGE_FAULT_SGX ? ", SGX" : "");
}

/* Intel SDM 3A 6.13. */
static void spell_selector_code(uint64_t code, char *text, size_t size)
{
    static const char *const tables[] = {"GDT", "IDT", "LDT", "IDT"};
    if (code == 0)
        snprintf(text, size, "no selector");
    else
        snprintf(text, size, "selector %lu of the %s%s", code >> 3 & 0x1fff, tables[code >> 1 & 3],
                 code & 1 ? ", from an external event" : "");
}

/* Intel SDM 3A 6.15, "Control Protection Exception". */
static void spell_control_protection_code(uint64_t code, char *text, size_t size)
{
    static const char *const causes[] = {"unknown",
                                         "a near return to another place than that of the call",
                                         "a far return to another place than that of the call",
                                         "a jump to an instruction that is not endbr",
                                         "rstorssp found no token",
                                         "setssbsy found no token"};
    uint64_t cause = code & 0x7fff;
    snprintf(text, size, "%s", causes[cause < ARRAY_SIZE(causes) ? cause : 0]);
}

void fault_spell_error_code(unsigned vector, uint64_t code, char *text, size_t size)
{
    switch (vector) {
    case VECTOR_PAGE_FAULT:
        spell_page_fault_code(code, text, size);
        break;
    case VECTOR_INVALID_TSS:
    case VECTOR_SEGMENT_NOT_PRESENT:
    case VECTOR_STACK_SEGMENT:
    case VECTOR_GENERAL_PROTECTION:
        spell_selector_code(code, text, size);
        break;
    case VECTOR_CONTROL_PROTECTION:
        spell_control_protection_code(code, text, size);
        break;
    default:
        ASSERT(size > 0);
        text[0] = '\0';
        break;
    }
}

/* --- Page faults ---------------------------------------------------------------------------- */

static const char *forbidden(uint64_t code)
{
    if (code & PAGE_FAULT_FETCH)
        return "execution of a no-execute page";
    return code & PAGE_FAULT_WRITE ? "write to a read-only page"
                                   : "read from a page that only user programs may read";
}

static const char *through_null(uint64_t code)
{
    if (code & PAGE_FAULT_FETCH)
        return "call of a null pointer";
    return code & PAGE_FAULT_WRITE ? "write through a null pointer" : "read through a null pointer";
}

void fault_spell_page_fault(uint64_t code, virt_addr_t address, const struct stack *stack,
                            const struct stack *running, char *text, size_t size)
{
    if (code & PAGE_FAULT_RESERVED_BIT)
        snprintf(text, size, "%s through a page-table entry with a reserved bit set",
                 access_of(code));
    else if (code & PAGE_FAULT_PRESENT)
        snprintf(text, size, "%s", forbidden(code));
    else if (address < PAGE_SIZE)
        snprintf(text, size, "%s", through_null(code));
    else if (stack && address < stack->bottom)
        snprintf(text, size, "%s%s in the guard page below the %s stack",
                 stack == running ? "kernel stack overflow: " : "", access_of(code), stack->name);
    else if (stack && address >= stack->top)
        snprintf(text, size, "%s in the guard page above the %s stack", access_of(code),
                 stack->name);
    else
        snprintf(text, size, "%s where no page is mapped", access_of(code));
}
