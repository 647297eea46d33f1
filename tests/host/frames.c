/*
 * The frame allocator on made-up memory: what it refuses, runs of every order, machines of every
 * size.
 */
#include <layout.h>
#include <mm/frame_map.h>
#include <mm/frames.h>
#include <stdio.h>
#include <string.h>

#include "../test.h"
#include "physical_memory.h"
#include "support.h"
#include "usable_memory.h"

static struct boot_info info;

/* --- What is freed wrongly ------------------------------------------------------------------ */

struct wrong_free {
    phys_addr_t frame;
    unsigned order;
};

static void do_wrong_free(void *argument)
{
    const struct wrong_free *wrong = argument;
    if (wrong->order == 0)
        frame_free(wrong->frame);
    else
        frames_free_run(wrong->frame, wrong->order);
}

/* Does that free panic, name the address, and say `what`? And is nothing changed by it? */
static void expect_wrong(phys_addr_t frame, unsigned order, const char *what)
{
    char address[32];
    snprintf(address, sizeof(address), "0x%lx ", frame);
    uint64_t before = free_frames();
    const char *panic = host_expect_panic(do_wrong_free, &(struct wrong_free){frame, order});
    EXPECT(panic != NULL);
    EXPECT(strstr(panic, address) != NULL);
    EXPECT(strstr(panic, what) != NULL);
    EXPECT_EQ(free_frames(), before);
}

#define EXPECT_WRONG(...)          \
    do {                           \
        expect_wrong(__VA_ARGS__); \
        if (test_failed())         \
            return;                \
    } while (0)

/* What the loader has left is given out once it is added, and a range is added only once. */
TEST(frames, a_reserved_range_is_added)
{
    struct frames_stats before, after;
    physical_memory_no_map(&info);
    physical_memory_add(&info, 0, MIB(16), MEMORY_AVAILABLE);
    physical_memory_reserve(&info, MIB(8) + 100, MIB(10) + 0x2100);
    physical_memory_reset();
    frames_init(&info);
    frames_stats(&before);
    for (int i = 0; i < 2; i++)
        frames_add((struct phys_range){MIB(8) + 100, MIB(10) + 0x2100});
    frames_stats(&after);
    EXPECT_EQ(after.total, before.total + 513); /* without the first one and the last one */
    EXPECT_EQ(after.free, before.free + 513);
    frames_add((struct phys_range){MIB(64), MIB(65)}); /* no memory */
    uint64_t count = 0, added = 0;
    for (phys_addr_t frame; (frame = frame_alloc()) != NO_FRAME; count++)
        added += frame > MIB(8) && frame < MIB(10) + 0x2000;
    EXPECT_EQ(count, after.free);
    EXPECT_EQ(added, 513);
}

TEST(frames, wrong_frees_panic_with_the_address)
{
    physical_memory_no_map(&info);
    physical_memory_add(&info, 0, MIB(16), MEMORY_AVAILABLE);
    physical_memory_add(&info, MIB(64), MIB(2), MEMORY_AVAILABLE);
    physical_memory_reserve(&info, 0x300000, 0x302000);
    physical_memory_reset();
    frames_init(&info);
    phys_addr_t frame = frame_alloc(), other = frame_alloc();

    EXPECT_WRONG(frame + 8, 0, "misaligned");
    EXPECT_WRONG(frame + PAGE_SIZE / 2, 0, "misaligned");
    EXPECT_WRONG(0x1000, 0, "not handed out"); /* first MiB */
    EXPECT_WRONG(frame_map_bookkeeping().start, 0, "not handed out");
    EXPECT_WRONG(0x300000, 0, "not handed out"); /* reserved, its block not open yet */
    EXPECT_WRONG(MIB(32), 0, "not handed out");  /* a hole */
    EXPECT_WRONG(MIB(64), 0, "not handed out");  /* not open yet */
    EXPECT_WRONG(MIB(66), 0, "not handed out");  /* behind the last */
    EXPECT_WRONG(DIRECT_MAP_SIZE, 0, "not handed out");
    EXPECT_WRONG(0xfffffffffffff000, 0, "not handed out");

    frame_free(frame);
    EXPECT_WRONG(frame, 0, "free already");
    frame_free(other);
    while (frame_alloc() != NO_FRAME)
        continue;
    EXPECT_WRONG(0x300000, 0, "not handed out"); /* reserved, amid frames that are handed out */
}

