/*
 * Copies from and to programs: addresses of every kind, good and bad.
 */
#include <kernel/cpu/cpu.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/buffer.h>
#include <mm/user_copy.h>

#include "../test.h"
#include "free_frames.h"

/* Two pages with a hole on either side, a page that is only readable, and one that is neither. */
#define START UINT64_C(0x40000000)
#define END   (START + 2 * PAGE_SIZE)
#define FIXED (END + PAGE_SIZE)
#define SHUT  (FIXED + PAGE_SIZE)

static struct address_space *space;
static uint64_t free_before;

static void set_up(void)
{
    free_before = free_frames();
    EXPECT_EQ(address_space_create(&space), OK);
    EXPECT_EQ(address_space_map(space, START, 2 * PAGE_SIZE, AREA_READ | AREA_WRITE, NULL, 0), OK);
    EXPECT_EQ(address_space_map(space, FIXED, PAGE_SIZE, AREA_READ, NULL, 0), OK);
    EXPECT_EQ(address_space_map(space, SHUT, PAGE_SIZE, 0, NULL, 0), OK);
    address_space_use(space);
}

static void tear_down(void)
{
    address_space_release(space);
    EXPECT_EQ(free_frames(), free_before);
}

/* Ranges that are not a program's: page 0, a hole, what lies half before or after an area, the end
 * of user memory, addresses that are not canonical, the kernel's, and those that wrap round. */
static const struct {
    virt_addr_t start;
    size_t size;
} bad[] = {
    {0, 1},
    {8, 64},
    {START - 1, 1},
    {START - 8, 16},
    {END, 1},
    {END - 8, 9},
    {END - PAGE_SIZE, 2 * PAGE_SIZE},
    {SHUT, 1},
    {FIXED + PAGE_SIZE - 1, 2},
    {USER_END - 1, 1},
    {USER_END - 1, 2},
    {USER_END, 1},
    {UINT64_C(0x0000800000000000), 8},
    {UINT64_C(0xffff7fffffffffff), 8},
    {DIRECT_MAP_BASE, 8},
    {DIRECT_MAP_BASE + MIB(2), 8},
    {HEAP_BASE, 8},
    {KERNEL_BASE + MIB(1), 8},
    {UINT64_MAX, 1},
    {UINT64_MAX - 7, 8},
    {UINT64_MAX - 7, 16},
};

TEST(user_copy, bad_addresses_are_refused)
{
    static char memory[2 * PAGE_SIZE];
    size_t length;
    set_up();
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        EXPECT_EQ(copy_from_user(memory, bad[i].start, bad[i].size), ERROR_BAD_ADDRESS);
        EXPECT_EQ(copy_to_user(bad[i].start, memory, bad[i].size), ERROR_BAD_ADDRESS);
        memset(memory, 0, sizeof(memory));
    }
    EXPECT_EQ(copy_to_user(START, memory, SIZE_MAX), ERROR_BAD_ADDRESS);
    EXPECT_EQ(copy_from_user(memory, START, SIZE_MAX), ERROR_BAD_ADDRESS);
    EXPECT_EQ(copy_from_user(memory, START, UINT64_MAX - START), ERROR_BAD_ADDRESS);
    EXPECT_EQ(copy_to_user(FIXED, memory, 1), ERROR_BAD_ADDRESS);
    EXPECT_EQ(copy_from_user(memory, FIXED, 1), OK);
    EXPECT_EQ(string_from_user(memory, 8, SHUT, &length), ERROR_BAD_ADDRESS);
    EXPECT_EQ(string_from_user(memory, 8, DIRECT_MAP_BASE, &length), ERROR_BAD_ADDRESS);
    EXPECT_EQ(string_from_user(memory, 8, UINT64_MAX, &length), ERROR_BAD_ADDRESS);
    EXPECT_EQ(copy_from_user(memory, START, 1), OK); /* its page is there; no table has bit 48 */
    EXPECT_EQ(string_from_user(memory, 8, START | UINT64_C(1) << 48, &length), ERROR_BAD_ADDRESS);
    EXPECT_EQ(copy_from_user(memory, 0, 0), OK); /* nothing, from nowhere */
    tear_down();
}

