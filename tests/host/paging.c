/*
 * Page tables: pages one by one, and the tables that come and go with them.
 */
#include <kernel/cpu/control.h>
#include <layout.h>
#include <lib/random.h>
#include <mm/frames.h>
#include <mm/paging_walk.h>
#include <mm/table_frames.h>
#include <string.h>

#include "../test.h"
#include "page_tables.h"
#include "physical_memory.h"
#include "support.h"

/* --- Single pages --------------------------------------------------------------------------- */

TEST(paging, pages_of_every_size_are_mapped_and_unmapped)
{
    for (enum page_size size = PAGE_4K; size <= PAGE_1G; size++) {
        tables_set_up(MIB(16));
        uint64_t before = free_frames(), bytes = page_size_bytes(size);
        phys_addr_t memory = GIB(7), frame = 0;
        EXPECT_EQ(paging_map(&space, WINDOW + bytes, memory, size, DATA), OK);
        EXPECT_EQ(before - free_frames(), 4 - size);
        EXPECT_EQ(tables_translate(WINDOW + bytes), memory);
        EXPECT_EQ(tables_translate(WINDOW + bytes + bytes / 2 + 5), memory + bytes / 2 + 5);
        EXPECT_EQ(tables_translate(WINDOW + 2 * bytes - 1), memory + bytes - 1);
        EXPECT_EQ(tables_translate(WINDOW + bytes - 1), UINT64_MAX);
        EXPECT_EQ(tables_translate(WINDOW + 2 * bytes), UINT64_MAX);
        struct tables seen = tables_look();
        EXPECT_EQ(seen.bad, 0);
        EXPECT_EQ(seen.pages[size], 1);
        EXPECT_EQ(seen.tables, 4 - size);
        EXPECT_EQ(invlpg_count, 0); /* what was not present cannot be in the TLB */

        EXPECT_EQ(paging_unmap(&space, WINDOW + bytes, size, &frame), OK);
        EXPECT_EQ(frame, memory);
        EXPECT(invlpg_count == 1 && invlpg_last == WINDOW + bytes);
        EXPECT_EQ(tables_translate(WINDOW + bytes), UINT64_MAX);
        EXPECT_EQ(free_frames(), before);
        EXPECT_EQ(tables_look().tables, 0);
    }
}

