/*
 * Printed text is in the screen's cells. These tests read video memory back.
 */
#include <io.h>
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <kernel/log/panic.h>
#include <layout.h>
#include <lib/format.h>
#include <lib/string.h>

#include "../test.h"

enum { COLUMNS = 80, ROWS = 25, CELLS = 0xb8000, CRTC = 0x3d4 };

static unsigned crtc_read(uint8_t index)
{
    outb(CRTC, index);
    return inb(CRTC + 1);
}

/* The screen begins where the CRT controller's start address says. */
static unsigned screen_start(void)
{
    return crtc_read(0x0c) << 8 | crtc_read(0x0d);
}

static uint16_t cell(unsigned row, unsigned column)
{
    const volatile uint16_t *cells = phys_to_virt(CELLS);
    return cells[screen_start() + row * COLUMNS + column];
}

/* A row as a string, blanks at its end cut off. */
static const char *row_text(unsigned row)
{
    static char text[COLUMNS + 1];
    size_t length = 0;
    for (unsigned column = 0; column < COLUMNS; column++) {
        text[column] = (char)cell(row, column);
        if (text[column] != ' ')
            length = column + 1;
    }
    text[length] = '\0';
    return text;
}

static void print(const char *text)
{
    console_write(text, strlen(text));
}

static void clear(void)
{
    print("\033[0m\033[2J\033[H\r");
}

TEST(console, a_line_is_in_the_cells)
{
    clear();
    print("Hello World!\n");
    EXPECT_STR(row_text(0), "Hello World!");
    EXPECT_STR(row_text(1), "");
}

/* Post 4: 200 lines do not run off the screen. */
TEST(console, two_hundred_lines_scroll)
{
    clear();
    for (unsigned i = 1; i <= 200; i++)
        console_printf("line %u\n", i);
    char expected[16];
    for (unsigned row = 0; row < ROWS - 1; row++) {
        snprintf(expected, sizeof(expected), "line %u", 200 - (ROWS - 2) + row);
        EXPECT_STR(row_text(row), expected);
    }
    EXPECT_STR(row_text(ROWS - 1), "");
}

TEST(console, wraps_at_the_last_column)
{
    clear();
    for (unsigned i = 0; i < COLUMNS; i++)
        print("x");
    EXPECT_STR(row_text(1), "");
    print("y");
    EXPECT_STR(row_text(1), "y");
    EXPECT_EQ(cell(0, COLUMNS - 1) & 0xff, 'x');
}

TEST(console, a_full_line_and_its_end_make_no_empty_line)
{
    clear();
    for (unsigned i = 0; i < COLUMNS; i++)
        print("x");
    print("\nnext");
    EXPECT_STR(row_text(1), "next");
}

TEST(console, unshowable_becomes_a_block)
{
    clear();
    print("a\x01\xc3z");
    EXPECT_EQ(cell(0, 0) & 0xff, 'a');
    EXPECT_EQ(cell(0, 1) & 0xff, 0xfe);
    EXPECT_EQ(cell(0, 2) & 0xff, 'z');
}

TEST(console, sixteen_colours_are_attributes)
{
    static const uint8_t vga[8] = {0, 4, 2, 6, 1, 5, 3, 7};
    clear();
    for (unsigned i = 0; i < 8; i++)
        console_printf("\033[%u;%umx\033[%u;%umy", 30 + i, 40 + (7 - i), 90 + i, 100 + (7 - i));
    print("\033[0mz");
    for (unsigned i = 0; i < 8; i++) {
        EXPECT_EQ(cell(0, 2 * i), (uint16_t)(vga[7 - i] << 12 | vga[i] << 8 | 'x'));
        EXPECT_EQ(cell(0, 2 * i + 1), (uint16_t)((vga[7 - i] | 8) << 12 | (vga[i] | 8) << 8 | 'y'));
    }
    EXPECT_EQ(cell(0, 16), 0x0700 | 'z');
}

TEST(console, sequences_move_the_cursor_and_erase)
{
    clear();
    print("abcdef\rX\033[2CY\033[1DZ\b\bW");
    EXPECT_STR(row_text(0), "XbWZef");
    print("\033[3;5Hhere\033[1Aup\033[99Ddone\033[K");
    EXPECT_STR(row_text(2), "    here");
    EXPECT_STR(row_text(1), "done");
    print("\033[1;3H\033[J");
    EXPECT_STR(row_text(0), "Xb");
    EXPECT_STR(row_text(2), "");
    print("a\tb");
    EXPECT_STR(row_text(0), "Xba     b");
}

/* No sequence may lead outside of the cells: the row above and the rows below stay as they are. */
TEST(console, positions_are_kept_on_the_screen)
{
    clear();
    print("\033[999;999Hq\033[999B\033[999Cr\033[999A\033[999Dp");
    EXPECT_EQ(cell(ROWS - 1, COLUMNS - 1) & 0xff, 'r');
    EXPECT_EQ(cell(0, 0) & 0xff, 'p');
}

