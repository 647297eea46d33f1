/*
 * Address spaces: areas that split and merge, gaps, faults, stacks, fork. What is mapped is memory
 * without a file; objects are in address_space_objects.c.
 */
#include <kernel/cpu/cpu.h>
#include <layout.h>
#include <mm/frames.h>
#include <mm/kernel_space.h>
#include <string.h>

#include "../test.h"
#include "physical_memory.h"
#include "space_subject.h"
#include "support.h"

/* --- Areas ---------------------------------------------------------------------------------- */

TEST(address_space, areas_split_and_merge)
{
    space_set_up();
    EXPECT_EQ(space_map(10, 10, R | W), OK);
    EXPECT_EQ(space_map(20, 5, R | W), OK);
    EXPECT_STR(spell_areas(user_space), "rw-p 10-25");
    EXPECT_EQ(space_protect(12, 2, R), OK);
    EXPECT_STR(spell_areas(user_space), "rw-p 10-12, r--p 12-14, rw-p 14-25");
    EXPECT_EQ(space_protect(10, 3, R), OK);
    EXPECT_STR(spell_areas(user_space), "r--p 10-14, rw-p 14-25");
    EXPECT_EQ(space_protect(10, 4, R | W), OK);
    EXPECT_STR(spell_areas(user_space), "rw-p 10-25");
    EXPECT_EQ(space_unmap(15, 2), OK);
    EXPECT_STR(spell_areas(user_space), "rw-p 10-15, rw-p 17-25");
    EXPECT_EQ(user_space->mapped_pages, 13);
    EXPECT_EQ(space_map(14, 4, X), OK);
    EXPECT_STR(spell_areas(user_space), "rw-p 10-14, --xp 14-18, rw-p 18-25");
    EXPECT_EQ(space_map(14, 4, R | W), OK);
    EXPECT_STR(spell_areas(user_space), "rw-p 10-25");
    EXPECT_EQ(space_unmap(0, 100), OK);
    EXPECT_STR(spell_areas(user_space), "");
    EXPECT_EQ(space_unmap(0, 100), OK);
    EXPECT_EQ(user_space->mapped_pages, 0);
    space_tear_down();
}

TEST(address_space, protect_stops_at_a_hole)
{
    space_set_up();
    EXPECT_EQ(space_map(10, 4, R | W), OK);
    EXPECT_EQ(space_map(16, 4, R | W), OK);
    EXPECT_EQ(space_protect(12, 6, R), ERROR_OUT_OF_FRAMES);
    EXPECT_STR(spell_areas(user_space), "rw-p 10-12, r--p 12-14, rw-p 16-20");
    EXPECT_EQ(space_protect(15, 3, R), ERROR_OUT_OF_FRAMES);
    EXPECT_EQ(space_protect(18, 3, R), ERROR_OUT_OF_FRAMES);
    EXPECT_STR(spell_areas(user_space), "rw-p 10-12, r--p 12-14, rw-p 16-18, r--p 18-20");
    space_tear_down();
}

TEST(address_space, invalid_ranges_are_refused)
{
    static const struct {
        virt_addr_t start;
        uint64_t length;
    } bad[] = {
        {BASE, 0},
        {BASE + 1, PAGE_SIZE},
        {BASE, PAGE_SIZE + 1},
        {USER_END, PAGE_SIZE},
        {USER_END - PAGE_SIZE, 2 * PAGE_SIZE},
        {BASE, USER_END},
        {BASE, -PAGE_SIZE},
        {-PAGE_SIZE, PAGE_SIZE},
        {-PAGE_SIZE, 2 * PAGE_SIZE},
        {DIRECT_MAP_BASE + UINT64_C(0xffff000000000000), PAGE_SIZE},
    };
    space_set_up();
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        virt_addr_t start = bad[i].start;
        EXPECT_EQ(address_space_map(user_space, start, bad[i].length, R, NULL, 0), ERROR_INVALID);
        EXPECT_EQ(address_space_unmap(user_space, start, bad[i].length), ERROR_INVALID);
        EXPECT_EQ(address_space_protect(user_space, start, bad[i].length, R), ERROR_INVALID);
        EXPECT(!address_space_is_free(user_space, start, bad[i].length));
    }
    EXPECT_EQ(address_space_map(user_space, BASE, PAGE_SIZE, R, NULL, 1), ERROR_INVALID);
    EXPECT_EQ(address_space_map(user_space, BASE, PAGE_SIZE, R, NULL, -PAGE_SIZE), ERROR_INVALID);
    EXPECT_EQ(address_space_map(user_space, 0, PAGE_SIZE, R, NULL, 0), ERROR_NOT_PERMITTED);
    EXPECT(!address_space_is_free(user_space, 0, PAGE_SIZE));
    EXPECT_EQ(address_space_unmap(user_space, 0, PAGE_SIZE), OK);
    EXPECT_EQ(address_space_map(user_space, USER_START, PAGE_SIZE, R, NULL, 0), OK);
    EXPECT_EQ(address_space_map(user_space, USER_END - PAGE_SIZE, PAGE_SIZE, R, NULL, 0), OK);
    EXPECT_EQ(space_read(user_space, USER_END - 1), 0);
    EXPECT_EQ(address_space_fault(user_space, USER_END, R), ERROR_NOT_MAPPED);
    EXPECT_EQ(address_space_fault(user_space, UINT64_MAX, R), ERROR_NOT_MAPPED);
    space_tear_down();
}

