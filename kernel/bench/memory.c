/*
 * Setting up frames and page tables at boot. tests/bench.py compares machines of different sizes.
 */
#include <kernel/bench/bench.h>
#include <kernel/main.h>

BENCH(memory, "memory.")
{
    bench_report("memory.set_up", memory_set_up_ticks);
}
