/*
 * What the terminal makes of text and of sequences: compares the display with the expected rows.
 */
#include <string.h>

#include "small_screen.h"

TEST(terminal, text_and_controls_are_shown)
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
    screen_begin("");
    terminal_write(&screen_terminal, text, sizeof(text) - 1);
    EXPECT_STR(screen_text(), "ab|  cd|e|  f");
    screen_begin("aaaaaaaaaabbbbbbbbbb");
    terminal_write(&screen_terminal, "\nx\033Dy\033Mz", 9); /* a full row is full no more */
    EXPECT_STR(screen_text(), "aaaaaaaaaabbbbbbbbbb|                   z|                   y");
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
    EXPECT_EQ(screen_display.cursor_row, 0);
    EXPECT_EQ(screen_display.cursor_column, COLUMNS - 1);
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

TEST(terminal, sequences_move_the_cursor)
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

TEST(terminal, sequences_erase)
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

TEST(terminal, a_region_scrolls_alone)
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

TEST(terminal, lines_are_inserted_and_deleted)
{
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[2;3H\033[2Lx", "1|  x||2|3|4");
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[2;3H\033[2Mx", "1|4 x|5|6");
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[2;4r\033[3;1H\033[L", "1|2||3|5|6");
    EXPECT_SHOWN("1\n2\n3\n4\n5\n6\033[2;4r\033[6;1H\033[M", "1|2|3|4|5|6");
}

TEST(terminal, characters_are_inserted_and_deleted)
{
    EXPECT_SHOWN("abcdef\033[2G\033[2@", "a  bcdef");
    EXPECT_SHOWN("abcdef\033[2G\033[2P", "adef");
    EXPECT_SHOWN("abcdef\033[2G\033[99@", "a");
    EXPECT_SHOWN("abcdef\033[2G\033[99P", "a");
    EXPECT_SHOWN("aaaaaaaaaabbbbbbbbbc\033[3G\033[@", "aa aaaaaaaabbbbbbbbb");
}

TEST(terminal, tabs_go_to_the_next_stop)
{
    EXPECT_SHOWN("a\tb\tc\td", "a       b       c  d");
    EXPECT_SHOWN("\033[2Ia\033[99Ib", "                a  b");
    EXPECT_SHOWN("\033[15Ga\033[Zb\033[99Zc", "c       b     a");
    EXPECT_SHOWN("\033[4G\033H\ra\tb\tc", "a  b    c");
    EXPECT_SHOWN("\033[9G\033[g\ra\tb", "a               b");
    EXPECT_SHOWN("\033[3g\ra\tb", "a                  b");
    EXPECT_SHOWN("\033[3g\033c\ra\tb", "a       b");
}

TEST(terminal, the_cursor_is_saved_and_restored)
{
    EXPECT_SHOWN("ab\0337\033[5;5Hx\0338c", "abc||||    x");
    EXPECT_SHOWN("ab\033[s\033[5;5Hx\033[uc", "abc||||    x");
    EXPECT_SHOWN("ab\0338x", "xb");
    screen_begin("\033[31m\0337\033[32ma\0338b");
    EXPECT_EQ(screen_colours(0, 0), 0x04);
}

TEST(terminal, insert_mode_moves_the_rest_of_the_row)
{
    EXPECT_SHOWN("abc\033[2G\033[4hxy\033[4lz", "axyzc");
    EXPECT_SHOWN("abc\033[2G\033[4h\u4e2d", "a<>bc");
    EXPECT_SHOWN("a\u4e2dc\033[3G\033[4hx", "a x c");
    EXPECT_SHOWN("aaaaaaaaaabbbbbbbbbc\033[3G\033[4hx", "aaxaaaaaaaabbbbbbbbb");
    EXPECT_SHOWN("\033[4haaaaaaaaaabbbbbbbbbbcd", "aaaaaaaaaabbbbbbbbbb|cd");
    EXPECT_SHOWN("ab\033[4h\033[!p\rx", "xb");
    EXPECT_SHOWN("ab\033[?4h\rx", "xb"); /* another mode */
}

TEST(terminal, origin_mode_counts_from_the_region)
{
    EXPECT_SHOWN("\033[2;4r\033[?6ha\033[2;3Hb\033[99;1Hc", "|a|  b|c");
    EXPECT_SHOWN("\033[2;4r\033[?6h\033[9dx\033[Ay\033[99By\033[99Az", "|   z| y|x y");
    EXPECT_SHOWN("\033[?6h\033[3;5rx", "||x");
    EXPECT_SHOWN("\033[2;4r\033[?6hx\033[?6ly", "y|x");
    EXPECT_SHOWN("\033[6;1H\0337\033[2;4r\033[?6h\0338x", "|||x");
    EXPECT_SHOWN("\033[2;4r\033[?6h\033[!p\033[6;1Hx", "|||||x");
}

TEST(terminal, the_alignment_pattern_fills_the_screen)
{
    screen_begin("ab\033[44;7m\033#8c");
    EXPECT_EQ(screen_sign(screen_display.cells[0]), 'E');
    EXPECT_EQ(screen_sign(screen_display.cells[2]), 'c');
    EXPECT_EQ(screen_sign(screen_display.cells[ROWS * COLUMNS - 1]), 'E');
    EXPECT_EQ(screen_colours(0, 0), 0x17);
    EXPECT(fake_display_agrees(&screen_display, &screen_terminal.grid));
    EXPECT_SHOWN("\033#8\033[Jx", "x");
}

/* Returns the code point in the first row's cell. */
static unsigned code_at(unsigned column)
{
    return screen_display.cells[column] & CELL_CODE;
}

TEST(terminal, line_drawing_replaces_letters)
{
    screen_begin("q\033)0q\016qx~A\u00e4\017q");
    static const unsigned expected[] = {'q', 'q', 0x2500, 0x2502, 0xb7, 'A', 0xe4, 'q'};
    for (unsigned i = 0; i < ARRAY_SIZE(expected); i++)
        EXPECT_EQ(code_at(i), expected[i]);
    screen_begin("\033(0lqk\033(Bl\033(0\0337\033(B\0338l\033[!pl");
    static const unsigned box[] = {0x250c, 0x2500, 0x2510, 'l', 0x250c, 'l'};
    for (unsigned i = 0; i < ARRAY_SIZE(box); i++)
        EXPECT_EQ(code_at(i), box[i]);
    EXPECT_SHOWN("\033(0\033)0\016\033cl", "l");
}

TEST(terminal, the_cursor_is_hidden_and_shown)
{
    screen_begin("x\033[?25l");
    EXPECT(!screen_display.cursor_visible);
    screen_feed("\033[?25h");
    EXPECT(screen_display.cursor_visible);
    EXPECT_EQ(screen_display.flushes, 3); /* once for the start and for each piece of text */
}

TEST(terminal, resets_undo_what_was_set)
{
    EXPECT_SHOWN("abc\033[?7l\033[2;3r\033[5;5H\033cx", "x");
    EXPECT_SHOWN("\033[2;3r\033[?7l\033[?25l\033[41mab\033[!pc\033[6;1H\nx", "|||||x");
    EXPECT_EQ(screen_colours(5, 0), 0x07);
    EXPECT(screen_display.cursor_visible);
}

static char answers[64];

static void take_answer(void *context, const char *text, size_t length)
{
    (void)context;
    strncat(answers, text, length);
}

TEST(terminal, reports_are_answered)
{
    screen_begin("");
    screen_terminal.answer = take_answer;
    answers[0] = '\0';
    screen_feed("\033[c\033[5n\033[3;7H\033[6n\033[1;99H\033[6n\033[7n\033[>c");
    EXPECT_STR(answers, "\033[?6c\033[0n\033[3;7R\033[1;20R");
    answers[0] = '\0';
    screen_feed("\033[2;4r\033[?6h\033[2;5H\033[6n");
    EXPECT_STR(answers, "\033[2;5R"); /* in origin mode, too, where a program has put it */
}

TEST(terminal, utf8_is_decoded)
{
    EXPECT_SHOWN("a\u00e4\u20acb", "a##b");
    EXPECT_SHOWN("e\u0301x", "ex"); /* a cell has no room for a combining mark */
    EXPECT_SHOWN("a\xc3z\xffz\xe0\x80z", "a?z?z??z");
    EXPECT_SHOWN("a\xc3\nb", "a?|b");
    EXPECT_SHOWN("a\xc3\033[1Cb", "a? b");
    EXPECT_SHOWN("a\xc2\x85\xc2\x9bmb", "amb");
    screen_begin("\xe2\x82");
    screen_feed("\xac");
    EXPECT_EQ(grid_cell(&screen_terminal.grid, 0, 0) & CELL_CODE, 0x20ac);
}

TEST(terminal, wide_characters_take_two_cells)
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
