/*
 * A terminal of 6 rows of 20 columns: writes text, and compares the display with the expected rows.
 */
#include <lib/colour.h>
#include <lib/terminal.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "fake_display.h"

enum { ROWS = 6, COLUMNS = 20, HISTORY = 10 };

static struct fake_display fake;
static struct terminal terminal;
static uint64_t storage[GRID_SIZE(ROWS + HISTORY, COLUMNS) / 8];

/* Lines end with LF alone, as the kernel's do. */
static void feed(const char *text)
{
    terminal_write_lines(&terminal, text, strlen(text));
}

static void begin(const char *text)
{
    fake_display_init(&fake, ROWS, COLUMNS, true);
    memset(storage, 0xa5, sizeof(storage)); /* a grid needs no cleared memory */
    terminal_init(&terminal, &fake.display, storage, sizeof(storage));
    feed(text);
}

/* Returns ASCII as it is, < and > for the halves of a wide character, ? for U+FFFD, # for others.
 */
static char sign(terminal_cell_t cell)
{
    terminal_cell_t code = cell & CELL_CODE;
    if (code <= '~')
        return (char)code;
    if (code == UTF8_REPLACEMENT)
        return '?';
    if (cell & CELL_RIGHT_HALF)
        return '>';
    return code == 0x4e2d ? '<' : '#';
}

/* Returns the display's rows with a | between them, without the blanks at their ends and the blank
 * rows at the foot. */
static const char *shown(void)
{
    static char text[ROWS * (COLUMNS + 1)];
    size_t length = 0, used = 0;
    if (!terminal.grid.view && !fake_display_agrees(&fake, &terminal.grid))
        return "the display does not show what the grid holds";
    for (unsigned row = 0; row < ROWS; row++) {
        size_t end = length;
        for (unsigned column = 0; column < COLUMNS; column++) {
            text[length++] = sign(fake.cells[row * COLUMNS + column]);
            if (text[length - 1] != ' ')
                end = used = length;
        }
        length = end;
        text[length++] = '|';
    }
    text[used] = '\0';
    return text;
}

/* Resets the terminal, writes `text`, and compares the display. */
#define EXPECT_SHOWN(text, expected)   \
    do {                               \
        begin(text);                   \
        EXPECT_STR(shown(), expected); \
    } while (0)

/* Returns the colours of a cell as a VGA attribute: foreground in the low four bits, background
 * above. */
static unsigned colours(unsigned row, unsigned column)
{
    return fake.cells[row * COLUMNS + column] >> CELL_FOREGROUND_SHIFT;
}

TEST(terminal, text_and_controls)
{
    EXPECT_SHOWN("", "");
    EXPECT_SHOWN("hello\nworld", "hello|world");
    EXPECT_SHOWN("hello\rJ", "Jello");
    EXPECT_SHOWN("ab\b\b\bX", "Xb");
    EXPECT_SHOWN("a\v\fb\a\x01\x7f", "a|| b");
}

/* A program's LF is no CR: its tty decides. */
TEST(terminal, a_line_feed_is_no_return)
{
    static const char text[] = "ab\ncd\r\ne\033[\nCf";
    begin("");
    terminal_write(&terminal, text, sizeof(text) - 1);
    EXPECT_STR(shown(), "ab|  cd|e|  f");
    begin("aaaaaaaaaabbbbbbbbbb");
    terminal_write(&terminal, "\nx\033Dy\033Mz", 9); /* a full row is full no more */
    EXPECT_STR(shown(), "aaaaaaaaaabbbbbbbbbb|                   z|                   y");
}

TEST(terminal, the_console_begins_a_line_at_each_line_feed)
{
    EXPECT_SHOWN("ab\ncd\xe2\nef\033[\n2Cg", "ab|cd?|ef|  g");
}

