/*
 * 10,000 adjacent pages of 4 KiB, mapped one by one, looked up, and unmapped again; then as one
 * range. The tables are made and given back on the way and are part of the figures. All pages lead
 * to one frame, which nobody reads.
 */
#include <assert.h>
#include <kernel/bench/bench.h>
#include <layout.h>
#include <mm/kernel_space.h>
#include <mm/paging.h>

enum { PAGES = 10000 };

#define WINDOW (STACKS_BASE + GIB(1024)) /* nothing is mapped there */

static const uint64_t flags = PAGE_WRITABLE | PAGE_NO_EXECUTE;

static virt_addr_t page(uint64_t index)
{
    return WINDOW + index * PAGE_SIZE;
}

BENCH(paging, "paging.")
{
    phys_addr_t memory = MIB(1);
    uint64_t failures = 0, sum = 0;

    uint64_t start = bench_start();
    for (uint64_t i = 0; i < PAGES; i++)
        failures +=
            paging_map(&kernel_space, page(i), memory + i * PAGE_SIZE, PAGE_4K, flags) != OK;
    bench_report("paging.map", bench_stop(start) / PAGES);

    start = bench_start();
    for (uint64_t i = 0; i < PAGES; i++) {
        phys_addr_t physical = 0;
        failures += paging_translate(&kernel_space, page(i), &physical) != OK;
        sum += physical;
    }
    bench_report("paging.translate", bench_stop(start) / PAGES);
    ASSERT(sum == PAGES * memory + PAGE_SIZE * PAGES * (PAGES - 1) / 2);

    start = bench_start();
    for (uint64_t i = 0; i < PAGES; i++)
        failures += paging_unmap(&kernel_space, page(i), PAGE_4K, NULL) != OK;
    bench_report("paging.unmap", bench_stop(start) / PAGES);

    start = bench_start();
    failures +=
        paging_map_range(&kernel_space, WINDOW, memory, PAGES * PAGE_SIZE, PAGE_4K, flags) != OK;
    bench_report("paging.map_range", bench_stop(start) / PAGES);
    for (uint64_t i = 0; i < PAGES; i++)
        failures += paging_unmap(&kernel_space, page(i), PAGE_4K, NULL) != OK;
    ASSERT(failures == 0);
}
