#include <kernel/bench/bench.h>
#include <kernel/main.h>

/* Frames and page tables at boot. tests/bench.py compares machines of different sizes. */
BENCH(memory, "memory.")
{
    bench_report("memory.set_up", memory_set_up_ticks);
}
