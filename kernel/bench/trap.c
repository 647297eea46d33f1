/*
 * Traps and interrupts, from the instruction or the line that raises them to the next instruction.
 */
#include <drivers/irq.h>
#include <image.h>
#include <kernel/bench/bench.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>
#include <kernel/task/clock.h>
#include <layout.h>
#include <mm/kernel_space.h>

static void do_nothing(struct trap_frame *frame)
{
    (void)frame;
}

/* Handlers are constant once the system is set up; this opens their table for a moment. */
static void replace_breakpoint_handler(trap_handler handler)
{
    const uint64_t writable = PAGE_WRITABLE | PAGE_NO_EXECUTE | PAGE_GLOBAL;
    const virt_addr_t end = (virt_addr_t)ro_after_init_end;
    for (virt_addr_t page = (virt_addr_t)ro_after_init_start; page < end; page += PAGE_SIZE)
        paging_protect(&kernel_space, page, PAGE_4K, writable);
    trap_set_handler(VECTOR_BREAKPOINT, handler);
    kernel_space_seal();
}

BENCH(trap_int3, "trap.int3")
{
    replace_breakpoint_handler(do_nothing);
    uint64_t start = bench_start();
    __asm__ volatile("int3" : : : "memory");
    bench_report("trap.int3", bench_stop(start));
    replace_breakpoint_handler(NULL);
}

static inline void raise_timer(void)
{
    __asm__ volatile("int %0" : : "i"(IRQ_FIRST_VECTOR + IRQ_TIMER) : "memory");
}

/* Raises ticks until the clock has measured the time stamp counter. Then it can tell whether a tick
 * is on schedule. */
static void tick_until_tsc_is_measured(void)
{
    enum { LIMIT = 1000000 };
    for (unsigned i = 0; i < LIMIT && !clock_from_tsc(NANOSECONDS_PER_SECOND); i++)
        raise_timer();
}

/* Returns at once where the clock does not know the counter. */
static void wait_for_nanoseconds(uint64_t nanoseconds)
{
    uint64_t start = read_tsc();
    while (clock_from_tsc(NANOSECONDS_PER_SECOND) &&
           clock_from_tsc(read_tsc() - start) < nanoseconds)
        continue;
}

/* A tick that comes on schedule and at which nothing is due. An instruction raises the timer's
 * vector, and the figure contains it. All else is as if the line had raised it, since the
 * controller ignores an end of interrupt when none is in service. Several ticks are raised, a
 * millisecond apart, and the cheapest one counts, since one of them may do periodic work. */
BENCH(trap_timer, "trap.timer")
{
    enum { TICKS = 5 };
    uint64_t cheapest = UINT64_MAX;
    tick_until_tsc_is_measured();
    for (unsigned i = 0; i < TICKS; i++) {
        wait_for_nanoseconds(NANOSECONDS_PER_MILLISECOND);
        uint64_t start = bench_start();
        raise_timer();
        uint64_t cost = bench_stop(start);
        cheapest = MIN(cheapest, cost);
    }
    bench_report("trap.timer", cheapest);
}
