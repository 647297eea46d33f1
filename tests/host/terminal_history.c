/*
 * What a terminal keeps beside its rows: the lines that have left the screen, and the other screen.
 */
#include <stdlib.h>
#include <string.h>

#include "small_screen.h"

TEST(terminal, the_other_screen_leaves_the_first_as_it_is)
{
    screen_begin("");
    screen_write_lines(9);
    screen_feed("\033[?1049h");
    EXPECT_STR(screen_text(), "");
    EXPECT_EQ(screen_terminal.grid.history, 3 + ROWS);
    screen_feed("\033[H");
    screen_write_lines(8); /* what leaves this screen is gone */
    EXPECT_STR(screen_text(), "3|4|5|6|7|8");
    screen_feed("\033[?1049h\033[?1049l");
    EXPECT_STR(screen_text(), "4|5|6|7|8|9");
    screen_feed("x");
    EXPECT_STR(screen_text(), "4|5|6|7|8|9x"); /* the cursor is back, too */
    terminal_view(&screen_terminal, 3);
    EXPECT_STR(screen_text(), "1|2|3|4|5|6");
    screen_feed("\033[?47ha\033[3J\033[?1047lb");
    EXPECT_STR(screen_text(), "4|5|6|7|8|9x b");
    EXPECT_SHOWN("abc\033[?1049h\033[2Jx\033cy", "y");
}

TEST(terminal, the_view_goes_back_and_returns)
{
    screen_begin("");
    screen_write_lines(9);
    EXPECT_STR(screen_text(), "4|5|6|7|8|9");
    terminal_view(&screen_terminal, 2);
    EXPECT_STR(screen_text(), "2|3|4|5|6|7");
    EXPECT(!screen_display.cursor_visible);
    terminal_view(&screen_terminal, 99);
    EXPECT_STR(screen_text(), "1|2|3|4|5|6");
    terminal_view(&screen_terminal, -1);
    EXPECT_STR(screen_text(), "2|3|4|5|6|7");
    terminal_view(&screen_terminal, -99);
    EXPECT_STR(screen_text(), "4|5|6|7|8|9");
    EXPECT(screen_display.cursor_visible);
    terminal_view(&screen_terminal, 3);
    screen_feed("x");
    EXPECT_STR(screen_text(), "4|5|6|7|8|9x");
    screen_feed("\033[3J");
    terminal_view(&screen_terminal, 3);
    EXPECT_STR(screen_text(), "4|5|6|7|8|9x");
}

TEST(terminal, the_oldest_lines_are_forgotten)
{
    screen_begin("");
    screen_write_lines(1234);
    terminal_view(&screen_terminal, 99);
    EXPECT_STR(screen_text(), "9|0|1|2|3|4"); /* 1219 to 1224: 16 rows in all */
    EXPECT_EQ(screen_terminal.grid.view, HISTORY);
}

TEST(terminal, a_move_to_larger_memory_keeps_the_lines)
{
    static uint64_t larger[GRID_SIZE(100, COLUMNS) / 8];
    for (unsigned lines = 1; lines < 40; lines++) {
        screen_begin("");
        screen_write_lines(lines);
        memset(larger, 0xa5, sizeof(larger));
        EXPECT_EQ(grid_move(&screen_terminal.grid, larger, sizeof(larger)), OK);
        memset(screen_storage, 0xa5, sizeof(screen_storage));
        EXPECT(fake_display_agrees(&screen_display, &screen_terminal.grid));
        EXPECT_EQ(screen_terminal.grid.history,
                  MIN(MAX(lines, (unsigned)ROWS) - ROWS, (unsigned)HISTORY));
        screen_feed("\n");
        screen_write_lines(95);
        terminal_view(&screen_terminal, 1000);
        terminal_view(&screen_terminal, -1000);
        EXPECT(fake_display_agrees(&screen_display, &screen_terminal.grid));
        EXPECT_EQ(screen_terminal.grid.history, MIN(MIN(lines, 16u) + 95 - ROWS, 94u));
    }
    terminal_view(&screen_terminal, 50);
    EXPECT_EQ(grid_move(&screen_terminal.grid, screen_storage, GRID_SIZE(ROWS - 1, COLUMNS)),
              ERROR_FULL);
    EXPECT_EQ(grid_move(&screen_terminal.grid, screen_storage, GRID_SIZE(ROWS, COLUMNS)), OK);
    EXPECT(fake_display_agrees(&screen_display,
                               &screen_terminal.grid)); /* the view has returned to the screen */
}

TEST(terminal, refuses_what_it_cannot_hold)
{
    fake_display_init(&screen_display, ROWS, COLUMNS, true);
    EXPECT_EQ(terminal_init(&screen_terminal, &screen_display.display, screen_storage,
                            GRID_SIZE(ROWS, COLUMNS) - 1),
              ERROR_FULL);
    EXPECT_EQ(terminal_init(&screen_terminal, &screen_display.display, screen_storage,
                            GRID_SIZE(ROWS, COLUMNS)),
              OK);
    screen_display.display.columns = TERMINAL_MAX_COLUMNS + 1;
    EXPECT_EQ(terminal_init(&screen_terminal, &screen_display.display, screen_storage, SIZE_MAX),
              ERROR_INVALID);
    screen_display.display.columns = 1;
    EXPECT_EQ(terminal_init(&screen_terminal, &screen_display.display, screen_storage, SIZE_MAX),
              ERROR_INVALID);
}

/* Random text, rich in sequences, on a display that can scroll and on one that cannot. */
TEST(terminal, any_display_shows_the_same)
{
    static const char alphabet[] =
        "ab \n\r\b\t\033\033\033[[[[;0123456789?mHJKABCDLMPST@Xr78Mc\xe4\xb8\xad";
    static struct fake_display simple;
    static struct terminal second;
    static uint64_t second_storage[GRID_SIZE(ROWS + HISTORY, COLUMNS) / 8];
    screen_begin("");
    fake_display_init(&simple, ROWS, COLUMNS, false);
    terminal_init(&second, &simple.display, second_storage, sizeof(second_storage));
    srand(6);
    for (unsigned round = 0; round < 200000; round++) {
        char text[8];
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = alphabet[(unsigned)rand() % (sizeof(alphabet) - 1)];
        terminal_write(&screen_terminal, text, sizeof(text));
        terminal_write(&second, text, sizeof(text));
        if (round % 16)
            continue;
        EXPECT(fake_display_agrees(&screen_display, &screen_terminal.grid));
        EXPECT(fake_display_agrees(&simple, &screen_terminal.grid));
    }
}
