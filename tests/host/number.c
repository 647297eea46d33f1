/*
 * Numbers in text.
 */
#include <lib/number.h>

#include "../test.h"

TEST(number, hexadecimal_numbers_are_parsed)
{
    uint64_t value = 0;
    EXPECT(parse_hexadecimal("b8000", &value));
    EXPECT_EQ(value, 0xb8000);
    EXPECT(parse_hexadecimal("  0xFFFFffff80100000 ", &value));
    EXPECT_EQ(value, 0xffffffff80100000);
    EXPECT(parse_hexadecimal("0", &value));
    EXPECT_EQ(value, 0);
}

TEST(number, text_that_is_no_number_is_refused)
{
    static const char *const texts[] = {
        "", " ", "0x", "x", "12g", "1 2", "-1", "10000000000000000", "0x0x1"};
    uint64_t value = 7;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        EXPECT(!parse_hexadecimal(texts[i], &value));
    EXPECT_EQ(value, 7);
}

TEST(number, decimal_unless_it_begins_with_0x)
{
    uint64_t value = 0;
    EXPECT(parse_number(" 256 ", &value));
    EXPECT_EQ(value, 256);
    EXPECT(parse_number("0x10", &value));
    EXPECT_EQ(value, 16);
    EXPECT(parse_number("18446744073709551615", &value));
    EXPECT_EQ(value, UINT64_MAX);
    EXPECT(!parse_number("18446744073709551616", &value));
    EXPECT(!parse_number("1f", &value));
    EXPECT(!parse_number("", &value));
    EXPECT(!parse_number("-1", &value));
    EXPECT_EQ(value, UINT64_MAX);
}