/* The CRT controller's cursor, as a cell of the screen; ROWS * COLUMNS and more: it is not there.
 */
static unsigned cursor(void)
{
    return (crtc_read(0x0e) << 8 | crtc_read(0x0f)) - screen_start();
}

TEST(console, the_hardware_cursor_follows)
{
    clear();
    print("\033[3;5Hab");
    EXPECT_EQ(cursor(), 2 * COLUMNS + 6);
    for (unsigned i = 0; i < 300; i++)
        print("\n");
    EXPECT_EQ(cursor(), (ROWS - 1) * COLUMNS);
    print("\033[?25l");
    EXPECT(crtc_read(0x0a) & 0x20);
    print("\033[?25h");
    EXPECT(!(crtc_read(0x0a) & 0x20));
}

/* Bit 7 of an attribute is the background's, not a blink: bit 3 of the attribute controller's mode.
 */
TEST(console, bright_backgrounds_do_not_blink)
{
    enum { INPUT_STATUS = 0x3da, WRITE = 0x3c0, READ = 0x3c1, MODE = 0x10, PALETTE_IN_USE = 0x20 };
    inb(INPUT_STATUS);
    outb(WRITE, MODE | PALETTE_IN_USE);
    EXPECT(!(inb(READ) & 0x08));
}

TEST(console, characters_are_those_of_code_page_437)
{
    clear();
    print("\u00e4\u2500\u2588\u263a\u4e2dx");
    EXPECT_EQ(cell(0, 0) & 0xff, 0x84);
    EXPECT_EQ(cell(0, 1) & 0xff, 0xc4);
    EXPECT_EQ(cell(0, 2) & 0xff, 0xdb);
    EXPECT_EQ(cell(0, 3) & 0xff, 0x01);
    EXPECT_EQ(cell(0, 4) & 0xff, 0xfe); /* a wide character: a block and a blank */
    EXPECT_EQ(cell(0, 5) & 0xff, ' ');
    EXPECT_EQ(cell(0, 6) & 0xff, 'x');
}

/* Text mode has 32 KiB of video memory, and the screen is never beyond its end. Each line is
 * distinct, so that one copied wrongly there shows. */
TEST(console, many_screens_scroll_through_video_memory)
{
    clear();
    for (unsigned i = 1; i <= 1000; i++) {
        console_printf("%u\n", i);
        char expected[16];
        EXPECT(screen_start() + ROWS * COLUMNS <= 16384);
        unsigned first = i < ROWS ? 1 : i - (ROWS - 2);
        snprintf(expected, sizeof(expected), "%u", first);
        EXPECT_STR(row_text(0), expected);
        snprintf(expected, sizeof(expected), "%u", i);
        EXPECT_STR(row_text(MIN(i, ROWS - 1u) - 1), expected);
    }
}

TEST(console, log_lines_have_time_and_text)
{
    clear();
    log_info("test: a line");
    const char *line = row_text(0);
    EXPECT_EQ(line[0], '[');
    EXPECT_EQ(line[5], '.');
    EXPECT_STR(line + 12, "] test: a line");
}

TEST(console, a_log_line_that_is_too_long_is_cut)
{
    clear();
    char text[2 * LOG_TEXT];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    log_info("%s", text);
    const char *last = row_text(3);
    size_t length = strlen(last);
    EXPECT(length > 4);
    EXPECT_STR(last + length - 4, "x...");
    EXPECT_STR(row_text(4), "");
}

/* tests/e2e/console.py looks at the screen. */
TEST_PANIC(console_panic, in_the_midst_of_a_sequence,
           "run__console_panic__in_the_midst_of_a_sequence", "PANIC: the report")
{
    print("\033[5;6r\033[?7l\033[8;30;40m\033]0;a title without an end ");
    PANIC("the report");
}

/* A sink that keeps what it is given. When one write was kept that began a line, the next sink
 * shows that it is drained. */
static unsigned writes_kept;
static bool in_line, was_in_line;

static void keep(struct console_sink *sink, const char *text, size_t length)
{
    (void)sink;
    writes_kept++;
    was_in_line = in_line;
    in_line = text[length - 1] != '\n';
}

static void tell(struct console_sink *sink)
{
    static const char line[] = "drained\n";
    if (writes_kept == 1 && !was_in_line)
        sink->next->write(sink->next, line, sizeof(line) - 1);
    writes_kept = 0;
}

/* Once the system has stopped, a sink shows nothing by itself: it is drained after each write. */
TEST_PANIC(console_drain, in_a_panic, "run__console_drain__in_a_panic", "PANIC: the report",
           "drained")
{
    static struct console_sink sink = {.write = keep, .drain = tell};
    console_add_sink(&sink);
    PANIC("the report");
}