TEST(paging, every_refusal_has_its_error_and_changes_nothing)
{
    tables_set_up(MIB(16));
    EXPECT_EQ(paging_map(&space, WINDOW, MIB(8), PAGE_4K, DATA), OK);
    EXPECT_EQ(paging_map(&space, WINDOW + GIB(1), MIB(8), PAGE_2M, DATA), OK);
    EXPECT_EQ(paging_map(&space, WINDOW + GIB(2), GIB(8), PAGE_1G, DATA), OK);
    uint64_t before = free_frames();
    struct tables tables = tables_look();

    EXPECT_EQ(paging_map(&space, WINDOW, MIB(9), PAGE_4K, DATA), ERROR_ALREADY_MAPPED);
    EXPECT_EQ(paging_map(&space, WINDOW, MIB(8), PAGE_2M, DATA), ERROR_ALREADY_MAPPED);
    EXPECT_EQ(paging_map(&space, WINDOW, 0, PAGE_1G, DATA), ERROR_ALREADY_MAPPED);
    EXPECT_EQ(paging_map(&space, WINDOW + GIB(1), MIB(8), PAGE_2M, DATA), ERROR_ALREADY_MAPPED);
    EXPECT_EQ(paging_map(&space, WINDOW + GIB(1), 0, PAGE_1G, DATA), ERROR_ALREADY_MAPPED);
    EXPECT_EQ(paging_map(&space, WINDOW + GIB(2), 0, PAGE_1G, DATA), ERROR_ALREADY_MAPPED);

    EXPECT_EQ(paging_map(&space, WINDOW + GIB(1) + MIB(1), 0, PAGE_4K, DATA),
              ERROR_PART_OF_LARGER_PAGE);
    EXPECT_EQ(paging_map(&space, WINDOW + GIB(2), 0, PAGE_2M, DATA), ERROR_PART_OF_LARGER_PAGE);
    EXPECT_EQ(paging_map(&space, WINDOW + GIB(2), 0, PAGE_4K, DATA), ERROR_PART_OF_LARGER_PAGE);
    EXPECT_EQ(paging_unmap(&space, WINDOW + GIB(1), PAGE_4K, NULL), ERROR_PART_OF_LARGER_PAGE);
    EXPECT_EQ(paging_unmap(&space, WINDOW + GIB(2), PAGE_2M, NULL), ERROR_PART_OF_LARGER_PAGE);
    EXPECT_EQ(paging_protect(&space, WINDOW + GIB(2), PAGE_4K, 0), ERROR_PART_OF_LARGER_PAGE);

    EXPECT_EQ(paging_unmap(&space, WINDOW + PAGE_SIZE, PAGE_4K, NULL), ERROR_NOT_MAPPED);
    EXPECT_EQ(paging_unmap(&space, WINDOW + GIB(600), PAGE_4K, NULL), ERROR_NOT_MAPPED);
    EXPECT_EQ(paging_unmap(&space, WINDOW, PAGE_2M, NULL), ERROR_NOT_MAPPED);
    EXPECT_EQ(paging_unmap(&space, WINDOW, PAGE_1G, NULL), ERROR_NOT_MAPPED);
    EXPECT_EQ(paging_protect(&space, WINDOW, PAGE_2M, DATA), ERROR_NOT_MAPPED);
    EXPECT_EQ(paging_protect(&space, WINDOW + PAGE_SIZE, PAGE_4K, 0), ERROR_NOT_MAPPED);

    EXPECT_EQ(paging_map(&space, WINDOW + 8, 0, PAGE_4K, DATA), ERROR_MISALIGNED);
    EXPECT_EQ(paging_map(&space, USER, 8, PAGE_4K, DATA), ERROR_MISALIGNED);
    EXPECT_EQ(paging_map(&space, USER, MIB(1), PAGE_2M, DATA), ERROR_MISALIGNED);
    EXPECT_EQ(paging_map(&space, USER + MIB(2), 0, PAGE_1G, DATA), ERROR_MISALIGNED);
    EXPECT_EQ(paging_unmap(&space, WINDOW + 1, PAGE_4K, NULL), ERROR_MISALIGNED);
    EXPECT_EQ(paging_unmap(&space, WINDOW + GIB(1) + MIB(1), PAGE_2M, NULL), ERROR_MISALIGNED);
    EXPECT_EQ(paging_protect(&space, WINDOW + 1, PAGE_4K, 0), ERROR_MISALIGNED);

    phys_addr_t physical;
    EXPECT_EQ(paging_map(&space, NOWHERE, 0, PAGE_4K, DATA), ERROR_NOT_CANONICAL);
    EXPECT_EQ(paging_map(&space, ~NOWHERE & ~UINT64_C(0xfff), 0, PAGE_4K, 0), ERROR_NOT_CANONICAL);
    EXPECT_EQ(paging_unmap(&space, NOWHERE, PAGE_4K, NULL), ERROR_NOT_CANONICAL);
    EXPECT_EQ(paging_protect(&space, NOWHERE, PAGE_4K, 0), ERROR_NOT_CANONICAL);
    EXPECT_EQ(paging_translate(&space, NOWHERE + 5, &physical), ERROR_NOT_CANONICAL);
    EXPECT_EQ(paging_translate(&space, WINDOW + PAGE_SIZE, &physical), ERROR_NOT_MAPPED);

    EXPECT_EQ(paging_map(&space, USER, UINT64_C(1) << 52, PAGE_4K, DATA), ERROR_INVALID);
    EXPECT_EQ(free_frames(), before);
    EXPECT_EQ(invlpg_count, 0);
    struct tables after = tables_look();
    EXPECT(memcmp(&tables, &after, sizeof(tables)) == 0 && after.bad == 0);
}

