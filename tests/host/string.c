/*
 * The functions on strings and blocks of memory, against plain loops.
 */
#include <lib/string.h>
#include <stdlib.h>

#include "../test.h"

/* Block operations run with and without `rep`, with sizes around each boundary, and at every offset
 * from an aligned address. They must not change the bytes around. */
enum { SPAN = 3072, OFFSETS = 9 };

static const size_t sizes[] = {0,   1,   2,   3,   7,   8,   9,   15,   16,   17,
                               23,  24,  25,  31,  32,  33,  47,  56,   57,   63,
                               64,  65,  71,  72,  73,  127, 128, 129,  191,  200,
                               255, 504, 511, 512, 513, 514, 520, 1023, 1024, 2000};

static void fill_pattern(unsigned char *bytes, unsigned seed)
{
    for (size_t i = 0; i < SPAN; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256 + seed);
}

static bool same(const unsigned char *a, const unsigned char *b)
{
    for (size_t i = 0; i < SPAN; i++) {
        if (a[i] != b[i])
            return false;
    }
    return true;
}

static bool memcpy_is_right(size_t to, size_t from, size_t size)
{
    static unsigned char source[SPAN], bytes[SPAN], expected[SPAN];
    fill_pattern(source, 1);
    fill_pattern(bytes, 100);
    fill_pattern(expected, 100);
    for (size_t i = 0; i < size; i++)
        expected[to + i] = source[from + i];
    return memcpy(bytes + to, source + from, size) == bytes + to && same(bytes, expected);
}

static bool memset_is_right(size_t to, size_t size)
{
    static unsigned char bytes[SPAN], expected[SPAN];
    fill_pattern(bytes, 1);
    fill_pattern(expected, 1);
    for (size_t i = 0; i < size; i++)
        expected[to + i] = 0xa5;
    return memset(bytes + to, 0x1a5, size) == bytes + to && same(bytes, expected);
}

static bool memmove_is_right(size_t to, size_t from, size_t size)
{
    static unsigned char source[SPAN], bytes[SPAN], expected[SPAN];
    fill_pattern(source, 1);
    fill_pattern(bytes, 1);
    fill_pattern(expected, 1);
    for (size_t i = 0; i < size; i++)
        expected[to + i] = source[from + i];
    return memmove(bytes + to, bytes + from, size) == bytes + to && same(bytes, expected);
}

static void check_memcpy_and_memset(size_t size)
{
    for (size_t to = 0; to < OFFSETS; to++) {
        EXPECT(memset_is_right(to, size));
        for (size_t from = 0; from < OFFSETS; from++)
            EXPECT(memcpy_is_right(to, from, size));
    }
}

static void check_memmove(size_t size)
{
    static const size_t distances[] = {0, 1, 2, 7, 8, 9, 63, 64, 65, 500, 512, 513, 700, 1024};
    for (size_t i = 0; i < ARRAY_SIZE(distances); i++) {
        for (size_t offset = 0; offset < OFFSETS; offset++) {
            EXPECT(memmove_is_right(offset, offset + distances[i], size));
            EXPECT(memmove_is_right(offset + distances[i], offset, size));
        }
    }
}

static void check_all_sizes(void (*check)(size_t))
{
    for (int fast_bytes = 0; fast_bytes < 2; fast_bytes++) {
        string_init(fast_bytes);
        for (size_t i = 0; i < ARRAY_SIZE(sizes) && !test_failed(); i++)
            check(sizes[i]);
    }
    string_init(false);
}

TEST(string, memcpy_and_memset_write_their_range_alone)
{
    check_all_sizes(check_memcpy_and_memset);
}

TEST(string, memmove_copies_ranges_that_overlap)
{
    check_all_sizes(check_memmove);
}

/* AddressSanitizer reports an access beyond the end of either block. */
TEST(string, block_operations_end_in_time)
{
    for (size_t size = 1; size < 200; size++) {
        unsigned char *from = malloc(size), *to = malloc(size);
        memset(from, 'x', size);
        memcpy(to, from, size);
        memmove(from, to, size);
        bool equal = memcmp(to, from, size) == 0;
        free(from);
        free(to);
        EXPECT(equal);
    }
}

/* The first byte that differs decides, as an unsigned number. */
TEST(string, memcmp_compares_the_first_difference)
{
    enum { SIZE = 40 };
    unsigned char a[SIZE], b[SIZE];
    for (size_t at = 0; at < SIZE; at++) {
        memset(a, 'x', SIZE);
        memset(b, 'x', SIZE);
        for (size_t size = 0; size <= SIZE; size++)
            EXPECT_EQ(memcmp(a, b, size), 0);
        a[at] = 0x80;
        b[at] = 0x01;
        memset(b + at + 1, 0xff, SIZE - at - 1);
        for (size_t size = 0; size <= SIZE; size++) {
            EXPECT_EQ(memcmp(a, b, size) > 0, size > at);
            EXPECT_EQ(memcmp(b, a, size) < 0, size > at);
        }
    }
}

TEST(string, strings_are_compared_and_searched)
{
    EXPECT_EQ(strlen(""), 0);
    EXPECT_EQ(strlen("abc"), 3);
    EXPECT_EQ(strnlen("abc", 2), 2);
    EXPECT_EQ(strnlen("abc", 9), 3);
    EXPECT_EQ(strcmp("abc", "abc"), 0);
    EXPECT(strcmp("abc", "abd") < 0);
    EXPECT(strcmp("abc", "ab") > 0);
    EXPECT(strcmp("\xff", "a") > 0);
    EXPECT_EQ(strncmp("abc", "abd", 2), 0);
    EXPECT_EQ(strncmp("abc", "xyz", 0), 0);
    EXPECT(strncmp("abc", "abd", 3) < 0);
    EXPECT(strncmp("\xff", "a", 1) > 0);
    const char *text = "a=b";
    EXPECT(strchr(text, '=') == text + 1);
    EXPECT(strchr(text, '\0') == text + 3);
    EXPECT(strchr(text, 'z') == NULL);
}

TEST(string, string_copy_cuts_and_says_so)
{
    char small[4];
    EXPECT_EQ(string_copy(small, "abc", sizeof(small)), 3);
    EXPECT_STR(small, "abc");
    EXPECT_EQ(string_copy(small, "abcdef", sizeof(small)), 6);
    EXPECT_STR(small, "abc");
    small[0] = 'x';
    EXPECT_EQ(string_copy(small, "abc", 0), 3);
    EXPECT_EQ(small[0], 'x');
}

TEST(string, printable_text_ends_at_the_first_other_byte)
{
    char to[32], from[24];
    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < sizeof(from); at++) {
            memset(from, '~', sizeof(from));
            memset(to, 0, sizeof(to));
            from[at] = (char)byte;
            bool printable = byte >= 0x20 && byte <= 0x7e;
            size_t expected = printable ? sizeof(from) : at;
            EXPECT_EQ(copy_printable(to, from, sizeof(from)), expected);
            EXPECT(memcmp(to, from, expected) == 0);
            EXPECT_EQ(to[expected], 0);
            EXPECT_EQ(copy_printable(to, from, at), at);
            EXPECT_EQ(printable_length(from, sizeof(from)), expected);
            EXPECT_EQ(printable_length(from, at), at);
        }
    }
}
