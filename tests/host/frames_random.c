/*
 * The frame allocator on maps of all kinds, and used at random for a long time.
 */
#include <layout.h>
#include <lib/random.h>
#include <mm/frame_map.h>
#include <mm/frames.h>
#include <stdlib.h>

#include "../test.h"
#include "physical_memory.h"
#include "usable_memory.h"

static struct boot_info info;

static uint64_t state;

static uint64_t below(uint64_t limit)
{
    return ((uint64_t)random_next(&state) << 32 | random_next(&state)) % limit;
}

/* Small numbers and big ones alike: up to 2^bits. */
static uint64_t random_size(unsigned bits)
{
    return below(UINT64_C(1) << (1 + below(bits)));
}

static uint64_t maybe_aligned(uint64_t value)
{
    static const uint64_t alignments[] = {1, 1024, PAGE_SIZE, PAGE_SIZE, PAGE_SIZE, MIB(1), MIB(2)};
    return ALIGN_DOWN(value, alignments[below(ARRAY_SIZE(alignments))]);
}

static void random_map(void)
{
    static const unsigned scales[] = {22, 23, 24, 25, 28, 30, 32, 34, 36, 40, 46, 47, 63};
    unsigned bits = scales[below(ARRAY_SIZE(scales))];
    physical_memory_no_map(&info);
    for (uint64_t i = 1 + below(12); i > 0; i--) {
        bool available = below(3);
        uint64_t base = below(bits < 63 ? UINT64_C(2) << bits : UINT64_MAX);
        uint64_t length = random_size(available ? bits : bits - 4);
        if (below(100) == 0)
            length = UINT64_MAX;
        else if (available && below(2))
            length = below(UINT64_C(1) << bits);
        uint32_t type = available ? MEMORY_AVAILABLE : (uint32_t)below(6);
        physical_memory_add(&info, maybe_aligned(base), maybe_aligned(length), type);
    }
    for (uint64_t i = below(6); i > 0; i--) {
        uint64_t start = maybe_aligned(below(UINT64_C(1) << bits));
        physical_memory_reserve(&info, start, start + maybe_aligned(random_size(bits - 4)));
    }
}

struct run {
    phys_addr_t start;
    phys_addr_t end;
    unsigned order;
};

enum { MAX_RUNS = 2048 };
static struct run runs[MAX_RUNS];

/* Is the run of usable memory (judged by its ends and its blocks), and not the bookkeeping's? */
static bool good_run(const struct run *run)
{
    struct phys_range own = frame_map_bookkeeping();
    if (!IS_ALIGNED(run->start, PAGE_SIZE << run->order))
        return false;
    if (run->start < own.end && run->end > own.start)
        return false;
    uint64_t step = run->order < 6 ? PAGE_SIZE : (PAGE_SIZE << run->order) / 16;
    for (phys_addr_t page = run->start; page < run->end; page += step) {
        if (!is_usable(&info, page))
            return false;
    }
    return is_usable(&info, run->end - PAGE_SIZE);
}

static size_t allocate_some(size_t limit, bool single)
{
    size_t count = 0;
    while (count < limit) {
        unsigned order = single || below(4) ? 0 : (unsigned)below(12);
        phys_addr_t start = order ? frames_alloc_run(order) : frame_alloc();
        if (start != NO_FRAME)
            runs[count++] = (struct run){start, start + (PAGE_SIZE << order), order};
        else if (order == 0)
            break;
    }
    return count;
}

static void free_in_random_order(size_t count)
{
    while (count) {
        size_t i = below(count);
        if (runs[i].order == 0)
            frame_free(runs[i].start);
        else
            frames_free_run(runs[i].start, runs[i].order);
        runs[i] = runs[--count];
    }
}

static int compare_runs(const void *a, const void *b)
{
    const struct run *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

static void check_runs(size_t count)
{
    qsort(runs, count, sizeof(runs[0]), compare_runs);
    for (size_t i = 0; i < count; i++) {
        EXPECT(good_run(&runs[i]));
        EXPECT(i == 0 || runs[i - 1].end <= runs[i].start);
    }
}

/* Everything that one map is good for; `all` takes every single frame that there is. */
static void check_map(uint64_t total, bool all)
{
    size_t count = allocate_some(all ? MAX_RUNS : 32, all);
    uint64_t taken = 0;
    for (size_t i = 0; i < count; i++)
        taken += UINT64_C(1) << runs[i].order;
    EXPECT_EQ(free_frames(), total - taken);
    if (all)
        EXPECT_EQ(count, total);
    check_runs(count);
    free_in_random_order(count);
    EXPECT_EQ(free_frames(), total);
}

TEST(frames_random, random_maps_hand_out_usable_memory_once)
{
    unsigned exhausted = 0, without_memory = 0;
    state = 42;
    for (unsigned map = 0; map < 100000; map++) {
        if (map % 64 == 0)
            physical_memory_reset();
        random_map();
        frames_init(&info);

        struct frames_stats stats;
        frames_stats(&stats);
        EXPECT(stats.free == stats.total && stats.used == 0);
        EXPECT_EQ(stats.total + stats.bookkeeping, count_usable(&info));
        bool all = stats.total < MAX_RUNS && map % 8 == 0;
        check_map(stats.total, all);
        if (test_failed())
            return;
        exhausted += all && stats.total;
        without_memory += stats.total == 0;
    }
    /* The maps are of all kinds, as they are meant to be. */
    EXPECT(exhausted > 1000 && without_memory > 1000 && without_memory < 20000);
}

TEST(frames_random, churn_leaves_nothing_in_pieces)
{
    physical_memory_reset();
    physical_memory_no_map(&info);
    physical_memory_add(&info, 0, MIB(64), MEMORY_AVAILABLE);
    frames_init(&info);
    uint64_t total = free_frames();
    state = 7;
    size_t count = 0;
    for (unsigned step = 0; step < 300000; step++) {
        unsigned order = below(3) ? 0 : (unsigned)below(13);
        phys_addr_t start = NO_FRAME;
        if (count < MAX_RUNS && below(100) < 52)
            start = order ? frames_alloc_run(order) : frame_alloc();
        if (start != NO_FRAME) {
            runs[count++] = (struct run){start, start + (PAGE_SIZE << order), order};
        } else if (count) {
            size_t i = below(count);
            frames_free_run(runs[i].start, runs[i].order);
            runs[i] = runs[--count];
        }
        if (step % 10000 == 0)
            check_runs(count);
        if (test_failed())
            return;
    }
    free_in_random_order(count);
    EXPECT_EQ(free_frames(), total);
    /* Nothing is left in pieces: 64 MiB less the first one and the bookkeeping's. */
    for (unsigned i = 0; i < 31; i++)
        EXPECT(frames_alloc_run(9) != NO_FRAME);
    EXPECT(frames_alloc_run(9) == NO_FRAME);
    EXPECT(frames_alloc_run(7) != NO_FRAME);
}
