/*
 * Page tables in made-up physical memory. A checker that shares no code with mm/paging.c walks the
 * finished tables as the processor would.
 */
#include <kernel/cpu/control.h>
#include <layout.h>
#include <mm/direct_map.h>
#include <mm/frames.h>
#include <mm/paging.h>
#include <mm/table_frames.h>
#include <string.h>

#include "../test.h"
#include "physical_memory.h"
#include "support.h"

#define DATA    (PAGE_WRITABLE | PAGE_NO_EXECUTE)
#define WINDOW  UINT64_C(0xffffc00000000000)
#define USER    UINT64_C(0x0000123440000000)
#define NOWHERE UINT64_C(0x800000000000)

unsigned invlpg_count;
virt_addr_t invlpg_last;

static struct address_space space;

static uint64_t free_frames(void)
{
    struct frames_stats stats;
    frames_stats(&stats);
    return stats.free;
}

static void set_up(uint64_t memory)
{
    physical_memory_simple(memory);
    paging_init(&space);
    invlpg_count = 0;
}

/* --- The checker ---------------------------------------------------------------------------- */

struct tables {
    uint64_t tables;   /* without the root */
    uint64_t pages[4]; /* by level */
    uint64_t bytes;    /* mapped */
    uint64_t bad;      /* writable and executable, or a table with nothing in it, or bits astray */
};

static void look_through(phys_addr_t table, unsigned level, uint64_t base, struct tables *seen)
{
    const uint64_t *entries = phys_to_virt(table);
    unsigned used = 0;
    for (uint64_t i = 0; i < 512; i++) {
        uint64_t entry = entries[i], virt = base | i << (12 + 9 * (level - 1));
        uint64_t size = UINT64_C(1) << (12 + 9 * (level - 1));
        used += entry != 0;
        if (!(entry & 1)) {
            seen->bad += entry != 0;
        } else if (level == 1 || entry & 1 << 7) {
            seen->pages[level]++;
            seen->bytes += size;
            seen->bad += (entry & 2) && !(entry >> 63);
            seen->bad += (entry & UINT64_C(0xffffffffff000) & (size - 1)) != 0;
            seen->bad += level == 4;
        } else {
            seen->tables++;
            seen->bad += !(entry & 2) || entry >> 63;
            look_through(entry & UINT64_C(0xffffffffff000), level - 1, virt, seen);
        }
    }
    seen->bad += level < 4 && used == 0;
}

static struct tables look(void)
{
    struct tables seen = {0};
    look_through(space.root, 4, 0, &seen);
    return seen;
}

static phys_addr_t translate(virt_addr_t address)
{
    phys_addr_t physical;
    return paging_translate(&space, address, &physical) == OK ? physical : UINT64_MAX;
}

/* --- Single pages --------------------------------------------------------------------------- */

TEST(paging, map_translate_unmap_of_every_size)
{
    for (enum page_size size = PAGE_4K; size <= PAGE_1G; size++) {
        set_up(MIB(16));
        uint64_t before = free_frames(), bytes = page_size_bytes(size);
        phys_addr_t memory = GIB(7), frame = 0;
        EXPECT_EQ(paging_map(&space, WINDOW + bytes, memory, size, DATA), OK);
        EXPECT_EQ(before - free_frames(), 4 - size);
        EXPECT_EQ(translate(WINDOW + bytes), memory);
        EXPECT_EQ(translate(WINDOW + bytes + bytes / 2 + 5), memory + bytes / 2 + 5);
        EXPECT_EQ(translate(WINDOW + 2 * bytes - 1), memory + bytes - 1);
        EXPECT_EQ(translate(WINDOW + bytes - 1), UINT64_MAX);
        EXPECT_EQ(translate(WINDOW + 2 * bytes), UINT64_MAX);
        struct tables seen = look();
        EXPECT_EQ(seen.bad, 0);
        EXPECT_EQ(seen.pages[size], 1);
        EXPECT_EQ(seen.tables, 4 - size);
        EXPECT_EQ(invlpg_count, 0); /* what was not present cannot be in the TLB */

        EXPECT_EQ(paging_unmap(&space, WINDOW + bytes, size, &frame), OK);
        EXPECT_EQ(frame, memory);
        EXPECT(invlpg_count == 1 && invlpg_last == WINDOW + bytes);
        EXPECT_EQ(translate(WINDOW + bytes), UINT64_MAX);
        EXPECT_EQ(free_frames(), before);
        EXPECT_EQ(look().tables, 0);
    }
}

