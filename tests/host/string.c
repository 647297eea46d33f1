#include <lib/string.h>
#include <stdlib.h>

#include "../test.h"

/* Every size, distance and overlap up to a few words, against a copy made byte by byte. */
TEST(string, memmove_overlaps)
{
    enum { SPAN = 64 };
    for (size_t from = 0; from < SPAN; from += 3) {
        for (size_t to = 0; to < SPAN; to++) {
            for (size_t size = 0; size <= SPAN - MAX(from, to); size++) {
                unsigned char bytes[SPAN], expected[SPAN];
                for (size_t i = 0; i < SPAN; i++)
                    bytes[i] = expected[i] = (unsigned char)(i * 7 + 1);
                for (size_t i = 0; i < size; i++)
                    expected[to + i] = (unsigned char)((from + i) * 7 + 1);
                EXPECT(memmove(bytes + to, bytes + from, size) == bytes + to);
                EXPECT_EQ(memcmp(bytes, expected, SPAN), 0);
            }
        }
    }
}

TEST(string, memcpy_memset_memcmp)
{
    for (size_t size = 0; size < 200; size++) {
        unsigned char *from = malloc(size + 1), *to = malloc(size + 1);
        for (size_t i = 0; i <= size; i++) {
            from[i] = (unsigned char)(200 + i);
            to[i] = 0x55;
        }
        memcpy(to, from, size);
        bool same = memcmp(to, from, size) == 0 && to[size] == 0x55;
        memset(to, 0x1a5, size);
        bool filled = to[size] == 0x55;
        for (size_t i = 0; i < size; i++)
            filled = filled && to[i] == 0xa5;
        free(from);
        free(to);
        EXPECT(same);
        EXPECT(filled);
    }
    EXPECT(memcmp("a\x80", "a\x01", 2) > 0);
    EXPECT(memcmp("a", "b", 1) < 0);
    EXPECT_EQ(memcmp("a", "b", 0), 0);
}

TEST(string, compare_and_search)
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

TEST(string, copy_printable)
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
        }
    }
}