TEST(terminal, a_full_row_wraps_when_more_comes)
{
    EXPECT_SHOWN("aaaaaaaaaabbbbbbbbbb\nc", "aaaaaaaaaabbbbbbbbbb|c");
    EXPECT_SHOWN("aaaaaaaaaabbbbbbbbbbc", "aaaaaaaaaabbbbbbbbbb|c");
    EXPECT_SHOWN("aaaaaaaaaabbbbbbbbbb\rX", "Xaaaaaaaaabbbbbbbbbb");
    EXPECT_SHOWN("aaaaaaaaaabbbbbbbbbb\bX", "aaaaaaaaaabbbbbbbbXb");
    EXPECT_SHOWN("aaaaaaaaaabbbbbbbbbb\033[DX", "aaaaaaaaaabbbbbbbbXb");
    EXPECT_SHOWN("aaaaaaaaaabbbbbbbbbb\033[K\033[Ax", "aaaaaaaaaabbbbbbbbbx");
    EXPECT_EQ(fake.cursor_row, 0);
    EXPECT_EQ(fake.cursor_column, COLUMNS - 1);
}

TEST(terminal, without_autowrap_the_last_column_is_written_again)
{
    EXPECT_SHOWN("\033[?7laaaaaaaaaabbbbbbbbbbccX", "aaaaaaaaaabbbbbbbbbX");
    EXPECT_SHOWN("\033[?7laaaaaaaaaabbbbbbbbbb\u4e2d", "aaaaaaaaaabbbbbbbb<>");
    EXPECT_SHOWN("\033[?7l\033[?7haaaaaaaaaabbbbbbbbbbc", "aaaaaaaaaabbbbbbbbbb|c");
}

TEST(terminal, scrolls_at_the_foot)
{
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\n7\n8", "3|4|5|6|7|8");
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033D7", "2|3|4|5|6| 7");
}

TEST(terminal, cursor_movement)
{
    EXPECT_SHOWN("\033[3;5Hx\033[2Ay", "     y||    x");
    EXPECT_SHOWN("\033[Bx\033[2By\033[2ez", "|x|| y||  z");
    EXPECT_SHOWN("\033[3Cx\033[4Dy\033[2az", "y  z");
    EXPECT_SHOWN("abc\033[2Ex\033[Fy", "abc|y|x");
    EXPECT_SHOWN("\033[5Gx\033[3`y\033[4dz\033[2;2fw", "  y x| w||   z");
    EXPECT_SHOWN("\033[3;4H\033[;2Hx\033[4Hy", " x|||y");
}

TEST(terminal, the_cursor_stays_on_the_screen)
{
    EXPECT_SHOWN("\033[99;99Ha\033[99A\033[99Db\033[99B\033[99Gc", "b|||||                   c");
    EXPECT_SHOWN("\033[9999d\033[9999Ca\033[9999F\033[9999Db", "b|||||                   a");
    EXPECT_SHOWN("\033[0;0Hx\033[0Ay", "xy");
}

TEST(terminal, erase)
{
    EXPECT_SHOWN("abcdef\033[3D\033[K", "abc");
    EXPECT_SHOWN("abcdef\033[3D\033[1K", "    ef");
    EXPECT_SHOWN("abcdef\033[3D\033[2Kx", "   x");
    EXPECT_SHOWN("1\n2\n345\033[2;2H\033[J", "1|2");
    EXPECT_SHOWN("12\n34\n56\033[2;1H\033[1J", "| 4|56");
    EXPECT_SHOWN("1\n2\n345\033[2Jx", "||   x");
    EXPECT_SHOWN("abcdef\033[2G\033[3X", "a   ef");
    EXPECT_SHOWN("abcdef\033[99X\033[2G\033[99X", "a");
    EXPECT_SHOWN("abcdef\033[3D\033[7K\033[7J", "abcdef");
}

TEST(terminal, erased_cells_have_the_background)
{
    begin("\033[41mab\033[K\033[2;3H\033[44m\033[1K\033[0m");
    EXPECT_EQ(colours(0, 1), 0x47);
    EXPECT_EQ(colours(0, COLUMNS - 1), 0x47);
    EXPECT_EQ(colours(1, 2), 0x17);
    EXPECT_EQ(colours(1, 3), 0x07);
    EXPECT_STR(shown(), "ab");
}

