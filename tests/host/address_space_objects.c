/*
 * Address spaces with objects, the files that are mapped: private and shared pages, and what other
 * threads do to the space while a fault waits for the object's page.
 */
#include <layout.h>
#include <mm/frames.h>
#include <string.h>

#include "../test.h"
#include "space_subject.h"

static phys_addr_t frame_at(struct address_space *of, uint64_t page)
{
    return paging_entry(&of->tables, at(page)) & PAGE_ADDRESS_MASK;
}

TEST(address_space, writes_to_private_pages_do_not_reach_the_object)
{
    struct address_space *copy;
    space_set_up();
    test_object_init(&space_object, 8);
    EXPECT_EQ(space_map_object(0, 10, R | W, 2), OK);
    EXPECT_EQ(space_read(user_space, at(0)), 3);
    EXPECT_EQ(frame_at(user_space, 0), space_object.frames[2]);
    EXPECT_EQ(program_write(user_space, at(0) + 1, 77), OK); /* after a read */
    EXPECT_EQ(program_write(user_space, at(1) + 1, 78), OK); /* before one */
    EXPECT(space_read(user_space, at(0)) == 3 && space_read(user_space, at(0) + 1) == 77);
    EXPECT(space_read(user_space, at(1)) == 4 && space_read(user_space, at(1) + 1) == 78);
    EXPECT(frame_at(user_space, 0) != space_object.frames[2] &&
           frame_at(user_space, 1) != space_object.frames[3]);
    EXPECT_EQ(*(uint8_t *)phys_to_virt(space_object.frames[2] + 1), 3);
    EXPECT_EQ(space_object.asked_to_write, 0);
    EXPECT_EQ(program_read(user_space, at(6), &(uint8_t){0}), ERROR_BEYOND_END);
    EXPECT_EQ(program_write(user_space, at(7), 1), ERROR_BEYOND_END);
    EXPECT_EQ(space_read(user_space, at(5)), 8);

    unsigned asked = space_object.asked;
    EXPECT_EQ(address_space_copy(user_space, &copy), OK);
    EXPECT(space_read(copy, at(0) + 1) == 77 && space_read(copy, at(5)) == 8);
    EXPECT_EQ(space_object.asked, asked);
    EXPECT_EQ(program_write(copy, at(0) + 1, 79), OK);
    EXPECT_EQ(space_read(user_space, at(0) + 1), 77);
    address_space_release(copy);
    EXPECT_EQ(space_unmap(0, 20), OK);
    EXPECT(!space_object.released);
    test_object_end(&space_object);
    EXPECT(space_object.released);
    space_tear_down();
}

TEST(address_space, writes_to_shared_pages_reach_the_object)
{
    struct address_space *copy;
    space_set_up();
    test_object_init(&space_object, 8);
    EXPECT_EQ(space_map_object(0, 4, R | W | S, 1), OK);
    EXPECT_EQ(space_map_object(10, 4, R | S, 0), OK);
    EXPECT_EQ(space_read(user_space, at(0)), 2);
    EXPECT(space_object.asked == 1 && space_object.asked_to_write == 0);
    EXPECT_EQ(program_write(user_space, at(0), 50), OK);
    EXPECT(space_object.asked == 2 && space_object.asked_to_write == 1);
    EXPECT_EQ(program_write(user_space, at(0) + 1, 51), OK);
    EXPECT_EQ(space_object.asked, 2);
    EXPECT_EQ(program_write(user_space, at(1), 52), OK);
    EXPECT_EQ(space_object.asked_to_write, 2);
    EXPECT(space_read(user_space, at(11)) == 50 && space_read(user_space, at(12)) == 52);
    EXPECT_EQ(program_write(user_space, at(11), 1), ERROR_ACCESS);
    EXPECT_EQ(address_space_copy(user_space, &copy), OK);
    EXPECT_EQ(program_write(copy, at(0), 60), OK);
    EXPECT_EQ(space_read(user_space, at(11)), 60);
    EXPECT_EQ(*(uint8_t *)phys_to_virt(space_object.frames[1]), 60);
    test_object_end(&space_object);
    EXPECT(!space_object.released); /* the two spaces have it */
    address_space_release(copy);
    EXPECT(!space_object.released);
    address_space_release(user_space);
    EXPECT(space_object.released && user_memory_tear_down());
}

TEST(address_space, shared_memory_stays_shared_with_a_copy)
{
    struct address_space *copy;
    space_set_up();
    EXPECT_EQ(space_map(0, 4, R | W | S), OK);
    EXPECT_EQ(space_map(4, 4, R | W | S), OK); /* other memory: no merge */
    EXPECT_STR(spell_areas(user_space), "rw-s 0-4@0, rw-s 4-8@0");
    EXPECT_EQ(program_write(user_space, at(1), 11), OK);
    EXPECT_EQ(address_space_copy(user_space, &copy), OK);
    EXPECT_EQ(space_read(copy, at(1)), 11);
    EXPECT_EQ(program_write(copy, at(0), 10), OK);
    EXPECT_EQ(program_write(user_space, at(2), 12), OK);
    EXPECT(space_read(user_space, at(0)) == 10 && space_read(copy, at(2)) == 12 &&
           space_read(copy, at(3)) == 0);
    EXPECT_EQ(space_read(user_space, at(4)), 0);
    address_space_release(user_space);
    EXPECT(space_read(copy, at(0)) == 10 && space_read(copy, at(2)) == 12);
    user_space = copy;
    space_tear_down();
}