/* --- Gaps ----------------------------------------------------------------------------------- */

TEST(address_space, gaps_are_found_from_the_top)
{
    virt_addr_t start, top = USER_GAPS_END;
    space_set_up();
    EXPECT_EQ(address_space_find_gap(user_space, 0, 2 * PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, top - 2 * PAGE_SIZE);
    EXPECT_EQ(address_space_map(user_space, start, 2 * PAGE_SIZE, R, NULL, 0), OK);
    EXPECT_EQ(address_space_map(user_space, start - 3 * PAGE_SIZE, PAGE_SIZE, R, NULL, 0), OK);
    EXPECT_EQ(address_space_find_gap(user_space, 0, 2 * PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, top - 4 * PAGE_SIZE);
    EXPECT_EQ(address_space_find_gap(user_space, 0, 3 * PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, top - 8 * PAGE_SIZE);
    EXPECT_EQ(address_space_find_gap(user_space, at(7) + 5, PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, at(7));
    EXPECT_EQ(address_space_find_gap(user_space, PAGE_SIZE, PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, USER_START); /* as Linux does */
    EXPECT_EQ(address_space_find_gap(user_space, PAGE_SIZE - 1, PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, top - 3 * PAGE_SIZE);
    EXPECT_EQ(address_space_find_gap(user_space, top - 2 * PAGE_SIZE, PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, top - 3 * PAGE_SIZE);
    EXPECT_EQ(address_space_find_gap(user_space, 0, USER_GAPS_END - USER_START, &start),
              ERROR_OUT_OF_FRAMES);
    EXPECT_EQ(address_space_find_gap(user_space, 0, 0, &start), ERROR_INVALID);
    EXPECT_EQ(address_space_find_gap(user_space, 0, -PAGE_SIZE, &start), ERROR_INVALID);
    space_tear_down();
}

/* Areas across the ceiling and below a stack's guard. */
TEST(address_space, gaps_end_below_guards)
{
    virt_addr_t start, top = USER_GAPS_END;
    space_set_up();
    EXPECT_EQ(
        address_space_map(user_space, top + PAGE_SIZE, PAGE_SIZE, R | W | AREA_GROWS_DOWN, NULL, 0),
        OK);
    EXPECT_EQ(address_space_find_gap(user_space, 0, PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, top - AREA_GUARD);
    EXPECT_EQ(address_space_map(user_space, top - MIB(64), MIB(66), R, NULL, 0), OK);
    EXPECT_EQ(address_space_find_gap(user_space, 0, PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, top - MIB(64) - PAGE_SIZE);
    space_tear_down();
}

/* --- Faults --------------------------------------------------------------------------------- */

TEST(address_space, anonymous_memory_is_made_when_it_is_touched)
{
    space_set_up();
    EXPECT_EQ(space_map(0, 1000, R | W), OK);
    uint64_t before = free_frames();
    for (unsigned i = 0; i < 300; i++)
        EXPECT_EQ(space_read(user_space, at(i) + i), 0);
    EXPECT_EQ(user_space->resident_pages, 0);
    EXPECT(before - free_frames() <= 4); /* tables */
    before = free_frames();
    for (unsigned i = 0; i < 300; i++)
        EXPECT_EQ(program_write(user_space, at(i) + i, 7), OK);
    EXPECT_EQ(before - free_frames(), 300);
    EXPECT_EQ(user_space->resident_pages, 300);
    EXPECT_EQ(program_write(user_space, at(600), 9), OK); /* without a read before */
    EXPECT_EQ(user_space->resident_pages, 301);
    for (unsigned i = 0; i < 300; i++)
        EXPECT(space_read(user_space, at(i) + i) == 7 &&
               space_read(user_space, at(i) + (i ^ 1)) == 0);
    EXPECT_EQ(space_unmap(0, 300), OK);
    EXPECT_EQ(user_space->resident_pages, 1);
    EXPECT_EQ(space_map(0, 300, R | W), OK);
    EXPECT_EQ(space_read(user_space, at(5) + 5), 0);
    space_tear_down();
}

TEST(address_space, an_access_that_the_area_does_not_allow_is_refused)
{
    static const struct {
        unsigned flags;
        bool readable, writable, executable;
    } cases[] = {
        {0, false, false, false},      {R, true, false, false},    {W, true, true, false},
        {X, true, false, true},        {R | W, true, true, false}, {R | X, true, false, true},
        {R | W | X, true, true, true},
    };
    space_set_up();
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        EXPECT_EQ(space_map(i, 1, cases[i].flags), OK);
        EXPECT_EQ(address_space_fault(user_space, at(i), R), cases[i].readable ? OK : ERROR_ACCESS);
        EXPECT_EQ(address_space_fault(user_space, at(i), W), cases[i].writable ? OK : ERROR_ACCESS);
        EXPECT_EQ(address_space_fault(user_space, at(i), X),
                  cases[i].executable ? OK : ERROR_ACCESS);
        uint64_t entry = paging_entry(&user_space->tables, at(i));
        EXPECT_EQ(entry != 0, cases[i].readable);
        EXPECT_EQ(entry && (entry & PAGE_NO_EXECUTE) == 0, cases[i].executable);
        EXPECT_EQ((entry & PAGE_WRITABLE) != 0, cases[i].writable);
        EXPECT((entry & PAGE_GLOBAL) == 0);
    }
    EXPECT_EQ(address_space_fault(user_space, at(100), R), ERROR_NOT_MAPPED);
    EXPECT_EQ(address_space_fault(user_space, at(0) - 1, R), ERROR_NOT_MAPPED);
    EXPECT_EQ(address_space_fault(user_space, 0, R), ERROR_NOT_MAPPED);
    space_tear_down();
}

TEST(address_space, protect_holds_for_touched_pages_too)
{
    space_set_up();
    EXPECT_EQ(space_map(0, 3, R | W), OK);
    for (unsigned i = 0; i < 3; i++)
        EXPECT_EQ(program_write(user_space, at(i), 5), OK);
    EXPECT_EQ(space_protect(1, 1, R), OK);
    EXPECT_EQ(program_write(user_space, at(1), 6), ERROR_ACCESS);
    EXPECT_EQ(space_read(user_space, at(1)), 5);
    EXPECT_EQ(space_protect(1, 1, 0), OK);
    EXPECT_EQ(space_read(user_space, at(1)), -1);
    EXPECT_EQ(space_protect(1, 1, R | W), OK);
    EXPECT_EQ(space_read(user_space, at(1)), 5);
    EXPECT_EQ(program_write(user_space, at(1), 6), OK);
    EXPECT_EQ(user_space->resident_pages, 3);
    EXPECT_EQ(space_read(user_space, at(0)), 5);
    space_tear_down();
}

/* --- Stacks --------------------------------------------------------------------------------- */

TEST(address_space, a_stack_grows_down_to_its_limit)
{
    virt_addr_t end = at(20000);
    space_set_up();
    EXPECT_EQ(
        address_space_map(user_space, end - PAGE_SIZE, PAGE_SIZE, R | W | AREA_GROWS_DOWN, NULL, 0),
        OK);
    EXPECT_EQ(program_write(user_space, end - 5 * PAGE_SIZE, 1), OK);
    EXPECT_EQ(user_space->mapped_pages, 5);
    EXPECT_EQ(program_write(user_space, end - MIB(8), 1), OK);
    EXPECT_EQ(program_write(user_space, end - MIB(8) - 1, 1), ERROR_NOT_MAPPED);
    EXPECT_EQ(user_space->mapped_pages, MIB(8) / PAGE_SIZE);
    EXPECT_EQ(user_space->resident_pages, 2);
    EXPECT_EQ(space_read(user_space, end - MIB(1)), 0);
    space_tear_down();
}

TEST(address_space, a_stack_stops_before_what_lies_below)
{
    space_set_up();
    EXPECT_EQ(space_map(0, 1, R), OK);
    EXPECT_EQ(space_map(1000, 1, R | W | AREA_GROWS_DOWN), OK);
    EXPECT_EQ(program_write(user_space, at(256), 1), ERROR_NOT_MAPPED);
    EXPECT_EQ(program_write(user_space, at(257), 1), OK);
    EXPECT_EQ(space_read(user_space, at(1)), -1);
    /* Into the guard on purpose: the stack does not grow any more, and stays whole. */
    EXPECT_EQ(space_map(200, 1, R), OK);
    EXPECT_EQ(program_write(user_space, at(256), 1), ERROR_NOT_MAPPED);
    EXPECT_EQ(space_read(user_space, at(257)), 1);
    space_tear_down();
}

/* --- Fork ----------------------------------------------------------------------------------- */

TEST(address_space, a_copy_shares_pages_until_one_of_the_two_writes)
{
    struct address_space *copy;
    space_set_up();
    EXPECT_EQ(space_map(0, 8, R | W), OK);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_EQ(program_write(user_space, at(i), (uint8_t)(10 + i)), OK);
    EXPECT_EQ(space_read(user_space, at(5)), 0);
    EXPECT_EQ(address_space_copy(user_space, &copy), OK);
    EXPECT_EQ(copy->resident_pages, 4);
    EXPECT_EQ(copy->mapped_pages, 8);
    phys_addr_t frame = paging_entry(&user_space->tables, at(0)) & PAGE_ADDRESS_MASK;
    EXPECT(frame_is_shared(frame));
    EXPECT_EQ(program_write(user_space, at(0), 20), OK);
    EXPECT_EQ(program_write(copy, at(1), 21), OK);
    EXPECT_EQ(program_write(copy, at(5), 25), OK);
    EXPECT(space_read(user_space, at(0)) == 20 && space_read(copy, at(0)) == 10);
    EXPECT(space_read(user_space, at(1)) == 11 && space_read(copy, at(1)) == 21);
    EXPECT(space_read(user_space, at(2)) == 12 && space_read(copy, at(2)) == 12);
    EXPECT(space_read(user_space, at(5)) == 0 && space_read(copy, at(5)) == 25);

    /* The last owner writes without a copy. */
    EXPECT(!frame_is_shared(frame));
    EXPECT_EQ(program_write(copy, at(0), 30), OK);
    EXPECT_EQ(paging_entry(&copy->tables, at(0)) & PAGE_ADDRESS_MASK, frame);
    address_space_release(copy);
    EXPECT_EQ(space_read(user_space, at(3)), 13);
    space_tear_down();
}

TEST(address_space, each_generation_keeps_its_own_pages)
{
    enum { GENERATIONS = 12 };
    struct address_space *spaces[GENERATIONS];
    space_set_up();
    EXPECT_EQ(space_map(0, GENERATIONS, R | W), OK);
    spaces[0] = user_space;
    for (unsigned i = 1; i < GENERATIONS; i++) {
        EXPECT_EQ(program_write(spaces[i - 1], at(i), (uint8_t)i), OK);
        EXPECT_EQ(address_space_copy(spaces[i - 1], &spaces[i]), OK);
        EXPECT_EQ(program_write(spaces[i - 1], at(0), (uint8_t)i), OK);
    }
    for (unsigned i = 0; i < GENERATIONS; i++) {
        for (unsigned k = 1; k < GENERATIONS; k++)
            EXPECT_EQ(space_read(spaces[i], at(k)), k <= i + (i + 1 < GENERATIONS) ? k : 0);
    }
    for (unsigned i = 2; i < GENERATIONS; i += 2)
        address_space_release(spaces[i]);
    for (unsigned i = 1; i < GENERATIONS; i += 2) {
        EXPECT_EQ(space_read(spaces[i], at(1)), 1);
        address_space_release(spaces[i]);
    }
    space_tear_down();
}

/* --- Use ------------------------------------------------------------------------------------ */

TEST(address_space, the_one_in_use_can_be_given_up)
{
    space_set_up();
    address_space_use(user_space);
    EXPECT(this_cpu()->space == user_space && host_cr3 == user_space->tables.root);
    const uint64_t *root = phys_to_virt(user_space->tables.root);
    const uint64_t *kernel = phys_to_virt(kernel_space.root);
    EXPECT(memcmp(root + 256, kernel + 256, 2048) == 0);
    address_space_reference(user_space);
    address_space_release(user_space);
    EXPECT(this_cpu()->space == user_space);
    address_space_release(user_space);
    EXPECT(this_cpu()->space == NULL && host_cr3 == kernel_space.root);
    EXPECT(user_memory_tear_down());
}
