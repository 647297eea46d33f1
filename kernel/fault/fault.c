#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>
#include <kernel/fault/fault.h>
#include <kernel/log/log.h>
#include <kernel/log/panic.h>

/* The page fault's error code (Intel SDM 3A 4.7). */
enum page_fault {
    PAGE_FAULT_PRESENT = 1 << 0,
    PAGE_FAULT_WRITE = 1 << 1,
    PAGE_FAULT_RESERVED_BIT = 1 << 3,
    PAGE_FAULT_FETCH = 1 << 4,
};

static void log_and_continue(const struct trap_frame *frame)
{
    log_info("fault: %s at %p; going on", trap_name((unsigned)frame->vector), (void *)frame->rip);
}

static NORETURN void page_fault(const struct trap_frame *frame)
{
    uint64_t code = frame->error_code;
    const char *access = code & PAGE_FAULT_FETCH   ? "execution"
                         : code & PAGE_FAULT_WRITE ? "write"
                                                   : "read";
    const char *reason = code & PAGE_FAULT_RESERVED_BIT ? "a reserved bit is set in its page tables"
                         : code & PAGE_FAULT_PRESENT    ? "the page forbids it"
                                                        : "no page is there";
    panic_trap(frame, "page fault: %s at %p; %s", access, (void *)read_cr2(), reason);
}

void fault_handle(struct trap_frame *frame)
{
    unsigned vector = (unsigned)frame->vector;
    switch (vector) {
    case VECTOR_DEBUG:
    case VECTOR_NMI:
    case VECTOR_BREAKPOINT:
        log_and_continue(frame);
        break;
    case VECTOR_PAGE_FAULT:
        page_fault(frame);
    default:
        if (vector < EXCEPTION_COUNT)
            panic_trap(frame, "%s", trap_name(vector));
        if (trap_count(vector) == 1)
            log_warn("fault: unexpected interrupt on vector %u; further ones are only counted",
                     vector);
        break;
    }
}