TEST(address_space, what_must_not_be_written_cannot_be_made_writable)
{
    space_set_up();
    test_object_init(&space_object, 8);
    EXPECT_EQ(space_map_object(0, 4, R | S | AREA_NEVER_WRITE, 0), OK);
    EXPECT_EQ(space_protect(0, 2, R | W), ERROR_ACCESS);
    EXPECT_EQ(space_protect(0, 2, R | X), OK);
    EXPECT_EQ(program_write(user_space, at(0), 1), ERROR_ACCESS);
    EXPECT_STR(spell_areas(user_space), "r-xs 0-2@0, r--s 2-4@2");
    EXPECT_EQ(space_unmap(0, 4), OK);
    test_object_end(&space_object);
    space_tear_down();
}

TEST(address_space, areas_of_an_object_split_and_merge)
{
    space_set_up();
    test_object_init(&space_object, 8);
    EXPECT_EQ(space_map_object(0, 8, R, 0), OK);
    EXPECT_EQ(space_protect(2, 2, R | W), OK);
    EXPECT_STR(spell_areas(user_space), "r--p 0-2@0, rw-p 2-4@2, r--p 4-8@4");
    EXPECT_EQ(space_read(user_space, at(4)), 5);
    EXPECT_EQ(program_write(user_space, at(3), 99), OK);
    EXPECT_EQ(space_protect(2, 2, R), OK);
    EXPECT_STR(spell_areas(user_space), "r--p 0-8@0");
    EXPECT(space_read(user_space, at(3)) == 99 && space_read(user_space, at(2)) == 3);
    EXPECT_EQ(space_map_object(4, 2, R, 0), OK); /* other pages of it: no merge */
    EXPECT_STR(spell_areas(user_space), "r--p 0-4@0, r--p 4-6@0, r--p 6-8@6");
    EXPECT_EQ(space_read(user_space, at(4)), 1);
    EXPECT_EQ(space_map(1, 1, R), OK);
    EXPECT_STR(spell_areas(user_space), "r--p 0-1@0, r--p 1-2, r--p 2-4@2, r--p 4-6@0, r--p 6-8@6");
    EXPECT_EQ(space_unmap(0, 8), OK);
    test_object_end(&space_object);
    EXPECT(space_object.released);
    space_tear_down();
}

/* --- What others do while get_page() waits ---------------------------------------------------- */

static void unmap_it(void)
{
    EXPECT_EQ(space_unmap(0, 8), OK);
}

static void map_anonymous_there(void)
{
    EXPECT_EQ(space_map(0, 8, R | W), OK);
}

static void map_other_pages(void)
{
    space_object.meanwhile = NULL;
    EXPECT_EQ(space_map_object(0, 4, R | W, 4), OK);
}

static void make_it_shared(void)
{
    space_object.meanwhile = NULL;
    EXPECT_EQ(space_map_object(0, 4, R | W | S, 0), OK);
}

static void forbid_writes(void)
{
    space_object.meanwhile = NULL;
    EXPECT_EQ(space_protect(0, 8, R), OK);
}

static void fault_it_in_too(void)
{
    space_object.meanwhile = NULL;
    EXPECT_EQ(program_write(user_space, at(0), 33), OK);
}

static void give_object_up(void)
{
    EXPECT_EQ(space_unmap(0, 8), OK);
    vm_object_release(&space_object.object);
    EXPECT(!space_object.released); /* the fault that waits has a reference */
}

static void start_meanwhile(void (*meanwhile)(void))
{
    space_set_up();
    test_object_init(&space_object, 8);
    space_object.meanwhile = meanwhile;
    EXPECT_EQ(space_map_object(0, 8, R | W, 0), OK);
}

static void end_meanwhile(void)
{
    test_object_end(&space_object);
    space_tear_down();
}

TEST(address_space, the_area_may_go_while_a_page_is_waited_for)
{
    start_meanwhile(unmap_it);
    EXPECT_EQ(program_read(user_space, at(0), &(uint8_t){0}), ERROR_NOT_MAPPED);
    end_meanwhile();
}

TEST(address_space, the_object_may_be_given_up_while_a_page_is_waited_for)
{
    start_meanwhile(give_object_up);
    EXPECT_EQ(program_read(user_space, at(0), &(uint8_t){0}), ERROR_NOT_MAPPED);
    EXPECT(space_object.released);
    space_object.object.references = 1; /* for its end */
    end_meanwhile();
}

TEST(address_space, another_area_may_come_while_a_page_is_waited_for)
{
    start_meanwhile(map_anonymous_there);
    EXPECT_EQ(space_read(user_space, at(0)), 0);
    end_meanwhile();
    start_meanwhile(map_other_pages);
    EXPECT_EQ(space_read(user_space, at(0)), 5);
    end_meanwhile();
    start_meanwhile(make_it_shared);
    EXPECT_EQ(program_write(user_space, at(0), 44), OK);
    EXPECT_EQ(space_object.asked_to_write, 1);
    EXPECT_EQ(*(uint8_t *)phys_to_virt(space_object.frames[0]), 44);
    end_meanwhile();
}

TEST(address_space, rights_may_change_while_a_page_is_waited_for)
{
    start_meanwhile(forbid_writes);
    EXPECT_EQ(program_write(user_space, at(0), 44), ERROR_ACCESS);
    EXPECT_EQ(space_read(user_space, at(0)), 1);
    end_meanwhile();
}

TEST(address_space, two_threads_may_wait_for_one_page)
{
    start_meanwhile(fault_it_in_too);
    EXPECT_EQ(space_read(user_space, at(0)), 33);
    EXPECT_EQ(space_read(user_space, at(0) + 1), 1);
    EXPECT_EQ(user_space->resident_pages, 1);
    end_meanwhile();
}
