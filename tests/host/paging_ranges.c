/*
 * Ranges of pages: the sizes that they are made of, and that they are there whole or not at all.
 */
#include <layout.h>
#include <string.h>

#include "../test.h"
#include "page_tables.h"
#include "physical_memory.h"
#include "single_step.h"

TEST(paging_ranges, ranges_take_the_largest_pages_that_fit)
{
    tables_set_up(MIB(16));
    uint64_t before = free_frames();
    /* 4 KiB pages up to 2 MiB, 2 MiB pages up to 1 GiB, 1 GiB pages, and down again. */
    virt_addr_t start = WINDOW + GIB(1) - MIB(4) - 2 * PAGE_SIZE;
    phys_addr_t memory = GIB(5) - MIB(4) - 2 * PAGE_SIZE;
    uint64_t length = 2 * PAGE_SIZE + MIB(4) + GIB(2) + MIB(6) + 5 * PAGE_SIZE;
    EXPECT_EQ(paging_map_range(&space, start, memory, length, PAGE_1G, DATA), OK);
    struct tables seen = tables_look();
    EXPECT_EQ(seen.bad, 0);
    EXPECT_EQ(seen.pages[1], 7);
    EXPECT_EQ(seen.pages[2], 5);
    EXPECT_EQ(seen.pages[3], 2);
    EXPECT_EQ(seen.bytes, length);
    EXPECT_EQ(seen.tables, before - free_frames());
    for (uint64_t at = 0; at < length; at += PAGE_SIZE)
        EXPECT_EQ(tables_translate(start + at), memory + at);
    EXPECT_EQ(tables_translate(start - 1), UINT64_MAX);
    EXPECT_EQ(tables_translate(start + length), UINT64_MAX);
}

TEST(paging_ranges, ranges_stay_below_the_largest_page_asked_for)
{
    tables_set_up(MIB(64));
    EXPECT_EQ(paging_map_range(&space, WINDOW, GIB(4), GIB(1), PAGE_2M, DATA), OK);
    EXPECT_EQ(tables_look().pages[2], 512);
    EXPECT_EQ(paging_map_range(&space, USER, GIB(4), MIB(6), PAGE_4K, DATA | PAGE_USER), OK);
    EXPECT_EQ(tables_look().pages[1], 3 * 512);
    EXPECT_EQ(tables_look().bad, 0);
    /* Memory that is not aligned like the addresses goes page by page, whatever is allowed. */
    EXPECT_EQ(paging_map_range(&space, USER + GIB(1), GIB(4) + PAGE_SIZE, MIB(4), PAGE_1G, 0), OK);
    EXPECT_EQ(tables_look().pages[1], 5 * 512);
    EXPECT_EQ(tables_translate(USER + GIB(1) + MIB(3)), GIB(4) + MIB(3) + PAGE_SIZE);
}

TEST(paging_ranges, a_table_that_a_range_fills_goes_when_it_empties)
{
    tables_set_up(MIB(16));
    uint64_t before = free_frames();
    EXPECT_EQ(paging_map_range(&space, WINDOW, 0, MIB(4) + PAGE_SIZE, PAGE_4K, DATA), OK);
    EXPECT_EQ(before - free_frames(), 2 + 3);
    for (uint64_t at = 0; at < MIB(4) + PAGE_SIZE; at += PAGE_SIZE)
        EXPECT_EQ(paging_unmap(&space, WINDOW + at, PAGE_4K, NULL), OK);
    EXPECT_EQ(free_frames(), before);
}

