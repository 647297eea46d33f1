/*
 * A backtrace takes two steps: it collects the lines, and prints them with their names. The lines
 * are static, because the stack may be almost full; so there is one backtrace at a time.
 */
#include <image.h>
#include <kernel/cpu/stacks.h>
#include <kernel/cpu/trap.h>
#include <kernel/log/backtrace.h>
#include <kernel/log/console.h>
#include <kernel/log/symbols.h>
#include <lib/string.h>

enum { MAX_LINES = 32 };

/* The words on the stack at rbp, after a function's first instructions `push rbp; mov rbp, rsp`. */
struct call_frame {
    virt_addr_t caller_rbp;
    virt_addr_t return_address;
};

/* A line of the trace. */
struct line {
    virt_addr_t address;
    /* A call that never returns may be its function's last instruction, so the name of a return
     * address is that of the byte before it. */
    bool is_return_address;
    uint64_t repeats;      /* how many further times it came in a row */
    const char *trap_name; /* of the trap that interrupted this code, or NULL */
};

/* trap_stubs.asm and user_entry.asm: the addresses to which handlers return. A trap frame lies
 * above such a frame. */
extern char exception_return[], interrupt_return[], paranoid_return[];
extern char user_exception_return[], user_interrupt_return[], syscall_return[];

static struct line lines[MAX_LINES];
static size_t line_count;

static void add_line(struct line line)
{
    if (line_count < MAX_LINES)
        lines[line_count++] = line;
}

static void add_caller(virt_addr_t return_address)
{
    add_line((struct line){.address = return_address, .is_return_address = true});
}

static void print_line(const struct line *line)
{
    uint64_t offset;
    const char *name = symbol_find(line->address - line->is_return_address, &offset);
    if (line->trap_name)
        console_printf("    (%s)\n", line->trap_name);
    if (name)
        console_printf("    %p %s+0x%lx\n", (void *)line->address, name,
                       offset + line->is_return_address);
    else
        console_printf("    %p\n", (void *)line->address);
    if (line->repeats)
        console_printf("    (%lu times more)\n", line->repeats);
}

static void print_lines(void)
{
    console_printf("  backtrace:\n");
    for (size_t i = 0; i < line_count; i++)
        print_line(&lines[i]);
}

/* Copies memory of a known stack; false if `address` is not aligned, or not all of it is on one. */
static bool read_stack(virt_addr_t address, void *to, size_t size)
{
    const struct stack *stack = stack_find(address);
    if (!stack || address % sizeof(uint64_t) != 0 || address < stack->bottom ||
        address > stack->top - size)
        return false;
    memcpy(to, (const void *)address, size);
    return true;
}

static bool returns_from_trap(virt_addr_t return_address)
{
    const char *const places[] = {exception_return,      interrupt_return,      paranoid_return,
                                  user_exception_return, user_interrupt_return, syscall_return};
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        if (return_address == (virt_addr_t)places[i])
            return true;
    }
    return false;
}

/* Adds the return address, or counts it if the line before is the same: an endless recursion takes
 * one line. */
static void add_or_count(virt_addr_t return_address)
{
    struct line *last = line_count ? &lines[line_count - 1] : NULL;
    if (last && last->is_return_address && last->address == return_address)
        last->repeats++;
    else
        add_caller(return_address);
}

/* It ends, whatever the stacks hold: each step either adds a line for a trap or goes upwards. */
static void add_chain(virt_addr_t rbp)
{
    struct call_frame frame;
    while (line_count < MAX_LINES && read_stack(rbp, &frame, sizeof(frame))) {
        struct trap_frame trap;
        add_or_count(frame.return_address);
        if (returns_from_trap(frame.return_address) &&
            read_stack(rbp + sizeof(frame), &trap, sizeof(trap)))
            add_line(
                (struct line){.address = trap.rip, .trap_name = trap_name((unsigned)trap.vector)});
        else if (frame.caller_rbp <= rbp) /* callers lie higher; only a trap changes the stack */
            break;
        rbp = frame.caller_rbp;
    }
}

void backtrace_print(virt_addr_t return_address, virt_addr_t rbp)
{
    line_count = 0;
    add_caller(return_address);
    add_chain(rbp);
    print_lines();
}

static bool is_code(virt_addr_t address)
{
    return address >= (virt_addr_t)text_start && address < (virt_addr_t)text_end;
}

/* Has the function that was interrupted at `rip` set up its frame, so that rbp points to it? It
 * does so by `mov rbp, rsp`, which the compiler may put after other instructions. */
static bool has_own_frame(virt_addr_t rip)
{
    static const unsigned char mov_rbp_rsp[] = {0x48, 0x89, 0xe5};
    uint64_t offset;
    if (!is_code(rip) || !symbol_find(rip, &offset))
        return false;
    for (virt_addr_t at = rip - offset; at + sizeof(mov_rbp_rsp) <= rip; at++) {
        if (memcmp((const void *)at, mov_rbp_rsp, sizeof(mov_rbp_rsp)) == 0)
            return true;
    }
    return false;
}

/* Without a frame, the return address is on top of the stack, or the second word if the function
 * has pushed rbp already. */
static void add_caller_of_frameless(virt_addr_t rsp)
{
    virt_addr_t top[2];
    if (!read_stack(rsp, top, sizeof(top)))
        return;
    if (is_code(top[0]))
        add_caller(top[0]);
    else if (is_code(top[1]))
        add_caller(top[1]);
}

void backtrace_print_trap(const struct trap_frame *frame)
{
    line_count = 0;
    add_line((struct line){.address = frame->rip});
    if (!has_own_frame(frame->rip))
        add_caller_of_frameless(frame->rsp);
    add_chain(frame->rbp);
    print_lines();
}