TEST(frames, wrong_frees_of_runs_panic_too)
{
    physical_memory_simple(MIB(32));
    phys_addr_t small = frames_alloc_run(3), block = frames_alloc_run(9);
    phys_addr_t large = frames_alloc_run(11);
    EXPECT(small && block && large);
    EXPECT_WRONG(small + PAGE_SIZE, 3, "misaligned");
    EXPECT_WRONG(small, 4, IS_ALIGNED(small, PAGE_SIZE << 4) ? "not handed out" : "misaligned");
    EXPECT_WRONG(MIB(40), 9, "not handed out");
    EXPECT_WRONG(large + MIB(2), 11, "misaligned");
    frame_free(block + 5 * PAGE_SIZE);
    EXPECT_WRONG(block, 9, "not handed out");
    frames_free_run(large, 11);
    EXPECT_WRONG(large, 11, "free already");
    EXPECT_WRONG(large, 0, "free already");
}

/* --- Runs ----------------------------------------------------------------------------------- */

TEST(frames, a_run_may_be_given_back_in_pieces)
{
    physical_memory_simple(MIB(64));
    uint64_t before = free_frames();
    phys_addr_t run = frames_alloc_run(12);
    EXPECT_EQ(before - free_frames(), 1 << 12);
    for (phys_addr_t at = run; at < run + MIB(2); at += PAGE_SIZE)
        frame_free(at);
    frames_free_run(run + MIB(2), 8);
    frames_free_run(run + MIB(3), 8);
    frames_free_run(run + MIB(4), 10);
    frames_free_run(run + MIB(8), 11);
    EXPECT_EQ(free_frames(), before);
    EXPECT_EQ(frames_alloc_run(12), run);
}

TEST(frames, runs_of_every_order_are_aligned_and_come_back)
{
    for (unsigned order = 0; order <= FRAMES_MAX_ORDER; order++) {
        physical_memory_simple(GIB(4));
        uint64_t before = free_frames();
        phys_addr_t first = frames_alloc_run(order), second = frames_alloc_run(order);
        EXPECT(first != NO_FRAME && second != NO_FRAME && first != second);
        EXPECT(IS_ALIGNED(first | second, PAGE_SIZE << order));
        EXPECT_EQ(before - free_frames(), UINT64_C(2) << order);
        frames_free_run(first, order);
        frames_free_run(second, order);
        EXPECT_EQ(free_frames(), before);
    }
}

TEST(frames, a_block_that_becomes_whole_is_listed_as_whole)
{
    physical_memory_simple(MIB(8));
    phys_addr_t frame, run;
    do {
        frame = frame_alloc();
    } while (!IS_ALIGNED(frame, MIB(2))); /* the first one of a whole block */
    frame_free(frame);
    frame = frame_alloc();
    while ((run = frames_alloc_run(9)) != NO_FRAME)
        EXPECT(frame < run || frame >= run + MIB(2));
}

TEST(frames, runs_are_found_in_broken_blocks)
{
    physical_memory_simple(MIB(4)); /* 1 MiB of it is half a block, 2 MiB are a whole one */
    uint64_t count = free_frames();
    for (uint64_t i = 0; i < count; i++)
        EXPECT(frame_alloc() != NO_FRAME);
    /* Every second frame of the whole block: no two of them make a run. */
    for (phys_addr_t at = MIB(2); at < MIB(4); at += 2 * PAGE_SIZE)
        frame_free(at);
    EXPECT(frames_alloc_run(1) == NO_FRAME);
    EXPECT(frames_alloc_run(8) == NO_FRAME);
    frame_free(MIB(3) + PAGE_SIZE);
    EXPECT(frames_alloc_run(2) == NO_FRAME);
    EXPECT_EQ(frames_alloc_run(1), MIB(3));
    for (phys_addr_t at = MIB(3) + 64 * PAGE_SIZE; at < MIB(3) + 192 * PAGE_SIZE; at += PAGE_SIZE) {
        if (at / PAGE_SIZE % 2)
            frame_free(at);
    }
    EXPECT(frames_alloc_run(7) == NO_FRAME);
    EXPECT_EQ(frames_alloc_run(6), MIB(3) + 64 * PAGE_SIZE);
    EXPECT_EQ(frames_alloc_run(6), MIB(3) + 128 * PAGE_SIZE);
    EXPECT_EQ(free_frames(), 256 - 1 - 64);
}