TEST(paging, every_refusal_has_its_error_and_changes_nothing)
{
    set_up(MIB(16));
    EXPECT_EQ(paging_map(&space, WINDOW, MIB(8), PAGE_4K, DATA), OK);
    EXPECT_EQ(paging_map(&space, WINDOW + GIB(1), MIB(8), PAGE_2M, DATA), OK);
    EXPECT_EQ(paging_map(&space, WINDOW + GIB(2), GIB(8), PAGE_1G, DATA), OK);
    uint64_t before = free_frames();
    struct tables tables = look();

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
    struct tables after = look();
    EXPECT(memcmp(&tables, &after, sizeof(tables)) == 0 && after.bad == 0);
}

TEST(paging, edges_of_the_address_space)
{
    static const virt_addr_t edges[] = {0, UINT64_C(0x7ffffffff000), UINT64_C(0xffff800000000000),
                                        UINT64_C(0xfffffffffffff000)};
    set_up(MIB(16));
    uint64_t before = free_frames();
    for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
        EXPECT_EQ(paging_map(&space, edges[i], MIB(1) + i * PAGE_SIZE, PAGE_4K, DATA), OK);
    for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
        EXPECT_EQ(translate(edges[i] + 0xfff), MIB(1) + i * PAGE_SIZE + 0xfff);
    EXPECT_EQ(before - free_frames(), 4 * 3);
    for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
        EXPECT_EQ(paging_unmap(&space, edges[i], PAGE_4K, NULL), OK);
    EXPECT_EQ(free_frames(), before);
}

TEST(paging, protect_changes_flags_and_nothing_else)
{
    struct paging_step steps[PAGING_LEVELS];
    for (enum page_size size = PAGE_4K; size <= PAGE_1G; size++) {
        set_up(MIB(16));
        EXPECT_EQ(paging_map(&space, WINDOW, GIB(3), size, DATA | PAGE_GLOBAL), OK);
        size_t count = paging_walk(&space, WINDOW, steps);
        EXPECT_EQ(count, 5 - size);
        uint64_t large = size == PAGE_4K ? 0 : PAGE_LARGE;
        EXPECT_EQ(steps[count - 1].entry, GIB(3) | DATA | PAGE_GLOBAL | PAGE_PRESENT | large);
        EXPECT_EQ(paging_protect(&space, WINDOW, size, 0), OK);
        EXPECT(invlpg_count == 1 && invlpg_last == WINDOW);
        paging_walk(&space, WINDOW, steps);
        EXPECT_EQ(steps[count - 1].entry, GIB(3) | PAGE_PRESENT | large);
        EXPECT_EQ(translate(WINDOW + 3), GIB(3) + 3);
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
        set_up(MIB(16));
        EXPECT(host_expect_panic(map_writable_and_executable, &size));
        EXPECT_EQ(paging_map(&space, WINDOW, 0, size, DATA), OK);
        EXPECT(host_expect_panic(make_writable_and_executable, &size));
        EXPECT_EQ(look().bad, 0);
    }
}

TEST(paging, walk_shows_each_level)
{
    struct paging_step steps[PAGING_LEVELS];
    set_up(MIB(16));
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
    set_up(MIB(16));
    EXPECT_EQ(paging_map(&space, WINDOW, MIB(8), PAGE_2M, DATA), OK);
    EXPECT_EQ(paging_walk(&space, WINDOW, steps), 3);
    uint64_t *table = phys_to_virt(steps[1].entry & PAGE_ADDRESS_MASK);
    table[steps[2].index] |= UINT64_C(1) << 12;
    EXPECT_EQ(translate(WINDOW + 5), MIB(8) + 5);
}

/* --- Tables come and go --------------------------------------------------------------------- */

TEST(paging, tables_go_when_their_last_entry_goes)
{
    enum { PAGES = 2000 };
    set_up(MIB(16));
    uint64_t before = free_frames();
    for (uint64_t i = 0; i < PAGES; i++)
        EXPECT_EQ(paging_map(&space, WINDOW + GIB(511) + i * MIB(1), i * PAGE_SIZE, PAGE_4K, DATA),
                  OK);
    EXPECT_EQ(look().pages[1], PAGES);
    EXPECT_EQ(look().bad, 0);
    EXPECT_EQ(look().tables, before - free_frames());
    for (uint64_t i = 0; i < PAGES; i++) {
        uint64_t j = i * 997 % PAGES; /* in another order */
        EXPECT_EQ(paging_unmap(&space, WINDOW + GIB(511) + j * MIB(1), PAGE_4K, NULL), OK);
        if (i % 100 == 0) {
            struct tables seen = look();
            EXPECT(seen.bad == 0 && seen.pages[1] == PAGES - 1 - i);
            EXPECT_EQ(seen.tables, before - free_frames());
        }
    }
    EXPECT_EQ(free_frames(), before);
}

