/*
 * Unmapping and copying many pages takes long, so it yields to other threads on its way. They may
 * change the space then: what they map stays, and a copy has what was there when it came by.
 */
#include <layout.h>
#include <string.h>

#include "../test.h"
#include "space_subject.h"
#include "support.h"

enum { MANY = 3000 };

static unsigned yields;
static virt_addr_t found;

/* Maps what has become free already, and touches it. */
static void map_in_between(void)
{
    if (yields++ > 0)
        return;
    EXPECT(address_space_is_free(user_space, at(1), 8 * PAGE_SIZE));
    EXPECT_EQ(address_space_find_gap(user_space, at(1), 8 * PAGE_SIZE, &found), OK);
    EXPECT_EQ(space_map(1, 8, R | W), OK);
    EXPECT_EQ(program_write(user_space, at(2), 77), OK);
}

static void set_up_many(void (*others)(void))
{
    space_set_up();
    EXPECT_EQ(space_map(0, 1, R | W), OK);
    EXPECT_EQ(space_map(1, MANY, R | W), OK);
    for (unsigned i = 0; i < MANY; i++)
        EXPECT_EQ(program_write(user_space, at(i), (uint8_t)i), OK);
    yields = 0;
    host_set_yield(others);
}

TEST(address_space, what_is_mapped_during_a_long_unmapping_stays)
{
    set_up_many(map_in_between);
    EXPECT_EQ(space_unmap(1, MANY), OK);
    EXPECT(yields >= 2);
    EXPECT_EQ(space_read(user_space, at(2)), 77);
    EXPECT_STR(spell_areas(user_space), "rw-p 0-9");
    EXPECT_EQ(user_space->resident_pages, 2);
    host_set_yield(NULL);
    space_tear_down();
}

static void change_areas(void)
{
    if (yields++ == 0) {
        EXPECT_EQ(space_unmap(500, MANY - 1000), OK);
        EXPECT_EQ(program_write(user_space, at(2), 88), OK);
    }
}

TEST(address_space, areas_may_change_during_a_long_copy)
{
    struct address_space *copy;
    set_up_many(change_areas);
    EXPECT_EQ(address_space_copy(user_space, &copy), OK);
    host_set_yield(NULL);
    EXPECT(yields >= 2);
    EXPECT_STR(spell_areas(copy), "rw-p 0-1024, rw-p 2500-3001"); /* a yield is after 1024 pages */
    EXPECT_EQ(space_read(copy, at(2)), 2);
    EXPECT(space_read(user_space, at(2)) == 88 && space_read(user_space, at(600)) == -1);
    EXPECT_EQ(space_read(copy, at(600)), 600 % 256);
    EXPECT_EQ(space_read(copy, at(2600)), 2600 % 256);
    host_set_yield(change_areas);
    address_space_release(copy);
    host_set_yield(NULL);
    space_tear_down();
}

static void nothing(void)
{
    yields++;
}

TEST(address_space, a_long_copy_is_whole)
{
    struct address_space *copy;
    set_up_many(nothing);
    EXPECT_EQ(address_space_copy(user_space, &copy), OK);
    EXPECT_EQ(yields, 2);
    EXPECT_STR(spell_areas(copy), "rw-p 0-3001");
    EXPECT(copy->mapped_pages == user_space->mapped_pages && copy->resident_pages == MANY);
    for (unsigned i = 0; i < MANY; i++)
        EXPECT_EQ(space_read(copy, at(i)), i % 256);
    for (unsigned i = 0; i < MANY; i += 8)
        EXPECT_EQ(program_write(copy, at(i), 5), OK);
    for (unsigned i = 0; i < MANY; i++)
        EXPECT_EQ(space_read(user_space, at(i)), i % 256);
    address_space_release(copy);
    host_set_yield(NULL);
    space_tear_down();
}

TEST(address_space, a_fixed_mapping_replaces_all_at_once)
{
    set_up_many(nothing);
    EXPECT_EQ(space_map(0, MANY, R | W), OK);
    EXPECT_EQ(yields, 0);
    EXPECT_EQ(user_space->resident_pages, 0);
    EXPECT_EQ(program_write(user_space, at(MANY - 1), 1), OK);
    host_set_yield(NULL);
    space_tear_down();
}