/* --- References ----------------------------------------------------------------------------- */

TEST(frames, a_shared_frame_is_freed_with_the_last_reference)
{
    physical_memory_simple(MIB(16));
    uint64_t before = free_frames();
    phys_addr_t frame = frame_alloc(), other = frame_alloc();
    EXPECT(!frame_is_shared(frame));
    for (unsigned i = 0; i < 1000; i++)
        EXPECT_EQ(frame_reference(frame), OK);
    EXPECT(frame_is_shared(frame) && !frame_is_shared(other));
    EXPECT_EQ(before - free_frames(), 2 + 1); /* and the block's numbers */
    for (unsigned i = 0; i < 1000; i++) {
        EXPECT(frame_is_shared(frame));
        frame_free(frame);
    }
    EXPECT(!frame_is_shared(frame));
    EXPECT_EQ(before - free_frames(), 2);
    frame_free(frame);
    EXPECT_WRONG(frame, 0, "free already");
    frame_free(other);
    EXPECT_EQ(free_frames(), before);
}

static void reference_a_free_frame(void *frame)
{
    frame_reference(*(phys_addr_t *)frame);
}

TEST(frames, only_allocated_frames_have_references)
{
    physical_memory_simple(MIB(16));
    phys_addr_t frame = frame_alloc(), odd = frame + 8, nowhere = DIRECT_MAP_SIZE;
    EXPECT(host_expect_panic(reference_a_free_frame, &odd));
    EXPECT(host_expect_panic(reference_a_free_frame, &nowhere));
    frame_free(frame);
    EXPECT(host_expect_panic(reference_a_free_frame, &frame));
}

TEST(frames, a_run_with_shared_frames_can_be_freed)
{
    physical_memory_simple(MIB(16));
    uint64_t before = free_frames();
    phys_addr_t run = frames_alloc_run(10);
    EXPECT_EQ(frame_reference(run + 700 * PAGE_SIZE), OK);
    frames_free_run(run, 10);
    EXPECT_EQ(before - free_frames(), 1);
    frame_free(run + 700 * PAGE_SIZE);
    EXPECT_EQ(free_frames(), before);
    EXPECT_EQ(frames_alloc_run(10), run);
}

TEST(frames, a_reference_may_find_no_frame_for_its_number)
{
    physical_memory_simple(MIB(16));
    phys_addr_t frame = frame_alloc(), last = NO_FRAME;
    while (free_frames())
        last = frame_alloc();
    EXPECT_EQ(frame_reference(frame), ERROR_OUT_OF_FRAMES);
    EXPECT(!frame_is_shared(frame));
    frame_free(last);
    EXPECT_EQ(frame_reference(frame), OK);
    EXPECT_EQ(free_frames(), 0);
}

/* --- Machines ------------------------------------------------------------------------------- */

