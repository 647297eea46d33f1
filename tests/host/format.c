/*
 * snprintf(): each conversion, and text that does not fit.
 */
#include <lib/format.h>
#include <lib/string.h>

#include "../test.h"

static char text[128];

/* The compiler checks the arguments of each call, so a wrong format here is a build error. */
#define EXPECT_FORMAT(expected, ...)                                            \
    do {                                                                        \
        EXPECT_EQ(snprintf(text, sizeof(text), __VA_ARGS__), strlen(expected)); \
        EXPECT_STR(text, expected);                                             \
    } while (0)

TEST(format, integers_of_every_size_are_printed)
{
    EXPECT_FORMAT("0 -1 42", "%d %i %u", 0, -1, 42u);
    EXPECT_FORMAT("-2147483648 4294967295", "%d %u", INT32_MIN, UINT32_MAX);
    EXPECT_FORMAT("-9223372036854775808", "%ld", INT64_MIN);
    EXPECT_FORMAT("18446744073709551615", "%lu", UINT64_MAX);
    EXPECT_FORMAT("ff FF 0xbeef", "%x %X 0x%lx", 255u, 255u, 0xbeeful);
    EXPECT_FORMAT("-1 255 -1 65535", "%hhd %hhu %hd %hu", -1, 255, -1, 65535);
    EXPECT_FORMAT("7 8 9", "%zu %td %jd", (size_t)7, (ptrdiff_t)8, (intmax_t)9);
}

TEST(format, fields_have_width_and_padding)
{
    EXPECT_FORMAT("[   42][42   ][00042]", "[%5d][%-5d][%05d]", 42, 42, 42);
    EXPECT_FORMAT("[-0042][  -42]", "[%05d][%5d]", -42, -42);
    EXPECT_FORMAT("[  abc][abc  ][ab]", "[%5s][%-5s][%.2s]", "abc", "abc", "abc");
    EXPECT_FORMAT("[  x][x  ]", "[%*c][%-*c]", 3, 'x', 3, 'x');
    EXPECT_FORMAT("[x  ]", "[%*s]", -3, "x");
    EXPECT_FORMAT("[ab]", "[%.*s]", 2, "abc");
    volatile int far_too_wide = INT32_MIN; /* which the compiler would refuse as a constant */
    EXPECT_EQ(snprintf(text, sizeof(text), "%*d", far_too_wide, 1), 9999);
}

TEST(format, pointers_strings_and_percent_signs_are_printed)
{
    EXPECT_FORMAT("0x0000000000000000", "%p", NULL);
    EXPECT_FORMAT("0xffffffff80100000", "%p", (void *)0xffffffff80100000u);
    const char *volatile nothing = NULL;
    EXPECT_FORMAT("(null)", "%s", nothing);
    EXPECT_FORMAT("100%", "%d%%", 100);
}

TEST(format, cuts_at_the_buffers_end)
{
    char small[4] = "zzz";
    EXPECT_EQ(snprintf(small, sizeof(small), "%s", "abcdef"), 6);
    EXPECT_STR(small, "abc");
    EXPECT_EQ(snprintf(small, 0, "%s", "xyz"), 3);
    EXPECT_STR(small, "abc");
    EXPECT_EQ(snprintf(small, 1, "%d", 5), 1);
    EXPECT_STR(small, "");
}

TEST(format, unknown_conversion_is_shown)
{
    const char *volatile odd = "%y %";
    char out[16];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
    snprintf(out, sizeof(out), odd);
#pragma GCC diagnostic pop
    EXPECT_STR(out, "%y %");
}