TEST(user_copy, what_is_written_can_be_read)
{
    static char text[] = "across the boundary", back[sizeof(text)];
    virt_addr_t place = START + PAGE_SIZE - 5;
    set_up();
    EXPECT_EQ(copy_from_user(back, place, sizeof(text)), OK); /* of two pages of zeros */
    EXPECT(back[0] == 0 && back[sizeof(text) - 1] == 0);
    EXPECT_EQ(space->resident_pages, 0);
    EXPECT_EQ(copy_to_user(place, text, sizeof(text)), OK);
    EXPECT_EQ(space->resident_pages, 2);
    EXPECT_EQ(copy_from_user(back, place, sizeof(text)), OK);
    EXPECT_STR(back, text);
    EXPECT_EQ(copy_to_space(space, END - 1, "z", 1), OK);
    EXPECT_EQ(copy_from_user(back, END - 1, 1), OK);
    EXPECT_EQ(back[0], 'z');
    tear_down();
}

/* Pages that were touched before stay in the page tables. */
TEST(user_copy, rights_hold_for_touched_pages_too)
{
    char byte = 0;
    set_up();
    EXPECT_EQ(copy_to_user(START, "a", 1), OK);
    EXPECT_EQ(address_space_protect(space, START, PAGE_SIZE, AREA_READ), OK);
    EXPECT_EQ(copy_to_user(START, "b", 1), ERROR_BAD_ADDRESS);
    EXPECT_EQ(address_space_protect(space, START, PAGE_SIZE, 0), OK);
    EXPECT_EQ(copy_from_user(&byte, START, 1), ERROR_BAD_ADDRESS);
    EXPECT_EQ(address_space_protect(space, START, PAGE_SIZE, AREA_READ), OK);
    EXPECT(copy_from_user(&byte, START, 1) == OK && byte == 'a');
    EXPECT_EQ(address_space_unmap(space, START, PAGE_SIZE), OK);
    EXPECT_EQ(copy_from_user(&byte, START, 1), ERROR_BAD_ADDRESS);
    tear_down();
}

/* Read-only pages of a fork are copied for the kernel's writes as for a program's. */
TEST(user_copy, a_copy_on_write_is_the_writers_alone)
{
    struct address_space *copy;
    char byte;
    set_up();
    EXPECT_EQ(copy_to_user(START, "a", 1), OK);
    EXPECT_EQ(address_space_copy(space, &copy), OK);
    EXPECT_EQ(copy_to_user(START, "b", 1), OK);
    EXPECT_EQ(copy_to_space(copy, START + 1, "c", 1), OK);
    EXPECT(copy_from_user(&byte, START, 1) == OK && byte == 'b');
    EXPECT(copy_from_user(&byte, START + 1, 1) == OK && byte == 0);
    address_space_use(copy);
    EXPECT(copy_from_user(&byte, START, 1) == OK && byte == 'a');
    EXPECT(copy_from_user(&byte, START + 1, 1) == OK && byte == 'c');
    address_space_release(copy);
    tear_down();
}

TEST(user_copy, strings_are_copied_up_to_their_end)
{
    char string[16];
    size_t length;
    set_up();
    EXPECT_EQ(copy_to_user(START + PAGE_SIZE - 4, "eight by", 9), OK);
    EXPECT_EQ(string_from_user(string, sizeof(string), START + PAGE_SIZE - 4, &length), OK);
    EXPECT_STR(string, "eight by");
    EXPECT_EQ(length, 8);
    EXPECT_EQ(string_from_user(string, 9, START + PAGE_SIZE - 4, &length), OK);
    EXPECT_EQ(string_from_user(string, 8, START + PAGE_SIZE - 4, &length), ERROR_TOO_LONG);
    EXPECT_EQ(string_from_user(string, 0, START, &length), ERROR_TOO_LONG);
    EXPECT_EQ(string_from_user(string, 1, START, &length), OK);
    EXPECT_EQ(length, 0);
    EXPECT_EQ(copy_to_user(END - 4, "last", 4), OK);
    EXPECT_EQ(string_from_user(string, 4, END - 4, &length), ERROR_TOO_LONG);
    EXPECT_EQ(string_from_user(string, 5, END - 4, &length), ERROR_BAD_ADDRESS);
    EXPECT_EQ(copy_to_user(END - 1, "", 1), OK); /* a string may end where the area does */
    EXPECT_EQ(string_from_user(string, sizeof(string), END - 4, &length), OK);
    EXPECT_STR(string, "las");
    tear_down();
}

