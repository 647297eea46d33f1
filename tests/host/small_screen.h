/*
 * A terminal of 6 rows of 20 columns on a fake display, and what it shows as text.
 */
#ifndef TESTS_HOST_SMALL_SCREEN_H
#define TESTS_HOST_SMALL_SCREEN_H

#include "../test.h"
#include "fake_display.h"

enum { ROWS = 6, COLUMNS = 20, HISTORY = 10 };

extern struct fake_display screen_display;
extern struct terminal screen_terminal;
extern uint64_t screen_storage[GRID_SIZE(ROWS + HISTORY, COLUMNS) / 8];

/* Resets the terminal and writes `text`. */
void screen_begin(const char *text);

/* Writes `text`. Lines end with LF alone, as the kernel's do. */
void screen_feed(const char *text);

/* Writes lines 1 to `count`, each its number's last digit, the last one without a line feed. */
void screen_write_lines(unsigned count);

/* Returns the display's rows with a | between them, without the blanks at their ends and the blank
 * rows at the foot. Where the display differs from the grid, the text says so instead. */
const char *screen_text(void);

/* Returns ASCII as it is, < and > for the halves of a wide character, ? for U+FFFD, # for others.
 */
char screen_sign(terminal_cell_t cell);

/* Returns the colours of a cell as a VGA attribute: foreground in the low four bits, background
 * above. */
unsigned screen_colours(unsigned row, unsigned column);

/* Resets the terminal, writes `text`, and compares the display. */
#define EXPECT_SHOWN(text, expected)         \
    do {                                     \
        screen_begin(text);                  \
        EXPECT_STR(screen_text(), expected); \
    } while (0)

#endif