/* Takes all frames but `leave`. */
static void leave_frames(uint64_t leave)
{
    while (free_frames() > leave)
        frame_alloc();
}

TEST(paging, out_of_frames_leaves_nothing)
{
    for (uint64_t left = 0; left < 3; left++) {
        set_up(MIB(16));
        leave_frames(left);
        EXPECT_EQ(paging_map(&space, WINDOW, 0, PAGE_4K, DATA), ERROR_OUT_OF_FRAMES);
        EXPECT_EQ(free_frames(), left);
        EXPECT_EQ(look().tables, 0);
        EXPECT_EQ(translate(WINDOW), UINT64_MAX);
    }
    set_up(MIB(16));
    leave_frames(3);
    EXPECT_EQ(paging_map(&space, WINDOW, 0, PAGE_4K, DATA), OK);
    struct address_space none;
    EXPECT_EQ(paging_init(&none), ERROR_OUT_OF_FRAMES);
}

/* --- Ranges --------------------------------------------------------------------------------- */

TEST(paging, ranges_take_the_largest_pages_that_fit)
{
    set_up(MIB(16));
    uint64_t before = free_frames();
    /* 4 KiB pages up to 2 MiB, 2 MiB pages up to 1 GiB, 1 GiB pages, and down again. */
    virt_addr_t start = WINDOW + GIB(1) - MIB(4) - 2 * PAGE_SIZE;
    phys_addr_t memory = GIB(5) - MIB(4) - 2 * PAGE_SIZE;
    uint64_t length = 2 * PAGE_SIZE + MIB(4) + GIB(2) + MIB(6) + 5 * PAGE_SIZE;
    EXPECT_EQ(paging_map_range(&space, start, memory, length, PAGE_1G, DATA), OK);
    struct tables seen = look();
    EXPECT_EQ(seen.bad, 0);
    EXPECT_EQ(seen.pages[1], 7);
    EXPECT_EQ(seen.pages[2], 5);
    EXPECT_EQ(seen.pages[3], 2);
    EXPECT_EQ(seen.bytes, length);
    EXPECT_EQ(seen.tables, before - free_frames());
    for (uint64_t at = 0; at < length; at += PAGE_SIZE)
        EXPECT_EQ(translate(start + at), memory + at);
    EXPECT_EQ(translate(start - 1), UINT64_MAX);
    EXPECT_EQ(translate(start + length), UINT64_MAX);
}

TEST(paging, ranges_stay_below_the_largest_page_asked_for)
{
    set_up(MIB(64));
    EXPECT_EQ(paging_map_range(&space, WINDOW, GIB(4), GIB(1), PAGE_2M, DATA), OK);
    EXPECT_EQ(look().pages[2], 512);
    EXPECT_EQ(paging_map_range(&space, USER, GIB(4), MIB(6), PAGE_4K, DATA | PAGE_USER), OK);
    EXPECT_EQ(look().pages[1], 3 * 512);
    EXPECT_EQ(look().bad, 0);
    /* Memory that is not aligned like the addresses goes page by page, whatever is allowed. */
    EXPECT_EQ(paging_map_range(&space, USER + GIB(1), GIB(4) + PAGE_SIZE, MIB(4), PAGE_1G, 0), OK);
    EXPECT_EQ(look().pages[1], 5 * 512);
    EXPECT_EQ(translate(USER + GIB(1) + MIB(3)), GIB(4) + MIB(3) + PAGE_SIZE);
}

TEST(paging, a_table_that_a_range_fills_goes_when_it_empties)
{
    set_up(MIB(16));
    uint64_t before = free_frames();
    EXPECT_EQ(paging_map_range(&space, WINDOW, 0, MIB(4) + PAGE_SIZE, PAGE_4K, DATA), OK);
    EXPECT_EQ(before - free_frames(), 2 + 3);
    for (uint64_t at = 0; at < MIB(4) + PAGE_SIZE; at += PAGE_SIZE)
        EXPECT_EQ(paging_unmap(&space, WINDOW + at, PAGE_4K, NULL), OK);
    EXPECT_EQ(free_frames(), before);
}

