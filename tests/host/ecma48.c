#include <lib/ecma48.h>

#include "../test.h"

/* Feeds a string and returns the event of its last byte. */
static enum ecma48_event feed(struct ecma48 *parser, const char *text)
{
    enum ecma48_event event = ECMA48_NOTHING;
    for (; *text; text++)
        event = ecma48_feed(parser, *text);
    return event;
}

TEST(ecma48, plain_text_and_controls)
{
    struct ecma48 parser = {0};
    EXPECT_EQ(feed(&parser, "a"), ECMA48_PRINT);
    EXPECT_EQ(feed(&parser, "\xc3"), ECMA48_PRINT);
    EXPECT_EQ(feed(&parser, "\n"), ECMA48_CONTROL);
    EXPECT_EQ(feed(&parser, "\x7f"), ECMA48_CONTROL);
}

TEST(ecma48, parameters)
{
    struct ecma48 parser = {0};
    EXPECT_EQ(feed(&parser, "\x1b[12;3H"), ECMA48_SEQUENCE);
    EXPECT_EQ(ecma48_parameter(&parser, 0, 1), 12);
    EXPECT_EQ(ecma48_parameter(&parser, 1, 1), 3);
    EXPECT_EQ(ecma48_parameter(&parser, 2, 7), 7);
    EXPECT_EQ(feed(&parser, "\x1b[;5H"), ECMA48_SEQUENCE);
    EXPECT_EQ(ecma48_parameter(&parser, 0, 1), 1);
    EXPECT_EQ(ecma48_parameter(&parser, 1, 1), 5);
    EXPECT_EQ(feed(&parser, "\x1b[K"), ECMA48_SEQUENCE);
    EXPECT_EQ(ecma48_parameter(&parser, 0, 0), 0);
    EXPECT_EQ(feed(&parser, "\x1b[99999999999A"), ECMA48_SEQUENCE);
    EXPECT_EQ(ecma48_parameter(&parser, 0, 1), ECMA48_PARAMETER_MAX);
}

TEST(ecma48, malformed_sequences_show_nothing)
{
    struct ecma48 parser = {0};
    EXPECT_EQ(feed(&parser, "\x1b[?25h"), ECMA48_NOTHING);
    EXPECT_EQ(feed(&parser, "a"), ECMA48_PRINT);
    EXPECT_EQ(feed(&parser, "\x1b[1;2;3;4;5;6;7;8;9m"), ECMA48_NOTHING);
    EXPECT_EQ(feed(&parser, "a"), ECMA48_PRINT);
    EXPECT_EQ(feed(&parser, "\x1b(B"), ECMA48_NOTHING);
    EXPECT_EQ(feed(&parser, "a"), ECMA48_PRINT);
    EXPECT_EQ(feed(&parser, "\x1b[1\x18"), ECMA48_NOTHING);
    EXPECT_EQ(feed(&parser, "a"), ECMA48_PRINT);
    EXPECT_EQ(feed(&parser, "\x1b[1;2;3;4;5;6;7;8m"), ECMA48_SEQUENCE);
}
