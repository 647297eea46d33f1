/*
 * The heap's workloads. They run over kmalloc and kfree, that is over the allocator that was chosen
 * at boot, and carry its name; a bench that needs a heap of a given size runs over an instance of
 * the same allocator in an arena of its own.
 *
 * The random workload's numbers are checked against those that it is known to produce, so that it
 * is the same workload for everyone.
 */
#include <assert.h>
#include <kernel/bench/bench.h>
#include <layout.h>
#include <lib/format.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>

enum {
    PAIRS = 1000,
    WARM_UP = 10,
    BLOCKS = 1000,
    SLOTS = 10000,
    OPERATIONS = 200000,
    COSTS = 1 << 17
};

/* The benches' own memory is frames, not a part of the heap that they measure. */
static void *scratch_alloc(unsigned order)
{
    phys_addr_t run = frames_alloc_run(order);
    return run == NO_FRAME ? NULL : phys_to_virt(run);
}

static void scratch_free(void *scratch, unsigned order)
{
    if (scratch)
        frames_free_run(virt_to_phys(scratch), order);
}

/* "heap.pair.16" for the default allocator, "heap.bump.pair.16" for another one. */
static void name_bench(char name[64], const char *bench)
{
    const char *allocator = heap_allocator_name();
    bool is_default = strcmp(allocator, "fixed_block") == 0;
    snprintf(name, 64, "heap.%s%s%s", is_default ? "" : allocator, is_default ? "" : ".", bench);
}

static void report(const char *bench, uint64_t value)
{
    char name[64];
    name_bench(name, bench);
    bench_report(name, value);
}

static void report_no_memory(const char *bench)
{
    char name[64];
    name_bench(name, bench);
    bench_report_no_memory(name);
}

/* --- Pairs ------------------------------------------------------------------------------------ */

static uint64_t time_pair(size_t size)
{
    uint64_t start = bench_start();
    void *block = kmalloc(size);
    kfree(block);
    return bench_stop(start);
}

static bool can_be_had(size_t size)
{
    void *block = kmalloc(size);
    kfree(block);
    return block != NULL;
}

static void measure_pair(size_t size)
{
    uint64_t sum = 0;
    char bench[32];
    snprintf(bench, sizeof(bench), "pair.%zu", size);
    for (unsigned i = 0; i < WARM_UP; i++)
        time_pair(size);
    for (unsigned i = 0; i < PAIRS; i++)
        sum += time_pair(size);
    if (can_be_had(size))
        report(bench, sum / PAIRS);
    else
        report_no_memory(bench);
}

BENCH(heap_pair, "heap.")
{
    static const size_t sizes[] = {16, 64, 512, 4096};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
        measure_pair(sizes[i]);
}

/* Allocates BLOCKS blocks and frees them, the last one first or the first one first; the cost of a
 * pair, or 0 when there is no memory for so many. */
static uint64_t time_blocks(bool last_first)
{
    static void *blocks[BLOCKS];
    uint64_t sum = 0;
    bool enough = true;
    for (unsigned i = 0; i < BLOCKS; i++) {
        uint64_t start = bench_start();
        blocks[i] = kmalloc(64);
        sum += bench_stop(start);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        void *block = blocks[last_first ? BLOCKS - 1 - i : i];
        enough &= block != NULL;
        uint64_t start = bench_start();
        kfree(block);
        sum += bench_stop(start);
    }
    return enough ? sum / BLOCKS : 0;
}

static void measure_order(const char *bench, bool last_first)
{
    time_blocks(last_first); /* steady state: the second round counts */
    uint64_t cost = time_blocks(last_first);
    if (cost)
        report(bench, cost);
    else
        report_no_memory(bench);
}

BENCH(heap_order, "heap.")
{
    measure_order("lifo", true);
    measure_order("fifo", false);
}

/* --- The random workload ---------------------------------------------------------------------- */