TEST(paging, a_range_that_meets_something_is_undone)
{
    for (enum page_size size = PAGE_4K; size <= PAGE_1G; size++) {
        set_up(MIB(16));
        virt_addr_t there = WINDOW + GIB(2) + (size == PAGE_1G ? 0 : MIB(2));
        EXPECT_EQ(paging_map(&space, there, 0, size, DATA), OK);
        uint64_t before = free_frames();
        struct tables tables = look();
        /* A 4 KiB page, a 2 MiB page, a 1 GiB page and another 2 MiB page would come before. */
        uint64_t head = MIB(2) + PAGE_SIZE;
        EXPECT_EQ(paging_map_range(&space, WINDOW + GIB(1) - head, GIB(9) - head,
                                   head + GIB(1) + MIB(6), PAGE_1G, DATA),
                  size == PAGE_1G ? ERROR_PART_OF_LARGER_PAGE : ERROR_ALREADY_MAPPED);
        EXPECT_EQ(free_frames(), before);
        struct tables after = look();
        EXPECT(memcmp(&tables, &after, sizeof(tables)) == 0);
        EXPECT_EQ(translate(there), 0);
    }
}

TEST(paging, a_range_without_frames_is_undone)
{
    for (uint64_t left = 0; left < 9; left++) {
        set_up(MIB(16));
        leave_frames(left);
        EXPECT_EQ(paging_map_range(&space, WINDOW + GIB(1) - PAGE_SIZE, 0, MIB(10), PAGE_4K, DATA),
                  ERROR_OUT_OF_FRAMES);
        EXPECT_EQ(free_frames(), left);
        EXPECT_EQ(look().tables, 0);
    }
    set_up(MIB(16));
    leave_frames(9);
    EXPECT_EQ(paging_map_range(&space, WINDOW + GIB(1) - PAGE_SIZE, 0, MIB(10), PAGE_4K, DATA), OK);
    EXPECT_EQ(look().bytes, MIB(10));
    EXPECT_EQ(look().bad, 0);
}

TEST(paging, ranges_that_are_refused)
{
    set_up(MIB(16));
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
    EXPECT_EQ(look().tables, 0);
    EXPECT_EQ(paging_map_range(&space, NOWHERE - MIB(2), 0, MIB(2), PAGE_2M, DATA), OK);
    EXPECT_EQ(paging_map_range(&space, -MIB(2), 0, MIB(2), PAGE_2M, DATA), OK);
}

/* --- Against a model ------------------------------------------------------------------------ */

/* 2,048 pages across a border of every level, mapped and unmapped at random. */
TEST(paging, random_operations_against_a_model)
{
    enum { PAGES = 2048 };
    static phys_addr_t model[PAGES]; /* 0: not mapped */
    virt_addr_t start = WINDOW + GIB(512) - PAGES / 2 * PAGE_SIZE;
    uint64_t state = 1, before, mapped = 0;
    set_up(MIB(16));
    before = free_frames();
    memset(model, 0, sizeof(model));
    for (unsigned step = 0; step < 200000; step++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint64_t i = state >> 33 & (PAGES - 1), length = 1 + (state >> 44 & 31);
        phys_addr_t frame = 0, memory = (1 + (state >> 50)) * PAGE_SIZE;
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
            struct tables seen = look();
            EXPECT(seen.bad == 0 && seen.pages[1] == mapped);
            EXPECT_EQ(before - free_frames(), seen.tables);
        }
    }
    for (uint64_t i = 0; i < PAGES; i++)
        EXPECT_EQ(translate(start + i * PAGE_SIZE), model[i] ? model[i] : UINT64_MAX);
}

/* --- The stock of cleared tables ------------------------------------------------------------- */

TEST(paging, tables_from_the_stock_go_back_to_it)
{
    physical_memory_simple(MIB(64));
    phys_addr_t stock = frames_alloc_run(1); /* out of the way */
    memset(phys_to_virt(stock), 0, 2 * PAGE_SIZE);
    table_frames_stock(stock, 2);
    paging_init(&space); /* takes the one, and the first mapping the other and two frames */
    uint64_t before = free_frames();
    for (unsigned round = 0; round < 3; round++) {
        EXPECT_EQ(paging_map(&space, WINDOW, MIB(1), PAGE_4K, DATA), OK);
        EXPECT_EQ(before - free_frames(), 2);
        EXPECT_EQ(look().bad, 0);
        EXPECT_EQ(look().pages[PAGE_4K], 1);
        EXPECT_EQ(paging_unmap(&space, WINDOW, PAGE_4K, NULL), OK);
        EXPECT_EQ(free_frames(), before);
    }
    table_frames_stock(0, 0);
}
