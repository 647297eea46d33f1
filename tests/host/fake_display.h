/*
 * A display that keeps what it shows, and notices what a terminal may not do to it.
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
    unsigned flushes;
    unsigned calls, call_of_interest;
    void (*hook)(struct fake_display *fake); /* at the start of each call; NULL: none */
};

/* `scrolls`: it can, as it need not. */
void fake_display_init(struct fake_display *fake, unsigned rows, unsigned columns, bool scrolls);

/* The cell at a place of the screen (not of the view). */
terminal_cell_t grid_cell(const struct grid *grid, unsigned row, unsigned column);

/* Does it show exactly what the grid holds? */
bool fake_display_agrees(const struct fake_display *fake, const struct grid *grid);

#endif
