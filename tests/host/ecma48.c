/*
 * The parser of control sequences, byte by byte.
 */
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

TEST(ecma48, text_and_controls_are_told_apart)
{
    struct ecma48 parser = {0};
    EXPECT_EQ(feed(&parser, "a"), ECMA48_PRINT);
    EXPECT_EQ(feed(&parser, "\xc3"), ECMA48_PRINT);
    EXPECT_EQ(feed(&parser, "\x9b"), ECMA48_PRINT); /* no CSI: the text is UTF-8 */
    EXPECT_EQ(feed(&parser, "\n"), ECMA48_CONTROL);
    EXPECT_EQ(feed(&parser, "\x7f"), ECMA48_CONTROL);
}

TEST(ecma48, parameters_have_defaults_and_a_limit)
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

TEST(ecma48, prefixes_and_intermediates_are_kept)
{
    struct ecma48 parser = {0};
    EXPECT_EQ(feed(&parser, "\x1b[?25h"), ECMA48_SEQUENCE);
    EXPECT_EQ(parser.prefix, '?');
    EXPECT_EQ(ecma48_parameter(&parser, 0, 0), 25);
    EXPECT_EQ(feed(&parser, "\x1b[3 q"), ECMA48_SEQUENCE);
    EXPECT_EQ(parser.prefix, 0);
    EXPECT_EQ(parser.intermediate, ' ');
    EXPECT_EQ(feed(&parser, "\x1b[3q"), ECMA48_SEQUENCE);
    EXPECT_EQ(parser.intermediate, 0);
}

TEST(ecma48, colons_join_parameters)
{
    struct ecma48 parser = {0};
    EXPECT_EQ(feed(&parser, "\x1b[1;38:2::7:8:9;4m"), ECMA48_SEQUENCE);
    EXPECT_EQ(parser.count, 8);
    EXPECT_EQ(parser.colons, 0x7c); /* all from the 2 on up to the 9 */
    EXPECT_EQ(ecma48_parameter(&parser, 5, 0), 8);
}

TEST(ecma48, escape_sequences_end_at_their_final_byte)
{
    struct ecma48 parser = {0};
    EXPECT_EQ(feed(&parser, "\x1b"
                            "7"),
              ECMA48_ESCAPE_SEQUENCE);
    EXPECT_EQ(parser.intermediate, 0);
    EXPECT_EQ(feed(&parser, "\x1b(B"), ECMA48_ESCAPE_SEQUENCE);
    EXPECT_EQ(parser.intermediate, '(');
    EXPECT_EQ(feed(&parser, "a"), ECMA48_PRINT);
    EXPECT_EQ(feed(&parser, "\x1b[1\x1bM"), ECMA48_ESCAPE_SEQUENCE);
    EXPECT_EQ(feed(&parser, "\x1b\xc3"), ECMA48_PRINT); /* a single ESC hides no character */
}

/* Nothing of these is shown, and the next character is. */
TEST(ecma48, malformed_sequences_are_dropped)
{
    static const char *const malformed[] = {
        "\x1b[1?25h",      "\x1b[??25h", "\x1b[ 1q",   "\x1b[ !q",
        "\x1b[1\xc3\xa4m", "\x1b[1\x18", "\x1b[1\x1a", "\x1b\x18",
    };
    struct ecma48 parser = {0};
    for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
        for (const char *byte = malformed[i]; *byte; byte++)
            EXPECT_EQ(ecma48_feed(&parser, *byte), ECMA48_NOTHING);
        EXPECT_EQ(feed(&parser, "a"), ECMA48_PRINT);
    }
}

TEST(ecma48, the_first_sixteen_parameters_count)
{
    struct ecma48 parser = {0};
    EXPECT_EQ(feed(&parser, "\x1b[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17:8;9m"),
              ECMA48_SEQUENCE);
    EXPECT_EQ(parser.count, ECMA48_PARAMETERS);
    EXPECT_EQ(ecma48_parameter(&parser, 15, 0), 16);
    EXPECT_EQ(parser.colons, 0);
    EXPECT_EQ(feed(&parser, "\x1b[7m"), ECMA48_SEQUENCE);
    EXPECT_EQ(parser.count, 1);
    EXPECT_EQ(ecma48_parameter(&parser, 0, 0), 7);
}

/* Two commands of the Linux console are as long as they are, and no ST ends them. */
TEST(ecma48, palette_commands_end_without_a_terminator)
{
    static const struct {
        const char *text;
        enum ecma48_event end;
    } commands[] = {{"\x1b]R", ECMA48_COLOURS_RESET},
                    {"\x1b]P9123abc", ECMA48_COLOUR_SET},
                    {"\x1b]PfFfFfFf", ECMA48_COLOUR_SET},
                    {"\x1b]Pg", ECMA48_NOTHING},
                    {"\x1b]P12\x18", ECMA48_NOTHING}};
    static const uint32_t colours[ARRAY_SIZE(commands)] = {[1] = 0x9123abc, [2] = 0xfffffff};
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        struct ecma48 parser = {0};
        for (const char *byte = commands[i].text; *byte; byte++)
            EXPECT_EQ(ecma48_feed(&parser, *byte), byte[1] ? ECMA48_NOTHING : commands[i].end);
        if (colours[i])
            EXPECT_EQ(parser.colour, colours[i]);
        EXPECT_EQ(feed(&parser, "a"), ECMA48_PRINT);
    }
    struct ecma48 parser = {0};
    EXPECT_EQ(feed(&parser, "\x1b]P12\n"), ECMA48_CONTROL);
    EXPECT_EQ(feed(&parser, "3\x1b[m"), ECMA48_SEQUENCE);
    EXPECT_EQ(feed(&parser, "\x1b]\x07"), ECMA48_NOTHING);
    EXPECT_EQ(feed(&parser, "a"), ECMA48_PRINT);
}

TEST(ecma48, strings_are_dropped)
{
    static const char *const strings[] = {
        "\x1b]0;a title\x07",
        "\x1b]8;;http://x/\xc3\xa4\n",
        "\x1bPq#0;2;0;0;0",
        "\x1b_G1;m",
        "\x1b^x",
        "\x1bXx",
    };
    for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
        struct ecma48 parser = {0};
        for (const char *byte = strings[i]; *byte; byte++)
            EXPECT_EQ(ecma48_feed(&parser, *byte), ECMA48_NOTHING);
        if (parser.state == ECMA48_STRING)
            EXPECT_EQ(feed(&parser, "\x1b\\"), ECMA48_ESCAPE_SEQUENCE);
        EXPECT_EQ(feed(&parser, "a"), ECMA48_PRINT);
    }
}

TEST(ecma48, a_string_that_is_too_long_ends)
{
    struct ecma48 parser = {0};
    feed(&parser, "\x1b]");
    for (unsigned i = 0; i < ECMA48_STRING_MAX; i++)
        EXPECT_EQ(ecma48_feed(&parser, 'x'), ECMA48_NOTHING);
    EXPECT_EQ(feed(&parser, "a"), ECMA48_PRINT);
}