TEST(paging_ranges, a_range_that_meets_something_is_undone)
{
    for (enum page_size size = PAGE_4K; size <= PAGE_1G; size++) {
        tables_set_up(MIB(16));
        virt_addr_t there = WINDOW + GIB(2) + (size == PAGE_1G ? 0 : MIB(2));
        EXPECT_EQ(paging_map(&space, there, 0, size, DATA), OK);
        uint64_t before = free_frames();
        struct tables tables = tables_look();
        /* A 4 KiB page, a 2 MiB page, a 1 GiB page and another 2 MiB page would come before. */
        uint64_t head = MIB(2) + PAGE_SIZE;
        EXPECT_EQ(paging_map_range(&space, WINDOW + GIB(1) - head, GIB(9) - head,
                                   head + GIB(1) + MIB(6), PAGE_1G, DATA),
                  size == PAGE_1G ? ERROR_PART_OF_LARGER_PAGE : ERROR_ALREADY_MAPPED);
        EXPECT_EQ(free_frames(), before);
        struct tables after = tables_look();
        EXPECT(memcmp(&tables, &after, sizeof(tables)) == 0);
        EXPECT_EQ(tables_translate(there), 0);
    }
}

TEST(paging_ranges, a_range_without_frames_is_undone)
{
    for (uint64_t left = 0; left < 9; left++) {
        tables_set_up(MIB(16));
        tables_leave_frames(left);
        EXPECT_EQ(paging_map_range(&space, WINDOW + GIB(1) - PAGE_SIZE, 0, MIB(10), PAGE_4K, DATA),
                  ERROR_OUT_OF_FRAMES);
        EXPECT_EQ(free_frames(), left);
        EXPECT_EQ(tables_look().tables, 0);
    }
    tables_set_up(MIB(16));
    tables_leave_frames(9);
    EXPECT_EQ(paging_map_range(&space, WINDOW + GIB(1) - PAGE_SIZE, 0, MIB(10), PAGE_4K, DATA), OK);
    EXPECT_EQ(tables_look().bytes, MIB(10));
    EXPECT_EQ(tables_look().bad, 0);
}

TEST(paging_ranges, ranges_that_cannot_be_are_refused)
{
    tables_set_up(MIB(16));
    uint64_t before = free_frames();
    EXPECT_EQ(paging_map_range(&space, WINDOW, 0, 0, PAGE_4K, DATA), OK);
    EXPECT_EQ(paging_map_range(&space, WINDOW + 1, 0, PAGE_SIZE, PAGE_4K, DATA), ERROR_MISALIGNED);
    EXPECT_EQ(paging_map_range(&space, WINDOW, 1, PAGE_SIZE, PAGE_4K, DATA), ERROR_MISALIGNED);
    EXPECT_EQ(paging_map_range(&space, WINDOW, 0, 100, PAGE_4K, DATA), ERROR_MISALIGNED);
    EXPECT_EQ(paging_map_range(&space, NOWHERE, 0, PAGE_SIZE, PAGE_4K, DATA), ERROR_NOT_CANONICAL);
    EXPECT_EQ(paging_map_range(&space, NOWHERE - MIB(2), 0, MIB(4), PAGE_2M, DATA),
              ERROR_NOT_CANONICAL);
    EXPECT_EQ(paging_map_range(&space, MIB(2), 0, -PAGE_SIZE, PAGE_1G, DATA), ERROR_INVALID);
    EXPECT_EQ(paging_map_range(&space, -MIB(2), 0, MIB(4), PAGE_2M, DATA), ERROR_NOT_CANONICAL);
    EXPECT_EQ(paging_map_range(&space, WINDOW, (UINT64_C(1) << 52) - MIB(2), MIB(4), PAGE_2M, DATA),
              ERROR_INVALID);
    EXPECT_EQ(free_frames(), before);
    EXPECT_EQ(tables_look().tables, 0);
    EXPECT_EQ(paging_map_range(&space, NOWHERE - MIB(2), 0, MIB(2), PAGE_2M, DATA), OK);
    EXPECT_EQ(paging_map_range(&space, -MIB(2), 0, MIB(2), PAGE_2M, DATA), OK);
}

static unsigned looks, strays;

/* Is each page of the range where it belongs, or nowhere? */
static void look_for_strays(uintptr_t instruction)
{
    (void)instruction;
    looks++;
    for (uint64_t at = 0; at < 3 * PAGE_SIZE; at += PAGE_SIZE) {
        phys_addr_t physical = tables_translate(WINDOW + at);
        strays += physical != UINT64_MAX && physical != MIB(8) + at;
    }
}

