/*
 * 10,000 adjacent pages of 4 KiB, mapped one by one, looked up, and unmapped again; then as one
 * range. The tables are made and given back on the way and are part of the figures. The pages are
 * mapped to memory that is in use elsewhere; nothing reads or writes it through them.
 */
#include <assert.h>
#include <kernel/bench/bench.h>
#include <layout.h>
#include <mm/kernel_space.h>
#include <mm/paging.h>

enum { PAGES = 10000 };

#define WINDOW (STACKS_BASE + STACKS_WINDOW / 2) /* nothing is mapped there */
#define MEMORY MIB(1)

static const uint64_t flags = PAGE_WRITABLE | PAGE_NO_EXECUTE;

static virt_addr_t page(uint64_t index)
{
    return WINDOW + index * PAGE_SIZE;
}

/* How many pages could be mapped, one by one. */
static uint64_t map_all(void)
{
    uint64_t mapped = 0;
    for (uint64_t i = 0; i < PAGES; i++)
        mapped += paging_map(&kernel_space, page(i), MEMORY + i * PAGE_SIZE, PAGE_4K, flags) == OK;
    return mapped;
}

static uint64_t unmap_all(void)
{
    uint64_t unmapped = 0;
    for (uint64_t i = 0; i < PAGES; i++)
        unmapped += paging_unmap(&kernel_space, page(i), PAGE_4K, NULL) == OK;
    return unmapped;
}

static void translate_all(void)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < PAGES; i++) {
        phys_addr_t physical = 0;
        paging_translate(&kernel_space, page(i), &physical);
        sum += physical;
    }
    ASSERT(sum == PAGES * MEMORY + PAGE_SIZE * PAGES * (PAGES - 1) / 2);
}

BENCH(paging, "paging.")
{
    uint64_t start = bench_start();
    uint64_t mapped = map_all();
    uint64_t cost = bench_stop(start);
    if (mapped < PAGES) { /* no memory for a table */
        unmap_all();
        bench_report_no_memory("paging.map");
        return;
    }
    bench_report("paging.map", cost / PAGES);

    start = bench_start();
    translate_all();
    bench_report("paging.translate", bench_stop(start) / PAGES);

    start = bench_start();
    uint64_t unmapped = unmap_all();
    bench_report("paging.unmap", bench_stop(start) / PAGES);
    ASSERT(unmapped == PAGES);

    start = bench_start();
    enum error error =
        paging_map_range(&kernel_space, WINDOW, MEMORY, PAGES * PAGE_SIZE, PAGE_4K, flags);
    bench_report("paging.map_range", bench_stop(start) / PAGES);
    ASSERT(!error); /* the tables' frames are free again */
    unmap_all();
}