TEST(paging, the_edges_of_the_address_space_can_be_mapped)
{
    static const virt_addr_t edges[] = {0, UINT64_C(0x7ffffffff000), UINT64_C(0xffff800000000000),
                                        UINT64_C(0xfffffffffffff000)};
    tables_set_up(MIB(16));
    uint64_t before = free_frames();
    for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
        EXPECT_EQ(paging_map(&space, edges[i], MIB(1) + i * PAGE_SIZE, PAGE_4K, DATA), OK);
    for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
        EXPECT_EQ(tables_translate(edges[i] + 0xfff), MIB(1) + i * PAGE_SIZE + 0xfff);
    EXPECT_EQ(before - free_frames(), 4 * 3);
    for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
        EXPECT_EQ(paging_unmap(&space, edges[i], PAGE_4K, NULL), OK);
    EXPECT_EQ(free_frames(), before);
}

TEST(paging, protect_changes_flags_and_nothing_else)
{
    struct paging_step steps[PAGING_LEVELS];
    for (enum page_size size = PAGE_4K; size <= PAGE_1G; size++) {
        tables_set_up(MIB(16));
        EXPECT_EQ(paging_map(&space, WINDOW, GIB(3), size, DATA | PAGE_GLOBAL), OK);
        size_t count = paging_walk(&space, WINDOW, steps);
        EXPECT_EQ(count, 5 - size);
        uint64_t large = size == PAGE_4K ? 0 : PAGE_LARGE;
        EXPECT_EQ(steps[count - 1].entry, GIB(3) | DATA | PAGE_GLOBAL | PAGE_PRESENT | large);
        EXPECT_EQ(paging_protect(&space, WINDOW, size, 0), OK);
        EXPECT(invlpg_count == 1 && invlpg_last == WINDOW);
        paging_walk(&space, WINDOW, steps);
        EXPECT_EQ(steps[count - 1].entry, GIB(3) | PAGE_PRESENT | large);
        EXPECT_EQ(tables_translate(WINDOW + 3), GIB(3) + 3);
    }
}

static void map_writable_and_executable(void *size)
{
    paging_map(&space, WINDOW, 0, *(enum page_size *)size, PAGE_WRITABLE);
}

static void make_writable_and_executable(void *size)
{
    paging_protect(&space, WINDOW, *(enum page_size *)size, PAGE_WRITABLE);
}

TEST(paging, writable_and_executable_is_a_bug)
{
    for (enum page_size size = PAGE_4K; size <= PAGE_1G; size++) {
        tables_set_up(MIB(16));
        EXPECT(host_expect_panic(map_writable_and_executable, &size));
        EXPECT_EQ(paging_map(&space, WINDOW, 0, size, DATA), OK);
        EXPECT(host_expect_panic(make_writable_and_executable, &size));
        EXPECT_EQ(tables_look().bad, 0);
    }
}

TEST(paging, programs_may_have_writable_and_executable_pages)
{
    tables_set_up(MIB(16));
    EXPECT_EQ(paging_map(&space, USER, MIB(9), PAGE_4K, PAGE_USER | PAGE_WRITABLE), OK);
    EXPECT_EQ(paging_protect(&space, USER, PAGE_4K, PAGE_USER), OK);
    EXPECT_EQ(paging_protect(&space, USER, PAGE_4K, PAGE_USER | PAGE_WRITABLE), OK);
    EXPECT_EQ(tables_look().bad, 0);
}

TEST(paging, walk_shows_each_level)
{
    struct paging_step steps[PAGING_LEVELS];
    tables_set_up(MIB(16));
    EXPECT_EQ(paging_map(&space, USER, MIB(9), PAGE_4K, DATA | PAGE_USER), OK);
    EXPECT_EQ(paging_walk(&space, USER + 77, steps), 4);
    phys_addr_t table = space.root;
    for (unsigned i = 0; i < PAGING_LEVELS; i++) {
        EXPECT_EQ(steps[i].level, 4 - i);
        EXPECT_EQ(steps[i].index, USER >> (39 - 9 * i) & 511);
        EXPECT_EQ(steps[i].entry, ((uint64_t *)phys_to_virt(table))[steps[i].index]);
        EXPECT(steps[i].entry & PAGE_PRESENT && steps[i].entry & PAGE_USER);
        table = steps[i].entry & PAGE_ADDRESS_MASK;
    }
    EXPECT_EQ(table, MIB(9));
    EXPECT_EQ(paging_walk(&space, USER + PAGE_SIZE, steps), 4);
    EXPECT_EQ(steps[3].entry, 0);
    EXPECT_EQ(paging_walk(&space, WINDOW, steps), 1);
    EXPECT_EQ(steps[0].entry, 0);
    EXPECT_EQ(paging_walk(&space, NOWHERE, steps), 0);
}