/* The processor may look through the tables at any time and keep what it finds (SDM 3A 4.10.2.3),
 * so a table is linked only once it is filled. */
TEST(paging_ranges, nothing_astray_is_ever_mapped)
{
    tables_set_up(MIB(16));
    if (!single_step(look_for_strays))
        return;
    enum error error = paging_map_range(&space, WINDOW, MIB(8), 3 * PAGE_SIZE, PAGE_4K, DATA);
    single_step(NULL);
    EXPECT_EQ(error, OK);
    EXPECT(looks > 100);
    EXPECT_EQ(strays, 0);
    EXPECT_EQ(tables_translate(WINDOW + 2 * PAGE_SIZE), MIB(8) + 2 * PAGE_SIZE);
}

/* --- Many pages at once --------------------------------------------------------------------- */

static unsigned taken, most; /* frames; the next one is refused */

static enum error take(phys_addr_t frame, void *context)
{
    if (taken == most || context != &most || frame < MIB(8))
        return ERROR_OUT_OF_FRAMES;
    taken++;
    return OK;
}

static void drop(phys_addr_t frame, void *context)
{
    EXPECT(context == &most && frame >= MIB(8));
    taken--;
}

/* Pages in two tables, with holes, for another tree of tables, which stops after `count`. */
static void share(struct page_tables *to, unsigned count, unsigned *left, enum error expected)
{
    const virt_addr_t pages[] = {USER, USER + PAGE_SIZE, USER + 3 * PAGE_SIZE, USER + MIB(2)};
    tables_set_up(MIB(16));
    EXPECT_EQ(paging_init(to), OK);
    for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
        EXPECT_EQ(paging_map(&space, pages[i], MIB(8) + i * PAGE_SIZE, PAGE_4K, DATA | PAGE_USER),
                  OK);
    taken = 0;
    most = count;
    virt_addr_t page = USER;
    EXPECT_EQ(paging_share_pages(&space, to, &page, USER + MIB(4), left, take, &most), expected);
    for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
        uint64_t entry = paging_entry(&space, pages[i]) & ~PAGE_WRITABLE;
        EXPECT_EQ(paging_entry(to, pages[i]), i < taken ? entry : 0);
        EXPECT_EQ(paging_entry(&space, pages[i]) & PAGE_WRITABLE, i < taken ? 0 : PAGE_WRITABLE);
    }
    EXPECT(taken == ARRAY_SIZE(pages) ? page >= USER + MIB(4) : page <= pages[taken]);
}

TEST(paging_ranges, shared_pages_are_read_only_in_both)
{
    struct page_tables other;
    for (unsigned count = 0; count < 4; count++) {
        unsigned left = 100;
        share(&other, count, &left, ERROR_OUT_OF_FRAMES);
        EXPECT_EQ(left, 100 - count);
        EXPECT_EQ(taken, count);
        uint64_t free = free_frames(), page = USER;
        left = UINT32_MAX;
        paging_unmap_pages(&other, &page, USER + MIB(4), &left, drop, &most);
        EXPECT_EQ(taken, 0);
        /* the lowest table, and the two above it */
        EXPECT_EQ(free_frames(), free + (count ? 3 : 0));
    }
    unsigned left = 5;
    share(&other, 4, &left, OK);
    EXPECT_EQ(left, 1);
}

TEST(paging_ranges, many_pages_are_unmapped_in_parts)
{
    struct page_tables other;
    unsigned left = 100;
    uint64_t page = USER;
    share(&other, 4, &left, OK);
    left = 3;
    paging_unmap_pages(&other, &page, USER + MIB(4), &left, drop, &most);
    EXPECT(left == 0 && taken == 1 && page > USER + 3 * PAGE_SIZE && page <= USER + MIB(2));
    left = 3;
    paging_unmap_pages(&other, &page, USER + MIB(4), &left, drop, &most);
    EXPECT(left == 2 && taken == 0 && page >= USER + MIB(4));
}
