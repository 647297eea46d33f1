/*
 * Address spaces: areas that split and merge, faults of every kind, fork, objects, stacks.
 */
#include <kernel/cpu/cpu.h>
#include <layout.h>
#include <mm/frames.h>
#include <mm/kernel_space.h>
#include <mm/user_pages.h>
#include <string.h>

#include "../test.h"
#include "physical_memory.h"
#include "support.h"
#include "user_memory.h"

enum { R = AREA_READ, W = AREA_WRITE, X = AREA_EXECUTE, S = AREA_SHARED };

static struct address_space *space;

static void set_up(void)
{
    user_memory_set_up(MIB(16));
    EXPECT_EQ(address_space_create(&space), OK);
}

static void tear_down(void)
{
    address_space_release(space);
    EXPECT(user_memory_tear_down());
}

static enum error map(uint64_t page, uint64_t pages, unsigned flags)
{
    return address_space_map(space, at(page), pages * PAGE_SIZE, flags, NULL, 0);
}

static enum error unmap(uint64_t page, uint64_t pages)
{
    return address_space_unmap(space, at(page), pages * PAGE_SIZE);
}

static enum error protect(uint64_t page, uint64_t pages, unsigned flags)
{
    return address_space_protect(space, at(page), pages * PAGE_SIZE, flags);
}

/* What a program reads; -1 for a fault that cannot be helped. */
static int read_in(struct address_space *of, virt_addr_t address)
{
    uint8_t byte;
    return program_read(of, address, &byte) ? -1 : byte;
}

/* --- Areas ---------------------------------------------------------------------------------- */

TEST(address_space, areas_split_and_merge)
{
    set_up();
    EXPECT_EQ(map(10, 10, R | W), OK);
    EXPECT_EQ(map(20, 5, R | W), OK);
    EXPECT_STR(spell_areas(space), "rw-p 10-25");
    EXPECT_EQ(protect(12, 2, R), OK);
    EXPECT_STR(spell_areas(space), "rw-p 10-12, r--p 12-14, rw-p 14-25");
    EXPECT_EQ(protect(10, 3, R), OK);
    EXPECT_STR(spell_areas(space), "r--p 10-14, rw-p 14-25");
    EXPECT_EQ(protect(10, 4, R | W), OK);
    EXPECT_STR(spell_areas(space), "rw-p 10-25");
    EXPECT_EQ(unmap(15, 2), OK);
    EXPECT_STR(spell_areas(space), "rw-p 10-15, rw-p 17-25");
    EXPECT_EQ(space->mapped_pages, 13);
    EXPECT_EQ(map(14, 4, X), OK);
    EXPECT_STR(spell_areas(space), "rw-p 10-14, --xp 14-18, rw-p 18-25");
    EXPECT_EQ(map(14, 4, R | W), OK);
    EXPECT_STR(spell_areas(space), "rw-p 10-25");
    EXPECT_EQ(unmap(0, 100), OK);
    EXPECT_STR(spell_areas(space), "");
    EXPECT_EQ(unmap(0, 100), OK);
    EXPECT_EQ(space->mapped_pages, 0);
    tear_down();
}

TEST(address_space, protect_stops_at_a_hole)
{
    set_up();
    EXPECT_EQ(map(10, 4, R | W), OK);
    EXPECT_EQ(map(16, 4, R | W), OK);
    EXPECT_EQ(protect(12, 6, R), ERROR_OUT_OF_FRAMES);
    EXPECT_STR(spell_areas(space), "rw-p 10-12, r--p 12-14, rw-p 16-20");
    EXPECT_EQ(protect(15, 3, R), ERROR_OUT_OF_FRAMES);
    EXPECT_EQ(protect(18, 3, R), ERROR_OUT_OF_FRAMES);
    EXPECT_STR(spell_areas(space), "rw-p 10-12, r--p 12-14, rw-p 16-18, r--p 18-20");
    tear_down();
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
    set_up();
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        virt_addr_t start = bad[i].start;
        EXPECT_EQ(address_space_map(space, start, bad[i].length, R, NULL, 0), ERROR_INVALID);
        EXPECT_EQ(address_space_unmap(space, start, bad[i].length), ERROR_INVALID);
        EXPECT_EQ(address_space_protect(space, start, bad[i].length, R), ERROR_INVALID);
        EXPECT(!address_space_is_free(space, start, bad[i].length));
    }
    EXPECT_EQ(address_space_map(space, BASE, PAGE_SIZE, R, NULL, 1), ERROR_INVALID);
    EXPECT_EQ(address_space_map(space, BASE, PAGE_SIZE, R, NULL, -PAGE_SIZE), ERROR_INVALID);
    EXPECT_EQ(address_space_map(space, 0, PAGE_SIZE, R, NULL, 0), ERROR_NOT_PERMITTED);
    EXPECT(!address_space_is_free(space, 0, PAGE_SIZE));
    EXPECT_EQ(address_space_unmap(space, 0, PAGE_SIZE), OK);
    EXPECT_EQ(address_space_map(space, USER_START, PAGE_SIZE, R, NULL, 0), OK);
    EXPECT_EQ(address_space_map(space, USER_END - PAGE_SIZE, PAGE_SIZE, R, NULL, 0), OK);
    EXPECT_EQ(read_in(space, USER_END - 1), 0);
    EXPECT_EQ(address_space_fault(space, USER_END, R), ERROR_NOT_MAPPED);
    EXPECT_EQ(address_space_fault(space, UINT64_MAX, R), ERROR_NOT_MAPPED);
    tear_down();
}

