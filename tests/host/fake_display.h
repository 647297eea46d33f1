/*
 * A display in memory, which asserts that its caller keeps the contract of lib/terminal_display.h.
 */
#ifndef TESTS_HOST_FAKE_DISPLAY_H
#define TESTS_HOST_FAKE_DISPLAY_H

#include <lib/terminal.h>

enum { FAKE_MAX_CELLS = 80 * 60 };

struct fake_display {
    struct terminal_display display;
    terminal_cell_t cells[FAKE_MAX_CELLS];
    unsigned cursor_row, cursor_column;
    bool cursor_visible;
    uint32_t palette[16]; /* that was set last; zeros at first */
    unsigned flushes;
    unsigned calls, call_of_interest;
    void (*hook)(struct fake_display *fake); /* at the start of each call; NULL: none */
};

/* Without `scrolls`, the display has no function for it. */
void fake_display_init(struct fake_display *fake, unsigned rows, unsigned columns, bool scrolls);

/* Returns a cell of the grid's screen, also while the view shows history. */
terminal_cell_t grid_cell(const struct grid *grid, unsigned row, unsigned column);

/* Does the display show exactly the cells of the grid's screen? */
bool fake_display_agrees(const struct fake_display *fake, const struct grid *grid);

#endif