TEST(user_copy, strings_of_every_length_and_place_are_copied)
{
    static const char text[] = "a\x80\xff\x01\x7f"
                               "bcdefghijklmnopqrstuvw";
    char string[sizeof(text)];
    size_t length;
    set_up();
    for (size_t size = 0; size < sizeof(text); size++) {
        for (size_t before = 0; before <= size + 1; before++) { /* the end of a page */
            virt_addr_t at = START + PAGE_SIZE - before;
            EXPECT_EQ(copy_to_user(at, text, size), OK);
            EXPECT_EQ(copy_to_user(at + size, "\0\x01\x80", 3), OK);
            EXPECT_EQ(string_from_user(string, size + 1, at, &length), OK);
            EXPECT_EQ(length, size);
            EXPECT(memcmp(string, text, size) == 0 && string[size] == '\0');
            EXPECT_EQ(string_from_user(string, size, at, &length), ERROR_TOO_LONG);
        }
    }
    tear_down();
}

/* --- Buffers -------------------------------------------------------------------------------- */

TEST(user_copy, a_buffer_of_the_kernel_is_read_and_written)
{
    char memory[8] = "abcdefg", back[4];
    struct buffer buffer;
    buffer_init_kernel(&buffer, memory, sizeof(memory));
    EXPECT_EQ(buffer_get(&buffer, back, 4), OK);
    EXPECT(memcmp(back, "abcd", 4) == 0 && buffer.left == 4);
    EXPECT_EQ(buffer_put(&buffer, "xy", 2), OK);
    EXPECT_EQ(buffer_put_zeros(&buffer, 2), OK);
    EXPECT_EQ(buffer.left, 0);
    EXPECT_STR(memory, "abcdxy");
}

TEST(user_copy, a_buffer_of_several_parts_is_filled_in_order)
{
    const struct buffer_part parts[] = {
        {0, 0}, {START + PAGE_SIZE - 2, 5}, {SHUT, 0}, {END - 3, 3}, {START, 1}};
    struct buffer buffer;
    char back[9];
    set_up();
    buffer_init_parts(&buffer, parts, ARRAY_SIZE(parts));
    EXPECT_EQ(buffer.left, 9);
    EXPECT_EQ(buffer_put(&buffer, "abcdefg", 7), OK);
    EXPECT_EQ(buffer_put_zeros(&buffer, 0), OK);
    EXPECT_EQ(buffer_put(&buffer, "hi", 2), OK);
    EXPECT_EQ(buffer.left, 0);
    buffer_init_parts(&buffer, parts, ARRAY_SIZE(parts));
    EXPECT_EQ(buffer_get(&buffer, back, 9), OK);
    EXPECT(memcmp(back, "abcdefghi", 9) == 0);
    EXPECT(copy_from_user(back, START, 1) == OK && back[0] == 'i');
    EXPECT(copy_from_user(back, END - 3, 3) == OK && memcmp(back, "fgh", 3) == 0);
    tear_down();
}

TEST(user_copy, a_buffer_tells_how_far_it_came)
{
    static char text[3 * PAGE_SIZE];
    const struct buffer_part parts[] = {{START, 10}, {DIRECT_MAP_BASE, 10}, {START, 10}};
    struct buffer buffer;
    set_up();
    buffer_init_user(&buffer, START + 100, 2 * PAGE_SIZE);
    EXPECT_EQ(buffer_put(&buffer, text, 2 * PAGE_SIZE), ERROR_BAD_ADDRESS);
    EXPECT_EQ(buffer.left, 100);
    buffer_init_user(&buffer, FIXED, 10);
    EXPECT_EQ(buffer_put_zeros(&buffer, 10), ERROR_BAD_ADDRESS);
    EXPECT_EQ(buffer.left, 10);
    EXPECT_EQ(buffer_get(&buffer, text, 10), OK);
    buffer_init_parts(&buffer, parts, ARRAY_SIZE(parts));
    EXPECT_EQ(buffer_get(&buffer, text, 30), ERROR_BAD_ADDRESS);
    EXPECT_EQ(buffer.left, 20);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        buffer_init_user(&buffer, bad[i].start, bad[i].size);
        EXPECT_EQ(buffer_put(&buffer, text, bad[i].size), ERROR_BAD_ADDRESS);
    }
    buffer_init_user(&buffer, START, SIZE_MAX); /* the first bytes are there; the range is not */
    EXPECT_EQ(buffer_put(&buffer, text, 1), ERROR_BAD_ADDRESS);
    EXPECT_EQ(buffer.left, BUFFER_MAX);
    const struct buffer_part huge[] = {{START, SIZE_MAX}, {START, SIZE_MAX}, {START, 5}};
    buffer_init_parts(&buffer, huge, ARRAY_SIZE(huge));
    EXPECT_EQ(buffer.left, BUFFER_MAX);
    tear_down();
}