/* --- Gaps ----------------------------------------------------------------------------------- */

TEST(address_space, gaps_are_found_from_the_top)
{
    virt_addr_t start, top = USER_GAPS_END;
    set_up();
    EXPECT_EQ(address_space_find_gap(space, 0, 2 * PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, top - 2 * PAGE_SIZE);
    EXPECT_EQ(address_space_map(space, start, 2 * PAGE_SIZE, R, NULL, 0), OK);
    EXPECT_EQ(address_space_map(space, start - 3 * PAGE_SIZE, PAGE_SIZE, R, NULL, 0), OK);
    EXPECT_EQ(address_space_find_gap(space, 0, 2 * PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, top - 4 * PAGE_SIZE);
    EXPECT_EQ(address_space_find_gap(space, 0, 3 * PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, top - 8 * PAGE_SIZE);
    EXPECT_EQ(address_space_find_gap(space, at(7) + 5, PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, at(7));
    EXPECT_EQ(address_space_find_gap(space, PAGE_SIZE, PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, USER_START); /* as Linux does */
    EXPECT_EQ(address_space_find_gap(space, PAGE_SIZE - 1, PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, top - 3 * PAGE_SIZE);
    EXPECT_EQ(address_space_find_gap(space, top - 2 * PAGE_SIZE, PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, top - 3 * PAGE_SIZE);
    EXPECT_EQ(address_space_find_gap(space, 0, USER_GAPS_END - USER_START, &start),
              ERROR_OUT_OF_FRAMES);
    EXPECT_EQ(address_space_find_gap(space, 0, 0, &start), ERROR_INVALID);
    EXPECT_EQ(address_space_find_gap(space, 0, -PAGE_SIZE, &start), ERROR_INVALID);
    tear_down();
}

/* Areas across the ceiling and below a stack's guard. */
TEST(address_space, gaps_end_below_guards)
{
    virt_addr_t start, top = USER_GAPS_END;
    set_up();
    EXPECT_EQ(
        address_space_map(space, top + PAGE_SIZE, PAGE_SIZE, R | W | AREA_GROWS_DOWN, NULL, 0), OK);
    EXPECT_EQ(address_space_find_gap(space, 0, PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, top - AREA_GUARD);
    EXPECT_EQ(address_space_map(space, top - MIB(64), MIB(66), R, NULL, 0), OK);
    EXPECT_EQ(address_space_find_gap(space, 0, PAGE_SIZE, &start), OK);
    EXPECT_EQ(start, top - MIB(64) - PAGE_SIZE);
    tear_down();
}

/* --- Faults --------------------------------------------------------------------------------- */

TEST(address_space, anonymous_memory_is_made_when_it_is_touched)
{
    set_up();
    EXPECT_EQ(map(0, 1000, R | W), OK);
    uint64_t before = free_frames();
    for (unsigned i = 0; i < 300; i++)
        EXPECT_EQ(read_in(space, at(i) + i), 0);
    EXPECT_EQ(space->resident_pages, 0);
    EXPECT(before - free_frames() <= 4); /* tables */
    before = free_frames();
    for (unsigned i = 0; i < 300; i++)
        EXPECT_EQ(program_write(space, at(i) + i, 7), OK);
    EXPECT_EQ(before - free_frames(), 300);
    EXPECT_EQ(space->resident_pages, 300);
    EXPECT_EQ(program_write(space, at(600), 9), OK); /* without a read before */
    EXPECT_EQ(space->resident_pages, 301);
    for (unsigned i = 0; i < 300; i++)
        EXPECT(read_in(space, at(i) + i) == 7 && read_in(space, at(i) + (i ^ 1)) == 0);
    EXPECT_EQ(unmap(0, 300), OK);
    EXPECT_EQ(space->resident_pages, 1);
    EXPECT_EQ(map(0, 300, R | W), OK);
    EXPECT_EQ(read_in(space, at(5) + 5), 0);
    tear_down();
}

TEST(address_space, an_access_that_the_area_does_not_allow)
{
    static const struct {
        unsigned flags;
        bool readable, writable, executable;
    } cases[] = {
        {0, false, false, false},      {R, true, false, false},    {W, true, true, false},
        {X, true, false, true},        {R | W, true, true, false}, {R | X, true, false, true},
        {R | W | X, true, true, true},
    };
    set_up();
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        EXPECT_EQ(map(i, 1, cases[i].flags), OK);
        EXPECT_EQ(address_space_fault(space, at(i), R), cases[i].readable ? OK : ERROR_ACCESS);
        EXPECT_EQ(address_space_fault(space, at(i), W), cases[i].writable ? OK : ERROR_ACCESS);
        EXPECT_EQ(address_space_fault(space, at(i), X), cases[i].executable ? OK : ERROR_ACCESS);
        uint64_t entry = paging_entry(&space->tables, at(i));
        EXPECT_EQ(entry != 0, cases[i].readable);
        EXPECT_EQ(entry && (entry & PAGE_NO_EXECUTE) == 0, cases[i].executable);
        EXPECT_EQ((entry & PAGE_WRITABLE) != 0, cases[i].writable);
        EXPECT((entry & PAGE_GLOBAL) == 0);
    }
    EXPECT_EQ(address_space_fault(space, at(100), R), ERROR_NOT_MAPPED);
    EXPECT_EQ(address_space_fault(space, at(0) - 1, R), ERROR_NOT_MAPPED);
    EXPECT_EQ(address_space_fault(space, 0, R), ERROR_NOT_MAPPED);
    tear_down();
}

TEST(address_space, protect_holds_for_touched_pages_too)
{
    set_up();
    EXPECT_EQ(map(0, 3, R | W), OK);
    for (unsigned i = 0; i < 3; i++)
        EXPECT_EQ(program_write(space, at(i), 5), OK);
    EXPECT_EQ(protect(1, 1, R), OK);
    EXPECT_EQ(program_write(space, at(1), 6), ERROR_ACCESS);
    EXPECT_EQ(read_in(space, at(1)), 5);
    EXPECT_EQ(protect(1, 1, 0), OK);
    EXPECT_EQ(read_in(space, at(1)), -1);
    EXPECT_EQ(protect(1, 1, R | W), OK);
    EXPECT_EQ(read_in(space, at(1)), 5);
    EXPECT_EQ(program_write(space, at(1), 6), OK);
    EXPECT_EQ(space->resident_pages, 3);
    EXPECT_EQ(read_in(space, at(0)), 5);
    tear_down();
}

/* --- Stacks --------------------------------------------------------------------------------- */

TEST(address_space, a_stack_grows_down_to_its_limit)
{
    virt_addr_t end = at(20000);
    set_up();
    EXPECT_EQ(
        address_space_map(space, end - PAGE_SIZE, PAGE_SIZE, R | W | AREA_GROWS_DOWN, NULL, 0), OK);
    EXPECT_EQ(program_write(space, end - 5 * PAGE_SIZE, 1), OK);
    EXPECT_EQ(space->mapped_pages, 5);
    EXPECT_EQ(program_write(space, end - MIB(8), 1), OK);
    EXPECT_EQ(program_write(space, end - MIB(8) - 1, 1), ERROR_NOT_MAPPED);
    EXPECT_EQ(space->mapped_pages, MIB(8) / PAGE_SIZE);
    EXPECT_EQ(space->resident_pages, 2);
    EXPECT_EQ(read_in(space, end - MIB(1)), 0);
    tear_down();
}

TEST(address_space, a_stack_stops_before_what_lies_below)
{
    set_up();
    EXPECT_EQ(map(0, 1, R), OK);
    EXPECT_EQ(map(1000, 1, R | W | AREA_GROWS_DOWN), OK);
    EXPECT_EQ(program_write(space, at(256), 1), ERROR_NOT_MAPPED);
    EXPECT_EQ(program_write(space, at(257), 1), OK);
    EXPECT_EQ(read_in(space, at(1)), -1);
    /* Into the guard on purpose: the stack does not grow any more, and stays whole. */
    EXPECT_EQ(map(200, 1, R), OK);
    EXPECT_EQ(program_write(space, at(256), 1), ERROR_NOT_MAPPED);
    EXPECT_EQ(read_in(space, at(257)), 1);
    tear_down();
}

/* --- Fork ----------------------------------------------------------------------------------- */

TEST(address_space, a_copy_shares_pages_until_one_of_the_two_writes)
{
    struct address_space *copy;
    set_up();
    EXPECT_EQ(map(0, 8, R | W), OK);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_EQ(program_write(space, at(i), (uint8_t)(10 + i)), OK);
    EXPECT_EQ(read_in(space, at(5)), 0);
    EXPECT_EQ(address_space_copy(space, &copy), OK);
    EXPECT_EQ(copy->resident_pages, 4);
    EXPECT_EQ(copy->mapped_pages, 8);
    phys_addr_t frame = paging_entry(&space->tables, at(0)) & PAGE_ADDRESS_MASK;
    EXPECT(frame_is_shared(frame));
    EXPECT_EQ(program_write(space, at(0), 20), OK);
    EXPECT_EQ(program_write(copy, at(1), 21), OK);
    EXPECT_EQ(program_write(copy, at(5), 25), OK);
    EXPECT(read_in(space, at(0)) == 20 && read_in(copy, at(0)) == 10);
    EXPECT(read_in(space, at(1)) == 11 && read_in(copy, at(1)) == 21);
    EXPECT(read_in(space, at(2)) == 12 && read_in(copy, at(2)) == 12);
    EXPECT(read_in(space, at(5)) == 0 && read_in(copy, at(5)) == 25);

    /* The last owner writes without a copy. */
    EXPECT(!frame_is_shared(frame));
    EXPECT_EQ(program_write(copy, at(0), 30), OK);
    EXPECT_EQ(paging_entry(&copy->tables, at(0)) & PAGE_ADDRESS_MASK, frame);
    address_space_release(copy);
    EXPECT_EQ(read_in(space, at(3)), 13);
    tear_down();
}

TEST(address_space, generations)
{
    enum { GENERATIONS = 12 };
    struct address_space *spaces[GENERATIONS];
    set_up();
    EXPECT_EQ(map(0, GENERATIONS, R | W), OK);
    spaces[0] = space;
    for (unsigned i = 1; i < GENERATIONS; i++) {
        EXPECT_EQ(program_write(spaces[i - 1], at(i), (uint8_t)i), OK);
        EXPECT_EQ(address_space_copy(spaces[i - 1], &spaces[i]), OK);
        EXPECT_EQ(program_write(spaces[i - 1], at(0), (uint8_t)i), OK);
    }
    for (unsigned i = 0; i < GENERATIONS; i++) {
        for (unsigned k = 1; k < GENERATIONS; k++)
            EXPECT_EQ(read_in(spaces[i], at(k)), k <= i + (i + 1 < GENERATIONS) ? k : 0);
    }
    for (unsigned i = 2; i < GENERATIONS; i += 2)
        address_space_release(spaces[i]);
    for (unsigned i = 1; i < GENERATIONS; i += 2) {
        EXPECT_EQ(read_in(spaces[i], at(1)), 1);
        address_space_release(spaces[i]);
    }
    tear_down();
}

/* --- Objects -------------------------------------------------------------------------------- */

static struct test_object object;

static enum error map_object(uint64_t page, uint64_t pages, unsigned flags, uint64_t first)
{
    return address_space_map(space, at(page), pages * PAGE_SIZE, flags, &object.object,
                             first * PAGE_SIZE);
}

static phys_addr_t frame_at(struct address_space *of, uint64_t page)
{
    return paging_entry(&of->tables, at(page)) & PAGE_ADDRESS_MASK;
}

TEST(address_space, private_pages_of_an_object)
{
    struct address_space *copy;
    set_up();
    test_object_init(&object, 8);
    EXPECT_EQ(map_object(0, 10, R | W, 2), OK);
    EXPECT_EQ(read_in(space, at(0)), 3);
    EXPECT_EQ(frame_at(space, 0), object.frames[2]);
    EXPECT_EQ(program_write(space, at(0) + 1, 77), OK); /* after a read */
    EXPECT_EQ(program_write(space, at(1) + 1, 78), OK); /* before one */
    EXPECT(read_in(space, at(0)) == 3 && read_in(space, at(0) + 1) == 77);
    EXPECT(read_in(space, at(1)) == 4 && read_in(space, at(1) + 1) == 78);
    EXPECT(frame_at(space, 0) != object.frames[2] && frame_at(space, 1) != object.frames[3]);
    EXPECT_EQ(*(uint8_t *)phys_to_virt(object.frames[2] + 1), 3);
    EXPECT_EQ(object.asked_to_write, 0);
    EXPECT_EQ(program_read(space, at(6), &(uint8_t){0}), ERROR_BEYOND_END);
    EXPECT_EQ(program_write(space, at(7), 1), ERROR_BEYOND_END);
    EXPECT_EQ(read_in(space, at(5)), 8);

    unsigned asked = object.asked;
    EXPECT_EQ(address_space_copy(space, &copy), OK);
    EXPECT(read_in(copy, at(0) + 1) == 77 && read_in(copy, at(5)) == 8);
    EXPECT_EQ(object.asked, asked);
    EXPECT_EQ(program_write(copy, at(0) + 1, 79), OK);
    EXPECT_EQ(read_in(space, at(0) + 1), 77);
    address_space_release(copy);
    EXPECT_EQ(unmap(0, 20), OK);
    EXPECT(!object.released);
    test_object_end(&object);
    EXPECT(object.released);
    tear_down();
}

TEST(address_space, shared_pages_of_an_object)
{
    struct address_space *copy;
    set_up();
    test_object_init(&object, 8);
    EXPECT_EQ(map_object(0, 4, R | W | S, 1), OK);
    EXPECT_EQ(map_object(10, 4, R | S, 0), OK);
    EXPECT_EQ(read_in(space, at(0)), 2);
    EXPECT(object.asked == 1 && object.asked_to_write == 0);
    EXPECT_EQ(program_write(space, at(0), 50), OK);
    EXPECT(object.asked == 2 && object.asked_to_write == 1);
    EXPECT_EQ(program_write(space, at(0) + 1, 51), OK);
    EXPECT_EQ(object.asked, 2);
    EXPECT_EQ(program_write(space, at(1), 52), OK);
    EXPECT_EQ(object.asked_to_write, 2);
    EXPECT(read_in(space, at(11)) == 50 && read_in(space, at(12)) == 52);
    EXPECT_EQ(program_write(space, at(11), 1), ERROR_ACCESS);
    EXPECT_EQ(address_space_copy(space, &copy), OK);
    EXPECT_EQ(program_write(copy, at(0), 60), OK);
    EXPECT_EQ(read_in(space, at(11)), 60);
    EXPECT_EQ(*(uint8_t *)phys_to_virt(object.frames[1]), 60);
    test_object_end(&object);
    EXPECT(!object.released); /* the two spaces have it */
    address_space_release(copy);
    EXPECT(!object.released);
    address_space_release(space);
    EXPECT(object.released && user_memory_tear_down());
}

TEST(address_space, shared_memory_without_a_file)
{
    struct address_space *copy;
    set_up();
    EXPECT_EQ(map(0, 4, R | W | S), OK);
    EXPECT_EQ(map(4, 4, R | W | S), OK); /* other memory: no merge */
    EXPECT_STR(spell_areas(space), "rw-s 0-4@0, rw-s 4-8@0");
    EXPECT_EQ(program_write(space, at(1), 11), OK);
    EXPECT_EQ(address_space_copy(space, &copy), OK);
    EXPECT_EQ(read_in(copy, at(1)), 11);
    EXPECT_EQ(program_write(copy, at(0), 10), OK);
    EXPECT_EQ(program_write(space, at(2), 12), OK);
    EXPECT(read_in(space, at(0)) == 10 && read_in(copy, at(2)) == 12 && read_in(copy, at(3)) == 0);
    EXPECT_EQ(read_in(space, at(4)), 0);
    address_space_release(space);
    EXPECT(read_in(copy, at(0)) == 10 && read_in(copy, at(2)) == 12);
    space = copy;
    tear_down();
}

TEST(address_space, what_must_not_be_written_cannot_be_made_writable)
{
    set_up();
    test_object_init(&object, 8);
    EXPECT_EQ(map_object(0, 4, R | S | AREA_NEVER_WRITE, 0), OK);
    EXPECT_EQ(protect(0, 2, R | W), ERROR_ACCESS);
    EXPECT_EQ(protect(0, 2, R | X), OK);
    EXPECT_EQ(program_write(space, at(0), 1), ERROR_ACCESS);
    EXPECT_STR(spell_areas(space), "r-xs 0-2@0, r--s 2-4@2");
    EXPECT_EQ(unmap(0, 4), OK);
    test_object_end(&object);
    tear_down();
}

TEST(address_space, areas_of_an_object_split_and_merge)
{
    set_up();
    test_object_init(&object, 8);
    EXPECT_EQ(map_object(0, 8, R, 0), OK);
    EXPECT_EQ(protect(2, 2, R | W), OK);
    EXPECT_STR(spell_areas(space), "r--p 0-2@0, rw-p 2-4@2, r--p 4-8@4");
    EXPECT_EQ(read_in(space, at(4)), 5);
    EXPECT_EQ(program_write(space, at(3), 99), OK);
    EXPECT_EQ(protect(2, 2, R), OK);
    EXPECT_STR(spell_areas(space), "r--p 0-8@0");
    EXPECT(read_in(space, at(3)) == 99 && read_in(space, at(2)) == 3);
    EXPECT_EQ(map_object(4, 2, R, 0), OK); /* other pages of it: no merge */
    EXPECT_STR(spell_areas(space), "r--p 0-4@0, r--p 4-6@0, r--p 6-8@6");
    EXPECT_EQ(read_in(space, at(4)), 1);
    EXPECT_EQ(map(1, 1, R), OK);
    EXPECT_STR(spell_areas(space), "r--p 0-1@0, r--p 1-2, r--p 2-4@2, r--p 4-6@0, r--p 6-8@6");
    EXPECT_EQ(unmap(0, 8), OK);
    test_object_end(&object);
    EXPECT(object.released);
    tear_down();
}

/* --- What others do while get_page() waits ---------------------------------------------------- */

static void unmap_it(void)
{
    EXPECT_EQ(unmap(0, 8), OK);
}

static void map_anonymous_there(void)
{
    EXPECT_EQ(map(0, 8, R | W), OK);
}

static void map_other_pages(void)
{
    object.meanwhile = NULL;
    EXPECT_EQ(map_object(0, 4, R | W, 4), OK);
}

static void make_it_shared(void)
{
    object.meanwhile = NULL;
    EXPECT_EQ(map_object(0, 4, R | W | S, 0), OK);
}

static void forbid_writes(void)
{
    object.meanwhile = NULL;
    EXPECT_EQ(protect(0, 8, R), OK);
}

static void fault_it_in_too(void)
{
    object.meanwhile = NULL;
    EXPECT_EQ(program_write(space, at(0), 33), OK);
}

static void give_object_up(void)
{
    EXPECT_EQ(unmap(0, 8), OK);
    vm_object_release(&object.object);
    EXPECT(!object.released); /* the fault that waits has a reference */
}

static void start_meanwhile(void (*meanwhile)(void))
{
    set_up();
    test_object_init(&object, 8);
    object.meanwhile = meanwhile;
    EXPECT_EQ(map_object(0, 8, R | W, 0), OK);
}

static void end_meanwhile(void)
{
    test_object_end(&object);
    tear_down();
}

TEST(address_space, the_area_may_go_while_a_page_is_waited_for)
{
    start_meanwhile(unmap_it);
    EXPECT_EQ(program_read(space, at(0), &(uint8_t){0}), ERROR_NOT_MAPPED);
    end_meanwhile();
}

TEST(address_space, the_object_may_be_given_up_while_a_page_is_waited_for)
{
    start_meanwhile(give_object_up);
    EXPECT_EQ(program_read(space, at(0), &(uint8_t){0}), ERROR_NOT_MAPPED);
    EXPECT(object.released);
    object.object.references = 1; /* for its end */
    end_meanwhile();
}

TEST(address_space, another_area_may_come_while_a_page_is_waited_for)
{
    start_meanwhile(map_anonymous_there);
    EXPECT_EQ(read_in(space, at(0)), 0);
    end_meanwhile();
    start_meanwhile(map_other_pages);
    EXPECT_EQ(read_in(space, at(0)), 5);
    end_meanwhile();
    start_meanwhile(make_it_shared);
    EXPECT_EQ(program_write(space, at(0), 44), OK);
    EXPECT_EQ(object.asked_to_write, 1);
    EXPECT_EQ(*(uint8_t *)phys_to_virt(object.frames[0]), 44);
    end_meanwhile();
}

TEST(address_space, rights_may_change_while_a_page_is_waited_for)
{
    start_meanwhile(forbid_writes);
    EXPECT_EQ(program_write(space, at(0), 44), ERROR_ACCESS);
    EXPECT_EQ(read_in(space, at(0)), 1);
    end_meanwhile();
}

TEST(address_space, two_threads_may_wait_for_one_page)
{
    start_meanwhile(fault_it_in_too);
    EXPECT_EQ(read_in(space, at(0)), 33);
    EXPECT_EQ(read_in(space, at(0) + 1), 1);
    EXPECT_EQ(space->resident_pages, 1);
    end_meanwhile();
}

/* --- What others do while something takes long ------------------------------------------------ */

enum { MANY = 3000 };

static unsigned yields;
static virt_addr_t found;

/* Maps what has become free already, and touches it. */
static void map_in_between(void)
{
    if (yields++ > 0)
        return;
    EXPECT(address_space_is_free(space, at(1), 8 * PAGE_SIZE));
    EXPECT_EQ(address_space_find_gap(space, at(1), 8 * PAGE_SIZE, &found), OK);
    EXPECT_EQ(map(1, 8, R | W), OK);
    EXPECT_EQ(program_write(space, at(2), 77), OK);
}

static void set_up_many(void (*others)(void))
{
    set_up();
    EXPECT_EQ(map(0, 1, R | W), OK);
    EXPECT_EQ(map(1, MANY, R | W), OK);
    for (unsigned i = 0; i < MANY; i++)
        EXPECT_EQ(program_write(space, at(i), (uint8_t)i), OK);
    yields = 0;
    host_set_yield(others);
}

TEST(address_space, what_is_mapped_during_a_long_unmapping_stays)
{
    set_up_many(map_in_between);
    EXPECT_EQ(unmap(1, MANY), OK);
    EXPECT(yields >= 2);
    EXPECT_EQ(read_in(space, at(2)), 77);
    EXPECT_STR(spell_areas(space), "rw-p 0-9");
    EXPECT_EQ(space->resident_pages, 2);
    host_set_yield(NULL);
    tear_down();
}

static void change_areas(void)
{
    if (yields++ == 0) {
        EXPECT_EQ(unmap(500, MANY - 1000), OK);
        EXPECT_EQ(program_write(space, at(2), 88), OK);
    }
}

TEST(address_space, areas_may_change_during_a_long_copy)
{
    struct address_space *copy;
    set_up_many(change_areas);
    EXPECT_EQ(address_space_copy(space, &copy), OK);
    host_set_yield(NULL);
    EXPECT(yields >= 2);
    EXPECT_STR(spell_areas(copy), "rw-p 0-1024, rw-p 2500-3001"); /* a yield is after 1024 pages */
    EXPECT_EQ(read_in(copy, at(2)), 2);
    EXPECT(read_in(space, at(2)) == 88 && read_in(space, at(600)) == -1);
    EXPECT_EQ(read_in(copy, at(600)), 600 % 256);
    EXPECT_EQ(read_in(copy, at(2600)), 2600 % 256);
    host_set_yield(change_areas);
    address_space_release(copy);
    host_set_yield(NULL);
    tear_down();
}

static void nothing(void)
{
    yields++;
}

TEST(address_space, a_long_copy_is_whole)
{
    struct address_space *copy;
    set_up_many(nothing);
    EXPECT_EQ(address_space_copy(space, &copy), OK);
    EXPECT_EQ(yields, 2);
    EXPECT_STR(spell_areas(copy), "rw-p 0-3001");
    EXPECT(copy->mapped_pages == space->mapped_pages && copy->resident_pages == MANY);
    for (unsigned i = 0; i < MANY; i++)
        EXPECT_EQ(read_in(copy, at(i)), i % 256);
    for (unsigned i = 0; i < MANY; i += 8)
        EXPECT_EQ(program_write(copy, at(i), 5), OK);
    for (unsigned i = 0; i < MANY; i++)
        EXPECT_EQ(read_in(space, at(i)), i % 256);
    address_space_release(copy);
    host_set_yield(NULL);
    tear_down();
}

TEST(address_space, a_fixed_mapping_replaces_all_at_once)
{
    set_up_many(nothing);
    EXPECT_EQ(map(0, MANY, R | W), OK);
    EXPECT_EQ(yields, 0);
    EXPECT_EQ(space->resident_pages, 0);
    EXPECT_EQ(program_write(space, at(MANY - 1), 1), OK);
    host_set_yield(NULL);
    tear_down();
}

/* --- Out of memory -------------------------------------------------------------------------- */

static phys_addr_t held[8192];
static size_t held_count;

static void leave_frames(uint64_t count)
{
    while (free_frames() > count)
        held[held_count++] = frame_alloc();
}

static void give_frames_back(void)
{
    while (held_count)
        frame_free(held[--held_count]);
}

TEST(address_space, a_fault_without_frames)
{
    set_up();
    EXPECT_EQ(map(0, 4, R | W), OK);
    for (unsigned left = 0; left < 4; left++) {
        leave_frames(left); /* three tables and the page are needed */
        EXPECT_EQ(program_write(space, at(0), 1), ERROR_OUT_OF_FRAMES);
        EXPECT_EQ(free_frames(), left);
        EXPECT_EQ(space->resident_pages, 0);
        give_frames_back();
    }
    EXPECT_EQ(program_write(space, at(0), 1), OK);
    leave_frames(0);
    EXPECT_EQ(read_in(space, at(1)), 0);
    EXPECT_EQ(program_write(space, at(1), 1), ERROR_OUT_OF_FRAMES);
    EXPECT_EQ(read_in(space, at(1)), 0);
    give_frames_back();
    tear_down();
}

TEST(address_space, a_copy_without_frames_leaves_nothing)
{
    struct address_space *copy = NULL;
    unsigned refusals = 0;
    set_up();
    test_object_init(&object, 8);
    EXPECT_EQ(map(0, 1000, R | W), OK);
    EXPECT_EQ(map_object(1000, 8, R | W, 0), OK);
    for (unsigned i = 0; i < 1008; i += 100)
        EXPECT_EQ(program_write(space, at(i), (uint8_t)i), OK);
    EXPECT_EQ(read_in(space, at(1001)), 2);
    for (uint64_t left = 0;; left++, refusals++) {
        leave_frames(left);
        enum error error = address_space_copy(space, &copy);
        if (!error)
            break;
        EXPECT_EQ(error, ERROR_OUT_OF_FRAMES);
        EXPECT(!copy);
        EXPECT_EQ(free_frames(), left);
        give_frames_back();
    }
    EXPECT(refusals > 4);
    give_frames_back();
    for (unsigned i = 0; i < 1000; i += 100)
        EXPECT(read_in(space, at(i)) == (uint8_t)i && read_in(copy, at(i)) == (uint8_t)i);
    address_space_release(copy);
    for (unsigned i = 0; i < 1000; i += 100)
        EXPECT_EQ(program_write(space, at(i), 1), OK);
    test_object_end(&object);
    tear_down();
}

/* Its pages may go while it is copied. */
TEST(address_space, no_copy_of_a_space_whose_programs_are_killed)
{
    struct address_space *copy = NULL;
    set_up();
    EXPECT_EQ(map(0, 4, R | W), OK);
    EXPECT_EQ(program_write(space, at(0), 1), OK);
    address_space_abandon(space);
    EXPECT_EQ(address_space_copy(space, &copy), ERROR_OUT_OF_FRAMES);
    EXPECT(!copy);
    tear_down();
}

TEST(address_space, copy_on_write_without_frames)
{
    struct address_space *copy;
    set_up();
    EXPECT_EQ(map(0, 1, R | W), OK);
    EXPECT_EQ(program_write(space, at(0), 5), OK);
    EXPECT_EQ(address_space_copy(space, &copy), OK);
    leave_frames(0);
    EXPECT_EQ(program_write(copy, at(0), 6), ERROR_OUT_OF_FRAMES);
    EXPECT(read_in(space, at(0)) == 5 && read_in(copy, at(0)) == 5);
    address_space_release(space); /* the copy is the only owner now */
    EXPECT_EQ(program_write(copy, at(0), 6), OK);
    give_frames_back();
    space = copy;
    tear_down();
}

TEST(address_space, an_object_that_has_no_frames)
{
    set_up();
    test_object_init(&object, 8);
    EXPECT_EQ(map_object(0, 8, R | W, 0), OK);
    EXPECT_EQ(program_write(space, at(1), 1), OK);
    leave_frames(0);
    EXPECT_EQ(program_read(space, at(0), &(uint8_t){0}), ERROR_OUT_OF_FRAMES);
    EXPECT_EQ(program_write(space, at(0), 1), ERROR_OUT_OF_FRAMES);
    give_frames_back();
    leave_frames(1);                                                /* the object's frame */
    EXPECT_EQ(program_write(space, at(2), 1), ERROR_OUT_OF_FRAMES); /* not its copy */
    give_frames_back();
    EXPECT_EQ(program_write(space, at(2), 1), OK);
    test_object_end(&object);
    tear_down();
}

/* The range of the area at a page. */
static bool area_is(uint64_t page, uint64_t start, uint64_t end)
{
    const struct vm_area *area = address_space_next_area(space, at(page));
    return area && area->start == at(start) && area->end == at(end);
}

TEST(address_space, a_heap_without_memory)
{
    enum { MOST = 4000 };
    struct address_space *copy;
    enum error error = OK;
    uint64_t page = 1;
    set_up();
    EXPECT_EQ(map(0, MOST, R | W | AREA_NO_RESERVE), OK);
    user_memory_limit_heap();
    for (; page < MOST && !error; page += 2)
        error = unmap(page, 1); /* each needs one area more */
    page -= 2;
    EXPECT_EQ(error, ERROR_OUT_OF_FRAMES);
    EXPECT(area_is(page, page - 1, MOST));
    EXPECT_EQ(protect(page, 1, R), ERROR_OUT_OF_FRAMES);
    EXPECT(area_is(page, page - 1, MOST));
    EXPECT_EQ(map(page, 1, R), ERROR_OUT_OF_FRAMES);
    EXPECT_EQ(map(page, 1, R | S), ERROR_OUT_OF_FRAMES);
    EXPECT(area_is(page, page - 1, MOST));
    EXPECT_EQ(address_space_copy(space, &copy), ERROR_OUT_OF_FRAMES);
    EXPECT_EQ(unmap(page - 1, 1), OK); /* needs none */
    EXPECT(area_is(page, page, MOST));
    EXPECT_EQ(program_write(space, at(page), 1), OK);
    tear_down();
}

TEST(address_space, shared_memory_without_frames)
{
    set_up();
    EXPECT_EQ(map(0, 4, R | W | S), OK);
    for (unsigned left = 0; left < 4; left++) {
        leave_frames(left); /* the page, which stays then, its numbers, and three tables */
        EXPECT_EQ(program_write(space, at(0), 1), ERROR_OUT_OF_FRAMES);
        give_frames_back();
    }
    EXPECT_EQ(program_write(space, at(0), 1), OK);
    tear_down();
}

/* --- Use ------------------------------------------------------------------------------------ */

TEST(address_space, the_one_in_use_can_be_given_up)
{
    set_up();
    address_space_use(space);
    EXPECT(this_cpu()->space == space && host_cr3 == space->tables.root);
    const uint64_t *root = phys_to_virt(space->tables.root);
    const uint64_t *kernel = phys_to_virt(kernel_space.root);
    EXPECT(memcmp(root + 256, kernel + 256, 2048) == 0);
    address_space_reference(space);
    address_space_release(space);
    EXPECT(this_cpu()->space == space);
    address_space_release(space);
    EXPECT(this_cpu()->space == NULL && host_cr3 == kernel_space.root);
    EXPECT(user_memory_tear_down());
}
