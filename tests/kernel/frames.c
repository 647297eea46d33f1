/*
 * The frame allocator on the machine's own memory.
 */
#include <image.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>

#include "../test.h"
#include "frame_chain.h"

static struct frames_stats stats_now(void)
{
    struct frames_stats stats;
    frames_stats(&stats);
    return stats;
}

TEST(frames, counts_add_up)
{
    struct frames_stats before = stats_now();
    EXPECT_EQ(before.total, before.free + before.used);
    EXPECT(before.free > 0 && before.used > 0 && before.bookkeeping > 0);
    phys_addr_t frame = frame_alloc(), run = frames_alloc_run(5);
    EXPECT(frame != NO_FRAME && run != NO_FRAME);
    EXPECT_EQ(stats_now().free, before.free - 33);
    EXPECT_EQ(stats_now().used, before.used + 33);
    frame_free(frame);
    frames_free_run(run, 5);
    EXPECT_EQ(stats_now().free, before.free);
}

TEST(frames, nothing_of_the_kernels_is_handed_out)
{
    phys_addr_t start = image_to_phys(kernel_image_start);
    phys_addr_t end = image_to_phys(kernel_image_end);
    phys_addr_t chain = NO_FRAME;
    uint64_t wrong = 0;
    for (unsigned i = 0; i < 4096 && frame_chain_take(&chain, 0); i++)
        wrong += chain < MIB(1) || (chain >= start && chain < end) || chain % PAGE_SIZE != 0;
    frame_chain_give_back(&chain);
    EXPECT_EQ(wrong, 0);
}

/* Single frames, 1 GiB at most, each with its address in its last word: none is handed out twice.
 * Then the rest of memory, however much that is, in runs as large as there are. */
TEST(frames, all_of_memory_is_handed_out_once)
{
    enum { LAST = PAGE_SIZE / sizeof(phys_addr_t) - 1 };
    phys_addr_t chain = NO_FRAME;
    uint64_t before = stats_now().free, count = 0, wrong = 0;
    for (; count < GIB(1) / PAGE_SIZE && frame_chain_take(&chain, 0); count++)
        *((phys_addr_t *)phys_to_virt(chain) + LAST) = chain;
    for (phys_addr_t at = chain; at != NO_FRAME; at = *(phys_addr_t *)phys_to_virt(at))
        wrong += *((phys_addr_t *)phys_to_virt(at) + LAST) != at;
    count += frame_chain_take_all(&chain);
    uint64_t left = stats_now().free;
    frame_chain_give_back(&chain);
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(count, before);
    EXPECT_EQ(left, 0);
    EXPECT_EQ(stats_now().free, before);
}

TEST(frames, runs_are_aligned_and_whole)
{
    uint64_t before = stats_now().free;
    for (unsigned order = 0; order <= 10; order++) {
        phys_addr_t run = frames_alloc_run(order);
        EXPECT(run != NO_FRAME);
        EXPECT_EQ(run % (PAGE_SIZE << order), 0);
        memset(phys_to_virt(run), 0x5a, PAGE_SIZE << order);
        frames_free_run(run, order);
    }
    EXPECT_EQ(stats_now().free, before);
}