struct random_load {
    void *slots[SLOTS];
    uint32_t sizes[SLOTS];
    uint64_t state;
    uint64_t total; /* bytes asked for and live */
    uint64_t worst; /* the most that a replacement took, in instructions */
};

static uint32_t next_size(struct random_load *load)
{
    return 8 + random_next(&load->state) % 2041;
}

/* The workload's known first numbers and sums. */
static void check_fill(const struct random_load *load)
{
    static const uint32_t first[] = {845, 1529, 171, 1481, 731};
    for (size_t i = 0; i < ARRAY_SIZE(first); i++)
        ASSERT(load->sizes[i] == first[i]);
    ASSERT(load->total == 10248348);
}

static void check_replacement(unsigned operation, uint32_t slot, uint32_t size)
{
    static const uint32_t first[][2] = {{7047, 1766}, {5243, 190}, {5500, 1791}};
    ASSERT(operation >= ARRAY_SIZE(first) ||
           (first[operation][0] == slot && first[operation][1] == size));
}

typedef void *(*allocate_function)(size_t size);
typedef void (*free_function)(void *block);

/* Fills every slot; false when memory runs out. Inlined, so that the calls of kmalloc and kfree are
 * direct, as in all other code. */
static inline __attribute__((always_inline)) bool fill(struct random_load *load,
                                                       allocate_function allocate)
{
    memset(load, 0, sizeof(*load));
    load->state = 42;
    for (unsigned i = 0; i < SLOTS; i++) {
        load->sizes[i] = next_size(load);
        load->total += load->sizes[i];
        load->slots[i] = allocate(load->sizes[i]);
        if (!load->slots[i])
            return false;
    }
    check_fill(load);
    return true;
}

/* Replaces blocks at random, and counts in costs[n] the replacements that took n instructions;
 * false when memory runs out. */
static inline __attribute__((always_inline)) bool replace(struct random_load *load,
                                                          allocate_function allocate,
                                                          free_function release, uint32_t *costs)
{
    for (unsigned i = 0; i < OPERATIONS; i++) {
        uint32_t slot = random_next(&load->state) % SLOTS, size = next_size(load);
        check_replacement(i, slot, size);
        load->total = load->total - load->sizes[slot] + size;
        load->sizes[slot] = size;
        void *old = load->slots[slot];

        uint64_t start = bench_start();
        release(old);
        void *block = allocate(size);
        uint64_t cost = bench_stop(start);

        load->slots[slot] = block;
        if (!block)
            return false;
        costs[MIN(cost, (uint64_t)COSTS - 1)]++;
        load->worst = MAX(load->worst, cost);
    }
    ASSERT(load->total == 10236928);
    return true;
}

static void empty(struct random_load *load, free_function release)
{
    for (unsigned i = 0; i < SLOTS; i++)
        release(load->slots[i]);
}

/* Mean (in tenths) and 99th percentile of a histogram, whose last row stands for all that is
 * beyond, and the worst. */
static void report_costs(const uint32_t *costs, uint64_t worst)
{
    uint64_t sum = 0, count = 0, p99 = 0;
    for (uint64_t cost = 0; cost < COSTS; cost++) {
        if (!costs[cost])
            continue;
        if (count < OPERATIONS * 99ull / 100)
            p99 = cost;
        sum += cost * costs[cost];
        count += costs[cost];
    }
    char name[64];
    name_bench(name, "random.mean");
    bench_report_tenths(name, sum * 10 / count, bench_unit);
    report("random.p99", p99);
    report("random.max", worst);
}

enum { LOAD_ORDER = 6, COSTS_ORDER = 7 };

_Static_assert(sizeof(struct random_load) <= PAGE_SIZE << LOAD_ORDER, "the load's scratch memory");
_Static_assert(COSTS * sizeof(uint32_t) <= PAGE_SIZE << COSTS_ORDER,
               "the histogram's scratch memory");

static bool replace_at_random(struct random_load *load, uint32_t *costs)
{
    memset(costs, 0, COSTS * sizeof(*costs));
    bool enough = fill(load, kmalloc) && replace(load, kmalloc, kfree, costs);
    empty(load, kfree);
    heap_trim();
    return enough;
}