/* In a large page's entry bit 12 belongs to the PAT, not to the address. */
TEST(paging, large_pages_have_the_pat_bit_among_the_address)
{
    struct paging_step steps[PAGING_LEVELS];
    tables_set_up(MIB(16));
    EXPECT_EQ(paging_map(&space, WINDOW, MIB(8), PAGE_2M, DATA), OK);
    EXPECT_EQ(paging_walk(&space, WINDOW, steps), 3);
    uint64_t *table = phys_to_virt(steps[1].entry & PAGE_ADDRESS_MASK);
    table[steps[2].index] |= UINT64_C(1) << 12;
    EXPECT_EQ(tables_translate(WINDOW + 5), MIB(8) + 5);
}

/* --- Tables come and go --------------------------------------------------------------------- */

TEST(paging, tables_go_when_their_last_entry_goes)
{
    enum { PAGES = 2000 };
    tables_set_up(MIB(16));
    uint64_t before = free_frames();
    for (uint64_t i = 0; i < PAGES; i++)
        EXPECT_EQ(paging_map(&space, WINDOW + GIB(511) + i * MIB(1), i * PAGE_SIZE, PAGE_4K, DATA),
                  OK);
    EXPECT_EQ(tables_look().pages[1], PAGES);
    EXPECT_EQ(tables_look().bad, 0);
    EXPECT_EQ(tables_look().tables, before - free_frames());
    for (uint64_t i = 0; i < PAGES; i++) {
        uint64_t j = i * 997 % PAGES; /* in another order */
        EXPECT_EQ(paging_unmap(&space, WINDOW + GIB(511) + j * MIB(1), PAGE_4K, NULL), OK);
        if (i % 100 == 0) {
            struct tables seen = tables_look();
            EXPECT(seen.bad == 0 && seen.pages[1] == PAGES - 1 - i);
            EXPECT_EQ(seen.tables, before - free_frames());
        }
    }
    EXPECT_EQ(free_frames(), before);
}

/* The processor may still use a table until INVLPG has made it forget the way there. */
TEST(paging, tables_are_freed_after_invlpg)
{
    for (enum page_size size = PAGE_4K; size <= PAGE_1G; size++) {
        tables_set_up(MIB(16));
        EXPECT_EQ(paging_map(&space, WINDOW, 0, size, DATA), OK);
        uint64_t before = free_frames();
        EXPECT_EQ(paging_unmap(&space, WINDOW, size, NULL), OK);
        EXPECT_EQ(invlpg_count, 1);
        EXPECT_EQ(invlpg_free_frames, before);
        EXPECT_EQ(free_frames(), before + 4 - size);
    }
}

TEST(paging, out_of_frames_leaves_nothing)
{
    for (uint64_t left = 0; left < 3; left++) {
        tables_set_up(MIB(16));
        tables_leave_frames(left);
        EXPECT_EQ(paging_map(&space, WINDOW, 0, PAGE_4K, DATA), ERROR_OUT_OF_FRAMES);
        EXPECT_EQ(free_frames(), left);
        EXPECT_EQ(tables_look().tables, 0);
        EXPECT_EQ(tables_translate(WINDOW), UINT64_MAX);
    }
    tables_set_up(MIB(16));
    tables_leave_frames(3);
    EXPECT_EQ(paging_map(&space, WINDOW, 0, PAGE_4K, DATA), OK);
    struct page_tables none;
    EXPECT_EQ(paging_init(&none), ERROR_OUT_OF_FRAMES);
}