/* All the memory of a machine with `size` of it, in the PC's way: a hole below 4 GiB. */
static void use_all(uint64_t size)
{
    physical_memory_no_map(&info);
    physical_memory_add(&info, MIB(1), MIN(size, GIB(3)) - MIB(1), MEMORY_AVAILABLE);
    if (size > GIB(3))
        physical_memory_add(&info, GIB(4), size - GIB(3), MEMORY_AVAILABLE);
    physical_memory_reserve(&info, MIB(1), MIB(1) + 345678);
    physical_memory_reset();
    memset(phys_to_virt(MIB(1)), 0xa5, MIB(8)); /* what the firmware left behind */
    frames_init(&info);
    uint64_t total = free_frames();
    EXPECT(total * PAGE_SIZE > size - MIB(1) - KIB(400) - size / 10000);
    phys_addr_t last = 0;
    for (uint64_t i = 0; i < total; i++) {
        phys_addr_t frame = frame_alloc();
        EXPECT(frame > last);
        last = frame;
    }
    EXPECT_EQ(last, (size > GIB(3) ? size + GIB(1) : size) - PAGE_SIZE);
    EXPECT_EQ(frame_alloc(), NO_FRAME);
    EXPECT_EQ(free_frames(), 0);
    frame_free(last);
    EXPECT_EQ(frame_alloc(), last);
}

TEST(frames, every_frame_of_16_mib_to_64_gib_is_handed_out)
{
    static const uint64_t sizes[] = {MIB(16), MIB(128), GIB(1), GIB(8), GIB(64)};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        use_all(sizes[i]);
        if (test_failed())
            return;
    }
}

TEST(frames, without_memory_nothing_is_handed_out)
{
    physical_memory_reset();
    physical_memory_no_map(&info);
    frames_init(&info);
    EXPECT_EQ(free_frames(), 0);
    EXPECT_EQ(frame_alloc(), NO_FRAME);
    EXPECT_EQ(frames_alloc_run(4), NO_FRAME);
    EXPECT_EQ(frames_alloc_run(FRAMES_MAX_ORDER), NO_FRAME);
    EXPECT_WRONG(MIB(2), 0, "not handed out");
}

/* Single pages far apart need more room for their descriptions than there is in one place. */
TEST(frames, memory_that_cannot_be_kept_track_of_is_left_alone)
{
    physical_memory_reset();
    physical_memory_no_map(&info);
    for (uint64_t i = 0; i < BOOT_MAX_REGIONS; i++)
        physical_memory_add(&info, (i + 1) * MIB(16), PAGE_SIZE, MEMORY_AVAILABLE);
    frames_init(&info);
    uint64_t total = free_frames();
    EXPECT(total > 10 && total < BOOT_MAX_REGIONS);
    for (uint64_t i = 0; i < total; i++) {
        phys_addr_t frame = frame_alloc();
        EXPECT(is_usable(&info, frame) && frame != frame_map_bookkeeping().start);
    }
    EXPECT_EQ(frame_alloc(), NO_FRAME);
}

/* The regions together are all memory that is handed out, and each knows its own part of that. */
TEST(frames, regions_add_up)
{
    static phys_addr_t held[3000];
    const struct phys_range ranges[] = {
        {MIB(1), MIB(5) + KIB(12)}, {MIB(5) + KIB(40), MIB(64)}, {GIB(4), GIB(5)}};
    physical_memory_reset();
    physical_memory_no_map(&info);
    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
        physical_memory_add(&info, ranges[i].start, ranges[i].end - ranges[i].start,
                            MEMORY_AVAILABLE);
    frames_init(&info);
    phys_addr_t bookkeeping_end = frame_map_bookkeeping().end;
    for (size_t i = 0; i < ARRAY_SIZE(held); i++)
        held[i] = frame_alloc();
    for (size_t i = 0; i < ARRAY_SIZE(held); i += 3)
        frame_free(held[i]);
    EXPECT(frames_alloc_run(FRAMES_MAX_ORDER) == GIB(4));

    struct frames_region region;
    phys_addr_t from = 0;
    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++, from = region.range.end) {
        uint64_t used = i == 2 ? 1 << FRAMES_MAX_ORDER : 0;
        for (size_t k = 0; k < ARRAY_SIZE(held); k++)
            used += k % 3 && held[k] >= ranges[i].start && held[k] < ranges[i].end;
        EXPECT(frames_next_region(from, &region));
        EXPECT_EQ(region.range.start, i ? ranges[i].start : bookkeeping_end);
        EXPECT_EQ(region.range.end, ranges[i].end);
        EXPECT_EQ(region.used, used);
    }
    EXPECT(!frames_next_region(from, &region));
}
