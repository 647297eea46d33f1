/*
 * Tests of the test harness: each of these suites goes wrong in its own way, which the runner has
 * to recognize.
 */
#include <kernel/cpu/control.h>
#include <kernel/log/panic.h>

#include "../test.h"

TEST(harness_fail, fails)
{
    EXPECT_EQ(1 + 1, 3);
}

TEST(harness_panic, panics)
{
    PANIC("this panic is a test");
}

TEST(harness_hang, hangs)
{
    for (;;)
        wait_for_interrupt();
}

/* With an empty IDT the processor finds no handler for the breakpoint, nor for the faults that
 * follow. */
TEST(harness_triple_fault, triple_faults)
{
    const struct descriptor_table_pointer nothing = {0, 0};
    __asm__ volatile("lidt %0; int3" : : "m"(nothing));
}