TEST(terminal, sixteen_colours)
{
    begin("\033[31;42ma\033[91;102mb\033[1;34mc\033[22md\033[7me\033[27mf\033[39;49mg\033[0mh");
    static const uint8_t expected[] = {0x24, 0xac, 0xa9, 0xa1, 0x92, 0xa1, 0x07, 0x07};
    for (unsigned i = 0; i < ARRAY_SIZE(expected); i++)
        EXPECT_EQ(colours(0, i), expected[i]);
    begin("\033[31;1;7mx\033[my");
    EXPECT_EQ(colours(0, 0), 0x48);
    EXPECT_EQ(colours(0, 1), 0x07);
}

/* Styles that the screen cannot show are colours; that of italics comes before that of underlines,
 * and dimness comes last. */
TEST(terminal, styles_are_colours)
{
    begin("\033[2ma\033[4mb\033[3mc\033[22;23md\033[24me\033[5mf\033[25;21mg\033[0;44;5;7mh\033[K");
    static const uint8_t expected[] = {0x08, 0x03, 0x02, 0x03, 0x07, 0x87, 0x03, 0xf1};
    for (unsigned i = 0; i < ARRAY_SIZE(expected); i++)
        EXPECT_EQ(colours(0, i), expected[i]);
    EXPECT_EQ(colours(0, COLUMNS - 1), 0x97);
}

/* 256 colours and true colour, with semicolons and with colons, become one of 16, as on Linux. */
TEST(terminal, other_colours)
{
    begin("\033[38;5;9ma\033[48;5;21mb\033[38;2;250;250;80mc\033[0;38:2::0:170:0md"
          "\033[38:5:208me\033[38:2:0:0:0mf\033[0;4:3mg\033[38;5;244;1mh\033[38;9mi"
          "\033[38;5;1mj\033[38;5;237mk\033[48;2;127;128;0ml\033[1;38;5;33mm");
    static const uint8_t expected[] = {0x0c, 0x1c, 0x1e, 0x02, 0x0c, 0x00, 0x07,
                                       0x0f, 0x0f, 0x04, 0x08, 0x28, 0x29};
    for (unsigned i = 0; i < ARRAY_SIZE(expected); i++)
        EXPECT_EQ(colours(0, i), expected[i]);
}

/* An incomplete colour is ignored, and the parameter after it has its own meaning. */
TEST(terminal, broken_colours)
{
    static const char *const broken[] = {"38",       "38;5", "38:5",    "38;2;1",
                                         "38;2;1;2", "38:2", "38:2::1", "48;2;0;0"};
    for (unsigned i = 0; i < ARRAY_SIZE(broken); i++) {
        begin("\033[31m\033[");
        feed(broken[i]);
        feed("mx");
        EXPECT_STR(shown(), "x");
        EXPECT_EQ(colours(0, 0), 0x04);
    }
    begin("\033[31m\033[38:5;1mx\033[38:2:9;7my");
    EXPECT_EQ(colours(0, 0), 0x0c);
    EXPECT_EQ(colours(0, 1), 0x48);
}