BENCH(heap_random, "heap.")
{
    struct random_load *load = scratch_alloc(LOAD_ORDER);
    uint32_t *costs = scratch_alloc(COSTS_ORDER);
    if (load && costs && replace_at_random(load, costs))
        report_costs(costs, load->worst);
    else
        report_no_memory("random");
    scratch_free(costs, COSTS_ORDER);
    scratch_free(load, LOAD_ORDER);
}

/* --- An arena of its own ---------------------------------------------------------------------- */

static enum error commit_nothing(void *context, virt_addr_t start, size_t pages)
{
    (void)context, (void)start, (void)pages;
    return OK;
}

static void decommit_nothing(void *context, virt_addr_t start, size_t pages)
{
    (void)context, (void)start, (void)pages;
}

static struct allocator *instance;

static void *instance_allocate(size_t size)
{
    return instance->allocate(instance, size);
}

static void instance_free(void *block)
{
    instance->free(instance, block);
}

/* Makes `instance` one of the allocator that the kernel uses, over `size` bytes at `memory`. */
static bool make_instance(void *memory, size_t size)
{
    const struct arena arena = {.base = (virt_addr_t)memory,
                                .size = size,
                                .commit = commit_nothing,
                                .decommit = decommit_nothing};
    return heap_create(heap_allocator_name(), &arena, &instance) == OK;
}

/* The size of the largest block that can be allocated. */
static size_t largest_block(size_t limit)
{
    size_t good = 0;
    while (good < limit) {
        size_t middle = good + (limit - good + 1) / 2;
        void *block = instance_allocate(middle);
        instance_free(block);
        if (block)
            good = middle;
        else
            limit = middle - 1;
    }
    return good;
}

enum { RECOVERED_ORDER = 12 };

#define RECOVERED_SIZE (PAGE_SIZE << RECOVERED_ORDER)

/* False when the allocator cannot do the workload in so much memory, as the bump allocator cannot.
 */
static bool recover(struct random_load *load, uint32_t *costs, void *memory)
{
    if (!make_instance(memory, RECOVERED_SIZE) || !fill(load, instance_allocate) ||
        !replace(load, instance_allocate, instance_free, costs))
        return false;
    empty(load, instance_free);
    return true;
}

BENCH(heap_recovered, "heap.")
{
    char name[64];
    struct random_load *load = scratch_alloc(LOAD_ORDER);
    uint32_t *costs = scratch_alloc(COSTS_ORDER);
    void *memory = scratch_alloc(RECOVERED_ORDER);
    name_bench(name, "recovered");
    if (load && costs && memory && recover(load, costs, memory))
        bench_report_tenths(name, largest_block(RECOVERED_SIZE) * 1000 / RECOVERED_SIZE, "percent");
    else
        bench_report_no_memory(name);
    scratch_free(memory, RECOVERED_ORDER);
    scratch_free(costs, COSTS_ORDER);
    scratch_free(load, LOAD_ORDER);
}

enum { REFILL_ORDER = 5, REFILL_SIZE = 100 * 1024 };

/* Fills the instance with blocks of 64 bytes and frees them all: does it then give larger ones? */
static bool refill(void)
{
    void *chain = NULL, **block;
    while ((block = instance_allocate(64))) {
        *block = chain;
        chain = block;
    }
    while ((block = chain)) {
        chain = *block;
        instance_free(block);
    }
    return instance_allocate(128) && instance_allocate(4096);
}

BENCH(heap_refill, "heap.")
{
    char name[64];
    void *memory = scratch_alloc(REFILL_ORDER);
    name_bench(name, "refill");
    if (memory && make_instance(memory, REFILL_SIZE))
        bench_report_unit(name, refill(), "yes/no");
    else
        bench_report_no_memory(name);
    scratch_free(memory, REFILL_ORDER);
}
