/*
 * Backtraces of stacks that are broken: they end, whatever is there.
 */
#include <kernel/cpu/stacks.h>
#include <kernel/cpu/trap.h>
#include <kernel/log/backtrace.h>
#include <lib/string.h>

#include "../test.h"
#include "record.h"

enum { BACKTRACE_LINES = 32 }; /* as many as are shown */

/* Two frames, each the other's caller, on two stacks, with one return address. */
TEST(traps, the_backtrace_of_a_circle_ends)
{
    virt_addr_t *one = (virt_addr_t *)stacks[STACK_NMI].bottom;
    virt_addr_t *other = (virt_addr_t *)stacks[STACK_MACHINE_CHECK].bottom;
    one[0] = (virt_addr_t)other;
    other[0] = (virt_addr_t)one;
    one[1] = other[1] = (virt_addr_t)&backtrace_print + 1;
    for (unsigned frames = 2; frames > 0; frames--) {
        record_start();
        backtrace_print((virt_addr_t)&backtrace_print + 1, (virt_addr_t)one);
        EXPECT_EQ(record_count("\n    0x"), 1); /* the address and how often it came */
        one[0] = (virt_addr_t)one;
    }
}

/* A frame that an interrupted handler has left, and whose caller is itself. */
TEST(traps, the_backtrace_of_a_circle_of_traps_ends)
{
    extern char exception_return[];
    virt_addr_t *frame = (virt_addr_t *)stacks[STACK_NMI].bottom;
    memset(frame, 0, 2 * sizeof(*frame) + sizeof(struct trap_frame));
    frame[0] = (virt_addr_t)frame;
    frame[1] = (virt_addr_t)exception_return;
    record_start();
    backtrace_print((virt_addr_t)&backtrace_print + 1, (virt_addr_t)frame);
    EXPECT_EQ(record_count("\n    0x"), BACKTRACE_LINES);
}

/* A chain with more callers than are shown: each has a return address of its own. */
TEST(traps, a_backtrace_shows_32_lines)
{
    enum { CALLERS = 40 };
    virt_addr_t *frame = (virt_addr_t *)stacks[STACK_NMI].bottom;
    for (unsigned i = 0; i < CALLERS; i++, frame += 2) {
        frame[0] = (virt_addr_t)(frame + 2);
        frame[1] = (virt_addr_t)&backtrace_print + 2 + i;
    }
    record_start();
    backtrace_print((virt_addr_t)&backtrace_print + 1, (virt_addr_t)stacks[STACK_NMI].bottom);
    EXPECT_EQ(record_count("\n    0x"), BACKTRACE_LINES);
}