TEST(terminal, scroll_region)
{
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[2;4r\033[4;1H\nx", "1|3|4|x|5|6");
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[2;4r\033[2;1H\033Mx", "1|x|2|3|5|6");
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[2;4r\033[6;1H\nx\033[1;1H\033My", "y|2|3|4|5|x");
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[2;4r\033[2S", "1|4|||5|6");
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[2;4r\033[T", "1||2|3|5|6");
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[2;4r\033[99S\033[99T", "1||||5|6");
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[3;3r\033[5;2r\033[6;1H\nx", "2|3|4|5|6|x");
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[2;4r\033[3;1H\033[9Aa\033[9Bb", "1|a|3|4b|5|6");
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[2;4r\033[r\033[6;1H\033Ex", "2|3|4|5|6|x");
}

TEST(terminal, insert_and_delete_lines)
{
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[2;3H\033[2Lx", "1|  x||2|3|4");
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[2;3H\033[2Mx", "1|4 x|5|6");
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[2;4r\033[3;1H\033[L", "1|2||3|5|6");
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[2;4r\033[6;1H\033[M", "1|2|3|4|5|6");
}

TEST(terminal, insert_and_delete_characters)
{
    EXPECT_SHOWN("abcdef\033[2G\033[2@", "a  bcdef");
    EXPECT_SHOWN("abcdef\033[2G\033[2P", "adef");
    EXPECT_SHOWN("abcdef\033[2G\033[99@", "a");
    EXPECT_SHOWN("abcdef\033[2G\033[99P", "a");
    EXPECT_SHOWN("aaaaaaaaaabbbbbbbbbc\033[3G\033[@", "aa aaaaaaaabbbbbbbbb");
}

TEST(terminal, tab_stops)
{
    EXPECT_SHOWN("a\tb\tc\td", "a       b       c  d");
    EXPECT_SHOWN("\033[2Ia\033[99Ib", "                a  b");
    EXPECT_SHOWN("\033[15Ga\033[Zb\033[99Zc", "c       b     a");
    EXPECT_SHOWN("\033[4G\033H\ra\tb\tc", "a  b    c");
    EXPECT_SHOWN("\033[9G\033[g\ra\tb", "a               b");
    EXPECT_SHOWN("\033[3g\ra\tb", "a                  b");
    EXPECT_SHOWN("\033[3g\033c\ra\tb", "a       b");
}

TEST(terminal, save_and_restore)
{
    EXPECT_SHOWN("ab\0337\033[5;5Hx\0338c", "abc||||    x");
    EXPECT_SHOWN("ab\033[s\033[5;5Hx\033[uc", "abc||||    x");
    EXPECT_SHOWN("ab\0338x", "xb");
    begin("\033[31m\0337\033[32ma\0338b");
    EXPECT_EQ(colours(0, 0), 0x04);
}

TEST(terminal, insert_mode)
{
    EXPECT_SHOWN("abc\033[2G\033[4hxy\033[4lz", "axyzc");
    EXPECT_SHOWN("abc\033[2G\033[4h\u4e2d", "a<>bc");
    EXPECT_SHOWN("a\u4e2dc\033[3G\033[4hx", "a x c");
    EXPECT_SHOWN("aaaaaaaaaabbbbbbbbbc\033[3G\033[4hx", "aaxaaaaaaaabbbbbbbbb");
    EXPECT_SHOWN("\033[4haaaaaaaaaabbbbbbbbbbcd", "aaaaaaaaaabbbbbbbbbb|cd");
    EXPECT_SHOWN("ab\033[4h\033[!p\rx", "xb");
    EXPECT_SHOWN("ab\033[?4h\rx", "xb"); /* another mode */
}

TEST(terminal, origin_mode)
{
    EXPECT_SHOWN("\033[2;4r\033[?6ha\033[2;3Hb\033[99;1Hc", "|a|  b|c");
    EXPECT_SHOWN("\033[2;4r\033[?6h\033[9dx\033[Ay\033[99By\033[99Az", "|   z| y|x y");
    EXPECT_SHOWN("\033[?6h\033[3;5rx", "||x");
    EXPECT_SHOWN("\033[2;4r\033[?6hx\033[?6ly", "y|x");
    EXPECT_SHOWN("\033[6;1H\0337\033[2;4r\033[?6h\0338x", "|||x");
    EXPECT_SHOWN("\033[2;4r\033[?6h\033[!p\033[6;1Hx", "|||||x");
}

TEST(terminal, alignment_pattern)
{
    begin("ab\033[44;7m\033#8c");
    EXPECT_EQ(sign(fake.cells[0]), 'E');
    EXPECT_EQ(sign(fake.cells[2]), 'c');
    EXPECT_EQ(sign(fake.cells[ROWS * COLUMNS - 1]), 'E');
    EXPECT_EQ(colours(0, 0), 0x17);
    EXPECT(fake_display_agrees(&fake, &terminal.grid));
    EXPECT_SHOWN("\033#8\033[Jx", "x");
}

/* Returns the code point in the first row's cell. */
static unsigned code_at(unsigned column)
{
    return fake.cells[column] & CELL_CODE;
}

TEST(terminal, line_drawing)
{
    begin("q\033)0q\016qx~A\u00e4\017q");
    static const unsigned expected[] = {'q', 'q', 0x2500, 0x2502, 0xb7, 'A', 0xe4, 'q'};
    for (unsigned i = 0; i < ARRAY_SIZE(expected); i++)
        EXPECT_EQ(code_at(i), expected[i]);
    begin("\033(0lqk\033(Bl\033(0\0337\033(B\0338l\033[!pl");
    static const unsigned box[] = {0x250c, 0x2500, 0x2510, 'l', 0x250c, 'l'};
    for (unsigned i = 0; i < ARRAY_SIZE(box); i++)
        EXPECT_EQ(code_at(i), box[i]);
    EXPECT_SHOWN("\033(0\033)0\016\033cl", "l");
}

/* The commands of the Linux console for its palette end without ST. */
TEST(terminal, palette_commands)
{
    EXPECT_SHOWN("a\033]Rb\033]P1234567c\033]Pfffffffd\033]P12xe\033]0;t\ag", "abcdeg");
    EXPECT_EQ(fake.palette[RED], 0x234567);
    EXPECT_EQ(fake.palette[BLUE], colour_rgb[BLUE]);
    feed("\033]P4123456");
    EXPECT_EQ(fake.palette[BLUE], 0x123456);
    static struct fake_display other;
    fake_display_init(&other, ROWS, COLUMNS, true);
    terminal_use_display(&terminal, &other.display);
    EXPECT_EQ(other.palette[BLUE], 0x123456);
    feed("\033]R");
    EXPECT(memcmp(other.palette, colour_rgb, sizeof(other.palette)) == 0);
}

TEST(terminal, more_parameters_than_there_is_room_for)
{
    begin("\033[0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;31;32;44mx");
    EXPECT_STR(shown(), "x");
    EXPECT_EQ(colours(0, 0), 0x04);
}

TEST(terminal, cursor_visibility)
{
    begin("x\033[?25l");
    EXPECT(!fake.cursor_visible);
    feed("\033[?25h");
    EXPECT(fake.cursor_visible);
    EXPECT_EQ(fake.flushes, 3); /* once for the start and for each piece of text */
}

TEST(terminal, resets)
{
    EXPECT_SHOWN("abc\033[?7l\033[2;3r\033[5;5H\033cx", "x");
    EXPECT_SHOWN("\033[2;3r\033[?7l\033[?25l\033[41mab\033[!pc\033[6;1H\nx", "|||||x");
    EXPECT_EQ(colours(5, 0), 0x07);
    EXPECT(fake.cursor_visible);
}

static char answers[64];

static void take_answer(void *context, const char *text, size_t length)
{
    (void)context;
    strncat(answers, text, length);
}

TEST(terminal, reports)
{
    begin("");
    terminal.answer = take_answer;
    answers[0] = '\0';
    feed("\033[c\033[5n\033[3;7H\033[6n\033[1;99H\033[6n\033[7n\033[>c");
    EXPECT_STR(answers, "\033[?6c\033[0n\033[3;7R\033[1;20R");
    answers[0] = '\0';
    feed("\033[2;4r\033[?6h\033[2;5H\033[6n");
    EXPECT_STR(answers, "\033[2;5R"); /* in origin mode, too, where a program has put it */
}

TEST(terminal, utf8)
{
    EXPECT_SHOWN("a\u00e4\u20acb", "a##b");
    EXPECT_SHOWN("e\u0301x", "ex"); /* a cell has no room for a combining mark */
    EXPECT_SHOWN("a\xc3z\xffz\xe0\x80z", "a?z?z??z");
    EXPECT_SHOWN("a\xc3\nb", "a?|b");
    EXPECT_SHOWN("a\xc3\033[1Cb", "a? b");
    EXPECT_SHOWN("a\xc2\x85\xc2\x9bmb", "amb");
    begin("\xe2\x82");
    feed("\xac");
    EXPECT_EQ(grid_cell(&terminal.grid, 0, 0) & CELL_CODE, 0x20ac);
}

TEST(terminal, wide_characters)
{
    EXPECT_SHOWN("\u4e2da", "<>a");
    EXPECT_SHOWN("aaaaaaaaaabbbbbbbbb\u4e2d", "aaaaaaaaaabbbbbbbbb|<>");
    EXPECT_SHOWN("\u4e2d\rx", "x");
    EXPECT_SHOWN("\u4e2d\033[2Gx", " x");
    EXPECT_SHOWN("a\u4e2db\033[2G\033[K", "a");
    EXPECT_SHOWN("a\u4e2db\033[3G\033[K", "a");
    EXPECT_SHOWN("\u4e2d\u4e2d\033[2G\u4e2d", " <>");
    EXPECT_SHOWN("\u4e2db\033[2G\033[P", " b");
    EXPECT_SHOWN("\u4e2db\033[2G\033[@", "   b");
    EXPECT_SHOWN("\u4e2d\033[2G\033[1K", "");
}

TEST(terminal, unknown_sequences_show_nothing)
{
    EXPECT_SHOWN("a\033[?2004h\033[2 q\033[>0c\033(A\033=\033#3\033[5i\033[1;2;3zb", "ab");
    EXPECT_SHOWN("a\033]0;title\ab\033Pq~\033\\c\033[?5Jd", "abcd");
    EXPECT_SHOWN("a\033[4\030b\033[4\032c", "abc");
}

/* Foreground and background are exchanged, of what is there and of what is written. */
TEST(terminal, reverse_screen)
{
    begin("\033[31ma\033[?5hb\033[7mc\033[K\033[?5h");
    static const uint8_t expected[] = {0x40, 0x40, 0x04, 0x40};
    for (unsigned i = 0; i < ARRAY_SIZE(expected); i++)
        EXPECT_EQ(colours(0, i), expected[i]);
    EXPECT_EQ(colours(1, 0), 0x70);
    feed("\033[?5l");
    EXPECT_EQ(colours(0, 0), 0x04);
    EXPECT_EQ(colours(0, 2), 0x40);
    EXPECT_EQ(colours(1, 0), 0x07);
    begin("\033[?5ha\033cb");
    EXPECT_EQ(colours(0, 0), 0x07);
    EXPECT_EQ(colours(1, 0), 0x07);
}

/* Writes lines 1 to `count`, the last one without a line feed. */
static void write_lines(unsigned count)
{
    for (unsigned line = 1; line <= count; line++) {
        char text[2] = {(char)('0' + line % 10), '\0'};
        feed(line > 1 ? "\n" : "");
        feed(text);
    }
}

TEST(terminal, the_other_screen)
{
    begin("");
    write_lines(9);
    feed("\033[?1049h");
    EXPECT_STR(shown(), "");
    EXPECT_EQ(terminal.grid.history, 3 + ROWS);
    feed("\033[H");
    write_lines(8); /* what leaves this screen is gone */
    EXPECT_STR(shown(), "3|4|5|6|7|8");
    feed("\033[?1049h\033[?1049l");
    EXPECT_STR(shown(), "4|5|6|7|8|9");
    feed("x");
    EXPECT_STR(shown(), "4|5|6|7|8|9x"); /* the cursor is back, too */
    terminal_view(&terminal, 3);
    EXPECT_STR(shown(), "1|2|3|4|5|6");
    feed("\033[?47ha\033[3J\033[?1047lb");
    EXPECT_STR(shown(), "4|5|6|7|8|9x b");
    EXPECT_SHOWN("abc\033[?1049h\033[2Jx\033cy", "y");
}

TEST(terminal, the_view_goes_back_and_returns)
{
    begin("");
    write_lines(9);
    EXPECT_STR(shown(), "4|5|6|7|8|9");
    terminal_view(&terminal, 2);
    EXPECT_STR(shown(), "2|3|4|5|6|7");
    EXPECT(!fake.cursor_visible);
    terminal_view(&terminal, 99);
    EXPECT_STR(shown(), "1|2|3|4|5|6");
    terminal_view(&terminal, -1);
    EXPECT_STR(shown(), "2|3|4|5|6|7");
    terminal_view(&terminal, -99);
    EXPECT_STR(shown(), "4|5|6|7|8|9");
    EXPECT(fake.cursor_visible);
    terminal_view(&terminal, 3);
    feed("x");
    EXPECT_STR(shown(), "4|5|6|7|8|9x");
    feed("\033[3J");
    terminal_view(&terminal, 3);
    EXPECT_STR(shown(), "4|5|6|7|8|9x");
}

TEST(terminal, the_oldest_lines_are_forgotten)
{
    begin("");
    write_lines(1234);
    terminal_view(&terminal, 99);
    EXPECT_STR(shown(), "9|0|1|2|3|4"); /* 1219 to 1224: 16 rows in all */
    EXPECT_EQ(terminal.grid.view, HISTORY);
}

TEST(terminal, moves_to_larger_memory)
{
    static uint64_t larger[GRID_SIZE(100, COLUMNS) / 8];
    for (unsigned lines = 1; lines < 40; lines++) {
        begin("");
        write_lines(lines);
        memset(larger, 0xa5, sizeof(larger));
        EXPECT_EQ(grid_move(&terminal.grid, larger, sizeof(larger)), OK);
        memset(storage, 0xa5, sizeof(storage));
        EXPECT(fake_display_agrees(&fake, &terminal.grid));
        EXPECT_EQ(terminal.grid.history, MIN(MAX(lines, (unsigned)ROWS) - ROWS, (unsigned)HISTORY));
        feed("\n");
        write_lines(95);
        terminal_view(&terminal, 1000);
        terminal_view(&terminal, -1000);
        EXPECT(fake_display_agrees(&fake, &terminal.grid));
        EXPECT_EQ(terminal.grid.history, MIN(MIN(lines, 16u) + 95 - ROWS, 94u));
    }
    terminal_view(&terminal, 50);
    EXPECT_EQ(grid_move(&terminal.grid, storage, GRID_SIZE(ROWS - 1, COLUMNS)), ERROR_FULL);
    EXPECT_EQ(grid_move(&terminal.grid, storage, GRID_SIZE(ROWS, COLUMNS)), OK);
    EXPECT(fake_display_agrees(&fake, &terminal.grid)); /* the view has returned to the screen */
}

TEST(terminal, refuses_what_it_cannot_hold)
{
    fake_display_init(&fake, ROWS, COLUMNS, true);
    EXPECT_EQ(terminal_init(&terminal, &fake.display, storage, GRID_SIZE(ROWS, COLUMNS) - 1),
              ERROR_FULL);
    EXPECT_EQ(terminal_init(&terminal, &fake.display, storage, GRID_SIZE(ROWS, COLUMNS)), OK);
    fake.display.columns = TERMINAL_MAX_COLUMNS + 1;
    EXPECT_EQ(terminal_init(&terminal, &fake.display, storage, SIZE_MAX), ERROR_INVALID);
    fake.display.columns = 1;
    EXPECT_EQ(terminal_init(&terminal, &fake.display, storage, SIZE_MAX), ERROR_INVALID);
}

/* Random text, rich in sequences, on a display that can scroll and on one that cannot. */
TEST(terminal, any_display_shows_the_same)
{
    static const char alphabet[] =
        "ab \n\r\b\t\033\033\033[[[[;0123456789?mHJKABCDLMPST@Xr78Mc\xe4\xb8\xad";
    static struct fake_display simple;
    static struct terminal second;
    static uint64_t second_storage[GRID_SIZE(ROWS + HISTORY, COLUMNS) / 8];
    begin("");
    fake_display_init(&simple, ROWS, COLUMNS, false);
    terminal_init(&second, &simple.display, second_storage, sizeof(second_storage));
    srand(6);
    for (unsigned round = 0; round < 200000; round++) {
        char text[8];
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = alphabet[(unsigned)rand() % (sizeof(alphabet) - 1)];
        terminal_write(&terminal, text, sizeof(text));
        terminal_write(&second, text, sizeof(text));
        if (round % 16)
            continue;
        EXPECT(fake_display_agrees(&fake, &terminal.grid));
        EXPECT(fake_display_agrees(&simple, &terminal.grid));
    }
}
