/*
 * The memory map that the loader passes on: which ranges of it are usable memory, and which are
 * RAM.
 */
#include <layout.h>
#include <mm/memory_map.h>

#include "../test.h"
#include "physical_memory.h"

static struct boot_info info;

/* Compares the map's ranges of this kind with a list, which ends with an empty range. A search from
 * the end of the last range on has to find the same as one from where the last search stopped. */
static void expect_ranges(enum memory_kind kind, const struct phys_range *expected)
{
    struct phys_range range = {0, 0}, again;
    phys_addr_t from = 0;
    for (; expected->start < expected->end; expected++) {
        phys_addr_t end = range.end;
        EXPECT(memory_map_next(&info, kind, &from, &range));
        EXPECT_EQ(range.start, expected->start);
        EXPECT_EQ(range.end, expected->end);
        EXPECT(from >= range.end);
        EXPECT(memory_map_next(&info, kind, &end, &again));
        EXPECT(again.start == range.start && again.end == range.end);
    }
    EXPECT(!memory_map_next(&info, kind, &from, &range));
}

#define EXPECT_RANGES(kind, ...)                                               \
    do {                                                                       \
        expect_ranges(kind, (const struct phys_range[]){__VA_ARGS__, {0, 0}}); \
        if (test_failed())                                                     \
            return;                                                            \
    } while (0)

TEST(memory_map, the_map_of_a_pc_is_read)
{
    physical_memory_no_map(&info);
    physical_memory_add(&info, 0, 0x9fc00, MEMORY_AVAILABLE);
    physical_memory_add(&info, 0x9fc00, 0x400, 2);
    physical_memory_add(&info, 0xf0000, 0x10000, 2);
    physical_memory_add(&info, 0x100000, 0x7ee0000, MEMORY_AVAILABLE);
    physical_memory_add(&info, 0x7fe0000, 0x20000, 2);
    physical_memory_add(&info, 0xfffc0000, 0x40000, 2);
    physical_memory_reserve(&info, 0x100000, 0x155123);
    physical_memory_reserve(&info, 0x155200, 0x155900);
    EXPECT_RANGES(MEMORY_USABLE, {0x156000, 0x7fe0000});
    EXPECT_RANGES(MEMORY_RAM, {0, 0x9f000}, {0x100000, 0x7fe0000});
}

TEST(memory_map, unsorted_and_overlapping_the_stricter_one_wins)
{
    physical_memory_no_map(&info);
    physical_memory_add(&info, 0x500000, 0x100000, MEMORY_AVAILABLE);
    physical_memory_add(&info, 0x280000, 0x10000, 2);
    physical_memory_add(&info, 0x200000, 0x100000, MEMORY_AVAILABLE);
    physical_memory_add(&info, 0x240000, 0x300000, MEMORY_AVAILABLE);
    physical_memory_add(&info, 0x5c0000, 0x100000, 7);
    EXPECT_RANGES(MEMORY_USABLE, {0x200000, 0x280000}, {0x290000, 0x5c0000});
}

TEST(memory_map, claims_for_are_rounded_inwards_claims_against_outwards)
{
    physical_memory_no_map(&info);
    physical_memory_add(&info, 0x200001, 0x4fff, MEMORY_AVAILABLE); /* ends at 0x205000 */
    physical_memory_add(&info, 0x300000, 0x4001, MEMORY_AVAILABLE);
    physical_memory_add(&info, 0x400000, 0x10000, MEMORY_AVAILABLE);
    physical_memory_add(&info, 0x404fff, 2, 2); /* touches two pages */
    physical_memory_add(&info, 0x500000, 0xfff, MEMORY_AVAILABLE);
    EXPECT_RANGES(MEMORY_USABLE, {0x201000, 0x205000}, {0x300000, 0x304000}, {0x400000, 0x404000},
                  {0x406000, 0x410000});
}

TEST(memory_map, a_page_that_two_entries_share_is_usable)
{
    physical_memory_no_map(&info);
    physical_memory_add(&info, 0x201800, 0x1000, MEMORY_AVAILABLE);
    physical_memory_add(&info, 0x200000, 0x1800, MEMORY_AVAILABLE);
    EXPECT_RANGES(MEMORY_USABLE, {0x200000, 0x202000});
}

TEST(memory_map, entries_without_sense_are_ignored)
{
    physical_memory_no_map(&info);
    physical_memory_add(&info, 0x300000, 0, 2);
    physical_memory_add(&info, 0x300800, 0, MEMORY_AVAILABLE);
    physical_memory_add(&info, 0x200000, 0x200000, MEMORY_AVAILABLE);
    physical_memory_add(&info, 0x3ff000, UINT64_MAX, 2); /* runs past the end: bars all above */
    physical_memory_add(&info, 0x180000, UINT64_MAX, MEMORY_AVAILABLE);
    physical_memory_add(&info, UINT64_MAX, UINT64_MAX, MEMORY_AVAILABLE);
    physical_memory_reserve(&info, 0x280000, 0x280000);
    physical_memory_reserve(&info, 0x290000, 0x210000); /* ends before it begins */
    EXPECT_RANGES(MEMORY_USABLE, {0x200000, 0x3ff000});
}

TEST(memory_map, the_first_mib_and_what_the_direct_map_cannot_show_are_left_out)
{
    physical_memory_no_map(&info);
    physical_memory_add(&info, 0, UINT64_MAX, MEMORY_AVAILABLE);
    EXPECT_RANGES(MEMORY_USABLE, {MIB(1), DIRECT_MAP_SIZE});
    EXPECT_RANGES(MEMORY_RAM, {0, DIRECT_MAP_SIZE});

    physical_memory_no_map(&info);
    physical_memory_add(&info, DIRECT_MAP_SIZE - 0x2000, 0x4000, MEMORY_AVAILABLE);
    physical_memory_add(&info, DIRECT_MAP_SIZE, 0x4000, MEMORY_AVAILABLE);
    EXPECT_RANGES(MEMORY_USABLE, {DIRECT_MAP_SIZE - 0x2000, DIRECT_MAP_SIZE});
}

TEST(memory_map, acpi_memory_is_mapped_but_not_handed_out)
{
    physical_memory_no_map(&info);
    physical_memory_add(&info, 0x200000, 0x10800, MEMORY_AVAILABLE);
    physical_memory_add(&info, 0x210800, 0x1800, 3);
    physical_memory_add(&info, 0x212000, 0x1000, 4);
    physical_memory_add(&info, 0x213000, 0x1000, 20);
    physical_memory_reserve(&info, 0x208000, 0x209000);
    EXPECT_RANGES(MEMORY_USABLE, {0x200000, 0x208000}, {0x209000, 0x210000});
    EXPECT_RANGES(MEMORY_RAM, {0x200000, 0x213000});
}

TEST(memory_map, without_entries_nothing_is_usable)
{
    physical_memory_no_map(&info);
    EXPECT_RANGES(MEMORY_USABLE, {0, 0});
    physical_memory_add(&info, 0, MIB(1), MEMORY_AVAILABLE);
    EXPECT_RANGES(MEMORY_USABLE, {0, 0});
}
