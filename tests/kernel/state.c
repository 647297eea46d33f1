/*
 * The values that the processor's registers have to hold while the kernel runs.
 */
#include <kernel/cpu/control.h>
#include <kernel/log/log.h>
#include <kernel/task/clock.h>

#include "../test.h"

enum { CR0_TS = 1 << 3, RFLAGS_DF = 1 << 10 };

static uint64_t flags_in_handler;

/* The log asks for the time, so this runs wherever something is logged. */
static uint64_t note_flags(void)
{
    flags_in_handler = read_rflags();
    return clock_now();
}

/* The first unexpected interrupt of a vector, which no other test has, is logged in its handler. */
TEST(state, handlers_run_with_interrupts_masked_and_strings_going_up)
{
    log_set_clock(note_flags);
    flags_in_handler = RFLAGS_IF | RFLAGS_DF;
    __asm__ volatile("sti; std; int $247; cld" : : : "memory", "cc");
    log_set_clock(clock_now);
    EXPECT_EQ(flags_in_handler & RFLAGS_IF, 0);
    EXPECT_EQ(flags_in_handler & RFLAGS_DF, 0);
    EXPECT(interrupts_enabled());
}

/* The kernel saves no x87 or SSE state, so whatever touches it has to fault; read-only pages hold
 * for the kernel, too. */
TEST(state, control_registers_are_as_the_kernel_needs_them)
{
    EXPECT(read_cr0() & CR0_TS);
    EXPECT(read_cr0() & CR0_WP);
    EXPECT(read_cr0() & CR0_AM); /* for programs that set AC */
    EXPECT(read_cr4() & CR4_PGE);
    EXPECT(read_cr4() & CR4_OSFXSR);
}
