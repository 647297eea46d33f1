#include <kernel/cpu/stacks.h>
#include <kernel/log/backtrace.h>
#include <kernel/log/console.h>
#include <kernel/log/symbols.h>
#include <lib/string.h>

enum { MAX_FRAMES = 32 };

/* What `push rbp; mov rbp, rsp` leaves. */
struct call_frame {
    virt_addr_t caller_rbp;
    virt_addr_t return_address;
};

static void print_frame(virt_addr_t address, bool is_return_address)
{
    uint64_t offset;
    /* A call that never returns may be its function's last instruction: the return address belongs
     * to the next one. */
    const char *name = symbol_find(address - is_return_address, &offset);
    if (name)
        console_printf("    %p %s+0x%lx\n", (void *)address, name, offset + is_return_address);
    else
        console_printf("    %p\n", (void *)address);
}

/* Reads the frame at `rbp`; false when it does not lie within the memory of a known stack. */
static bool read_frame(virt_addr_t rbp, struct call_frame *frame)
{
    const struct stack *stack = stack_find(rbp);
    if (!stack || rbp % sizeof(uint64_t) != 0 || rbp < stack->bottom ||
        rbp > stack->top - sizeof(*frame))
        return false;
    memcpy(frame, (const void *)rbp, sizeof(*frame));
    return true;
}

void backtrace_print(virt_addr_t rip, virt_addr_t rbp)
{
    struct call_frame frame;
    console_printf("  backtrace:\n");
    print_frame(rip, false);
    for (unsigned depth = 1; depth < MAX_FRAMES && read_frame(rbp, &frame); depth++) {
        print_frame(frame.return_address, true);
        if (frame.caller_rbp <= rbp && stack_find(frame.caller_rbp) == stack_find(rbp))
            break; /* callers lie higher up; anything else would go in circles */
        rbp = frame.caller_rbp;
    }
}
