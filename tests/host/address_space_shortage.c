/*
 * Address spaces when frames or the heap run out: what fails has changed nothing, takes no memory
 * with it, and can be done again.
 */
#include <layout.h>
#include <mm/frames.h>

#include "../test.h"
#include "physical_memory.h"
#include "space_subject.h"

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

TEST(address_space, a_fault_without_frames_changes_nothing)
{
    space_set_up();
    EXPECT_EQ(space_map(0, 4, R | W), OK);
    for (unsigned left = 0; left < 4; left++) {
        leave_frames(left); /* three tables and the page are needed */
        EXPECT_EQ(program_write(user_space, at(0), 1), ERROR_OUT_OF_FRAMES);
        EXPECT_EQ(free_frames(), left);
        EXPECT_EQ(user_space->resident_pages, 0);
        give_frames_back();
    }
    EXPECT_EQ(program_write(user_space, at(0), 1), OK);
    leave_frames(0);
    EXPECT_EQ(space_read(user_space, at(1)), 0);
    EXPECT_EQ(program_write(user_space, at(1), 1), ERROR_OUT_OF_FRAMES);
    EXPECT_EQ(space_read(user_space, at(1)), 0);
    give_frames_back();
    space_tear_down();
}

TEST(address_space, a_copy_without_frames_leaves_nothing)
{
    struct address_space *copy = NULL;
    unsigned refusals = 0;
    space_set_up();
    test_object_init(&space_object, 8);
    EXPECT_EQ(space_map(0, 1000, R | W), OK);
    EXPECT_EQ(space_map_object(1000, 8, R | W, 0), OK);
    for (unsigned i = 0; i < 1008; i += 100)
        EXPECT_EQ(program_write(user_space, at(i), (uint8_t)i), OK);
    EXPECT_EQ(space_read(user_space, at(1001)), 2);
    for (uint64_t left = 0;; left++, refusals++) {
        leave_frames(left);
        enum error error = address_space_copy(user_space, &copy);
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
        EXPECT(space_read(user_space, at(i)) == (uint8_t)i &&
               space_read(copy, at(i)) == (uint8_t)i);
    address_space_release(copy);
    for (unsigned i = 0; i < 1000; i += 100)
        EXPECT_EQ(program_write(user_space, at(i), 1), OK);
    test_object_end(&space_object);
    space_tear_down();
}

/* Its pages may go while it is copied. */
/* The first page has a table at the new place, the second one has none. */
TEST(address_space, a_move_without_frames_leaves_all_pages_where_they_are)
{
    enum { TABLE = 512 /* pages */, BELOW = 4 * TABLE, TO = 5 * TABLE - 1, ABOVE = 7 * TABLE };
    static const unsigned pages[] = {0, 1, BELOW, ABOVE};
    space_set_up();
    EXPECT_EQ(space_map(0, 2, R | W), OK);
    EXPECT_EQ(space_map(BELOW, 1, R | W), OK);
    EXPECT_EQ(space_map(ABOVE, 1, R | W), OK);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_EQ(program_write(user_space, at(pages[i]), (uint8_t)(i + 1)), OK);
    leave_frames(0);
    EXPECT_EQ(address_space_move(user_space, at(0), 2 * PAGE_SIZE, at(TO), 2 * PAGE_SIZE, false),
              ERROR_OUT_OF_FRAMES);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_EQ(space_read(user_space, at(pages[i])), i + 1);
    give_frames_back();
    space_tear_down();
}

TEST(address_space, no_copy_of_a_space_whose_programs_are_killed)
{
    struct address_space *copy = NULL;
    space_set_up();
    EXPECT_EQ(space_map(0, 4, R | W), OK);
    EXPECT_EQ(program_write(user_space, at(0), 1), OK);
    address_space_abandon(user_space);
    EXPECT_EQ(address_space_copy(user_space, &copy), ERROR_OUT_OF_FRAMES);
    EXPECT(!copy);
    space_tear_down();
}

TEST(address_space, a_copy_on_write_without_frames_changes_nothing)
{
    struct address_space *copy;
    space_set_up();
    EXPECT_EQ(space_map(0, 1, R | W), OK);
    EXPECT_EQ(program_write(user_space, at(0), 5), OK);
    EXPECT_EQ(address_space_copy(user_space, &copy), OK);
    leave_frames(0);
    EXPECT_EQ(program_write(copy, at(0), 6), ERROR_OUT_OF_FRAMES);
    EXPECT(space_read(user_space, at(0)) == 5 && space_read(copy, at(0)) == 5);
    address_space_release(user_space); /* the copy is the only owner now */
    EXPECT_EQ(program_write(copy, at(0), 6), OK);
    give_frames_back();
    user_space = copy;
    space_tear_down();
}

TEST(address_space, an_object_without_frames_is_an_error_and_can_be_tried_again)
{
    space_set_up();
    test_object_init(&space_object, 8);
    EXPECT_EQ(space_map_object(0, 8, R | W, 0), OK);
    EXPECT_EQ(program_write(user_space, at(1), 1), OK);
    leave_frames(0);
    EXPECT_EQ(program_read(user_space, at(0), &(uint8_t){0}), ERROR_OUT_OF_FRAMES);
    EXPECT_EQ(program_write(user_space, at(0), 1), ERROR_OUT_OF_FRAMES);
    give_frames_back();
    leave_frames(1);                                                     /* the object's frame */
    EXPECT_EQ(program_write(user_space, at(2), 1), ERROR_OUT_OF_FRAMES); /* not its copy */
    give_frames_back();
    EXPECT_EQ(program_write(user_space, at(2), 1), OK);
    test_object_end(&space_object);
    space_tear_down();
}

/* The range of the area at a page. */
static bool area_is(uint64_t page, uint64_t start, uint64_t end)
{
    const struct vm_area *area = address_space_next_area(user_space, at(page));
    return area && area->start == at(start) && area->end == at(end);
}

TEST(address_space, a_full_heap_leaves_the_areas_as_they_are)
{
    enum { MOST = 4000 };
    struct address_space *copy;
    enum error error = OK;
    uint64_t page = 1;
    space_set_up();
    EXPECT_EQ(space_map(0, MOST, R | W | AREA_NO_RESERVE), OK);
    user_memory_limit_heap();
    for (; page < MOST && !error; page += 2)
        error = space_unmap(page, 1); /* each needs one area more */
    page -= 2;
    EXPECT_EQ(error, ERROR_OUT_OF_FRAMES);
    EXPECT(area_is(page, page - 1, MOST));
    EXPECT_EQ(space_protect(page, 1, R), ERROR_OUT_OF_FRAMES);
    EXPECT(area_is(page, page - 1, MOST));
    EXPECT_EQ(space_map(page, 1, R), ERROR_OUT_OF_FRAMES);
    EXPECT_EQ(space_map(page, 1, R | S), ERROR_OUT_OF_FRAMES);
    EXPECT(area_is(page, page - 1, MOST));
    EXPECT_EQ(address_space_copy(user_space, &copy), ERROR_OUT_OF_FRAMES);
    EXPECT_EQ(space_unmap(page - 1, 1), OK); /* needs none */
    EXPECT(area_is(page, page, MOST));
    EXPECT_EQ(program_write(user_space, at(page), 1), OK);
    space_tear_down();
}

TEST(address_space, shared_memory_without_frames_can_be_tried_again)
{
    space_set_up();
    EXPECT_EQ(space_map(0, 4, R | W | S), OK);
    for (unsigned left = 0; left < 4; left++) {
        leave_frames(left); /* the page, which stays then, its numbers, and three tables */
        EXPECT_EQ(program_write(user_space, at(0), 1), ERROR_OUT_OF_FRAMES);
        give_frames_back();
    }
    EXPECT_EQ(program_write(user_space, at(0), 1), OK);
    space_tear_down();
}