TEST(paging, top_tables_stay)
{
    tables_set_up(MIB(16));
    uint64_t before = free_frames();
    EXPECT_EQ(paging_make_top_tables(&space, WINDOW, GIB(513)), OK);
    EXPECT_EQ(before - free_frames(), 2);
    uint64_t *root = phys_to_virt(space.root), copy[2];
    size_t index = WINDOW >> 39 & 511;
    memcpy(copy, &root[index], sizeof(copy));
    EXPECT(copy[0] && copy[1] && !root[index + 2]);
    for (enum page_size size = PAGE_4K; size <= PAGE_1G; size++) {
        EXPECT_EQ(paging_map(&space, WINDOW + GIB(512), GIB(1), size, DATA), OK);
        EXPECT_EQ(root[index + 1] & PAGE_ADDRESS_MASK, copy[1] & PAGE_ADDRESS_MASK);
        EXPECT_EQ(paging_unmap(&space, WINDOW + GIB(512), size, NULL), OK);
        EXPECT_EQ(before - free_frames(), 2);
        EXPECT(memcmp(copy, &root[index], sizeof(copy)) == 0);
    }
    tables_leave_frames(1);
    EXPECT_EQ(paging_make_top_tables(&space, USER, GIB(1024)), ERROR_OUT_OF_FRAMES);
}

/* --- Against a model ------------------------------------------------------------------------ */

/* 2,048 pages across a border of every level, mapped and unmapped at random. */
TEST(paging, random_operations_agree_with_a_model)
{
    enum { PAGES = 2048 };
    static phys_addr_t model[PAGES]; /* 0: not mapped */
    virt_addr_t start = WINDOW + GIB(512) - PAGES / 2 * PAGE_SIZE;
    uint64_t state = 1, before, mapped = 0;
    tables_set_up(MIB(16));
    before = free_frames();
    memset(model, 0, sizeof(model));
    for (unsigned step = 0; step < 200000; step++) {
        uint64_t i = random_next(&state) % PAGES, length = 1 + random_next(&state) % 32;
        phys_addr_t frame = 0, memory = (1 + random_next(&state) % 16384) * PAGE_SIZE;
        bool all_free = i + length <= PAGES;
        for (uint64_t j = i; all_free && j < i + length; j++)
            all_free = model[j] == 0;
        enum error error = paging_unmap(&space, start + i * PAGE_SIZE, PAGE_4K, &frame);
        EXPECT_EQ(error, model[i] ? OK : ERROR_NOT_MAPPED);
        EXPECT_EQ(frame, model[i]);
        mapped -= model[i] != 0;
        model[i] = 0;
        if (all_free) {
            EXPECT_EQ(paging_map_range(&space, start + i * PAGE_SIZE, memory, length * PAGE_SIZE,
                                       PAGE_4K, DATA),
                      OK);
            for (uint64_t j = 0; j < length; j++)
                model[i + j] = memory + j * PAGE_SIZE;
            mapped += length;
        }
        if (step % 4096 == 0) {
            struct tables seen = tables_look();
            EXPECT(seen.bad == 0 && seen.pages[1] == mapped);
            EXPECT_EQ(before - free_frames(), seen.tables);
        }
    }
    for (uint64_t i = 0; i < PAGES; i++)
        EXPECT_EQ(tables_translate(start + i * PAGE_SIZE), model[i] ? model[i] : UINT64_MAX);
}

/* --- The pool of cleared tables ------------------------------------------------------------- */

TEST(paging, tables_from_the_pool_go_back_to_it)
{
    physical_memory_simple(MIB(64));
    phys_addr_t pool = frames_alloc_run(1); /* out of the way */
    memset(phys_to_virt(pool), 0, 2 * PAGE_SIZE);
    table_frames_set_pool(pool, 2);
    paging_init(&space); /* takes the one, and the first mapping the other and two frames */
    uint64_t before = free_frames();
    for (unsigned round = 0; round < 3; round++) {
        EXPECT_EQ(paging_map(&space, WINDOW, MIB(1), PAGE_4K, DATA), OK);
        EXPECT_EQ(before - free_frames(), 2);
        EXPECT_EQ(tables_look().bad, 0);
        EXPECT_EQ(tables_look().pages[PAGE_4K], 1);
        EXPECT_EQ(paging_unmap(&space, WINDOW, PAGE_4K, NULL), OK);
        EXPECT_EQ(free_frames(), before);
    }
    table_frames_set_pool(0, 0);
}
