/*
 * The colours of the terminal: what a program selects, and what the display then shows.
 */
#include <lib/colour.h>
#include <stdio.h>
#include <string.h>

#include "small_screen.h"

TEST(terminal, each_of_256_is_that_of_the_linux_console)
{
    EXPECT_EQ(colour_of_256(3), 0xaaaa00);
    EXPECT_EQ(colour_of_256(12), 0x5555ff);
    EXPECT_EQ(colour_of_256(16 + 36 * 5 + 6 * 3 + 1), 0xd47f2a);
    EXPECT_EQ(colour_of_256(16 + 36 * 2 + 6 * 4), 0x55aa00);
    EXPECT_EQ(colour_of_256(232), 0x080808);
    EXPECT_EQ(colour_of_256(255), 0xeeeeee);
}

TEST(terminal, erased_cells_have_the_background)
{
    screen_begin("\033[41mab\033[K\033[2;3H\033[44m\033[1K\033[0m");
    EXPECT_EQ(screen_colours(0, 1), 0x47);
    EXPECT_EQ(screen_colours(0, COLUMNS - 1), 0x47);
    EXPECT_EQ(screen_colours(1, 2), 0x17);
    EXPECT_EQ(screen_colours(1, 3), 0x07);
    EXPECT_STR(screen_text(), "ab");
}

TEST(terminal, sixteen_colours_are_selected)
{
    screen_begin(
        "\033[31;42ma\033[91;102mb\033[1;34mc\033[22md\033[7me\033[27mf\033[39;49mg\033[0mh");
    static const uint8_t expected[] = {0x24, 0xac, 0xa9, 0xa1, 0x92, 0xa1, 0x07, 0x07};
    for (unsigned i = 0; i < ARRAY_SIZE(expected); i++)
        EXPECT_EQ(screen_colours(0, i), expected[i]);
    screen_begin("\033[31;1;7mx\033[my");
    EXPECT_EQ(screen_colours(0, 0), 0x48);
    EXPECT_EQ(screen_colours(0, 1), 0x07);
}

/* Styles that the screen cannot show are colours; that of italics comes before that of underlines,
 * and dimness comes last. */
TEST(terminal, styles_are_colours)
{
    screen_begin(
        "\033[2ma\033[4mb\033[3mc\033[22;23md\033[24me\033[5mf\033[25;21mg\033[0;44;5;7mh\033[K");
    static const uint8_t expected[] = {0x08, 0x03, 0x02, 0x03, 0x07, 0x87, 0x03, 0xf1};
    for (unsigned i = 0; i < ARRAY_SIZE(expected); i++)
        EXPECT_EQ(screen_colours(0, i), expected[i]);
    EXPECT_EQ(screen_colours(0, COLUMNS - 1), 0x97);
}

/* 256 colours and true colour, with semicolons and with colons, become one of 16, as on Linux. */
TEST(terminal, other_colours_become_one_of_sixteen)
{
    screen_begin("\033[38;5;9ma\033[48;5;21mb\033[38;2;250;250;80mc\033[0;38:2::0:170:0md"
                 "\033[38:5:208me\033[38:2:0:0:0mf\033[0;4:3mg\033[38;5;244;1mh\033[38;9mi"
                 "\033[38;5;1mj\033[38;5;237mk\033[48;2;127;128;0ml\033[1;38;5;33mm");
    static const uint8_t expected[] = {0x0c, 0x1c, 0x1e, 0x02, 0x0c, 0x00, 0x07,
                                       0x0f, 0x0f, 0x04, 0x08, 0x28, 0x29};
    for (unsigned i = 0; i < ARRAY_SIZE(expected); i++)
        EXPECT_EQ(screen_colours(0, i), expected[i]);
}

/* A part of 64 of 128 is half of the largest, and one of 65 is more. */
TEST(terminal, a_colour_has_the_parts_above_half_of_the_largest)
{
    static const char *const halves[] = {"128;0;64", "64;128;0", "0;64;128"};
    static const char *const more[] = {"128;0;65", "65;128;0", "0;65;128"};
    static const uint8_t largest[] = {RED, GREEN, BLUE};
    static const uint8_t both[] = {RED | BLUE, RED | GREEN, GREEN | BLUE};
    for (unsigned i = 0; i < ARRAY_SIZE(halves); i++) {
        char text[64];
        snprintf(text, sizeof(text), "\033[38;2;%sma\033[38;2;%smb", halves[i], more[i]);
        screen_begin(text);
        EXPECT_EQ(screen_colours(0, 0), largest[i]);
        EXPECT_EQ(screen_colours(0, 1), both[i]);
    }
}

/* An incomplete colour is ignored, and the parameter after it has its own meaning. */
TEST(terminal, broken_colours_are_ignored)
{
    static const char *const broken[] = {"38",       "38;5", "38:5",    "38;2;1",
                                         "38;2;1;2", "38:2", "38:2::1", "48;2;0;0"};
    for (unsigned i = 0; i < ARRAY_SIZE(broken); i++) {
        screen_begin("\033[31m\033[");
        screen_feed(broken[i]);
        screen_feed("mx");
        EXPECT_STR(screen_text(), "x");
        EXPECT_EQ(screen_colours(0, 0), 0x04);
    }
    screen_begin("\033[31m\033[38:5;1mx\033[38:2:9;7my");
    EXPECT_EQ(screen_colours(0, 0), 0x0c);
    EXPECT_EQ(screen_colours(0, 1), 0x48);
}

/* The commands of the Linux console for its palette end without ST. */
TEST(terminal, palette_commands_change_the_display)
{
    EXPECT_SHOWN("a\033]Rb\033]P1234567c\033]Pfffffffd\033]P12xe\033]0;t\ag", "abcdeg");
    EXPECT_EQ(screen_display.palette[RED], 0x234567);
    EXPECT_EQ(screen_display.palette[BLUE], colour_rgb[BLUE]);
    screen_feed("\033]P4123456");
    EXPECT_EQ(screen_display.palette[BLUE], 0x123456);
    static struct fake_display other;
    fake_display_init(&other, ROWS, COLUMNS, true);
    terminal_use_display(&screen_terminal, &other.display);
    EXPECT_EQ(other.palette[BLUE], 0x123456);
    screen_feed("\033]R");
    EXPECT(memcmp(other.palette, colour_rgb, sizeof(other.palette)) == 0);
}

TEST(terminal, parameters_beyond_the_room_are_ignored)
{
    screen_begin("\033[0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;31;32;44mx");
    EXPECT_STR(screen_text(), "x");
    EXPECT_EQ(screen_colours(0, 0), 0x04);
}

/* Foreground and background are exchanged, of what is there and of what is written. */
TEST(terminal, the_reverse_screen_exchanges_colours)
{
    screen_begin("\033[31ma\033[?5hb\033[7mc\033[K\033[?5h");
    static const uint8_t expected[] = {0x40, 0x40, 0x04, 0x40};
    for (unsigned i = 0; i < ARRAY_SIZE(expected); i++)
        EXPECT_EQ(screen_colours(0, i), expected[i]);
    EXPECT_EQ(screen_colours(1, 0), 0x70);
    screen_feed("\033[?5l");
    EXPECT_EQ(screen_colours(0, 0), 0x04);
    EXPECT_EQ(screen_colours(0, 2), 0x40);
    EXPECT_EQ(screen_colours(1, 0), 0x07);
    screen_begin("\033[?5ha\033cb");
    EXPECT_EQ(screen_colours(0, 0), 0x07);
    EXPECT_EQ(screen_colours(1, 0), 0x07);
}
