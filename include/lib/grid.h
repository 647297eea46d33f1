/*
 * A terminal's cells, in RAM and on a display. The rows lie in a ring. When the screen scrolls, its
 * top row becomes history, and the new row at the foot takes the place of the oldest one. A row
 * records how many of its cells are written; the others are equal to its `fill`. So blanking a row
 * takes a few stores, and the memory need not be cleared in advance.
 *
 * Each function draws the cells that it changes, so the display always agrees with the grid.
 *
 * For one task at a time. A panic may interrupt any function here and write to the grid all the
 * same, except in the few instructions in which grid_move() changes the memory.
 */
#ifndef LIB_GRID_H
#define LIB_GRID_H

#include <error.h>
#include <lib/terminal_display.h>

struct grid_row {
    terminal_cell_t fill;    /* the cells from column `used` on */
    terminal_cell_t colours; /* of all cells before `used`, if the row is text */
    uint16_t used;           /* how many cells are written; <= columns */
    bool is_text; /* `cells` holds a byte of ASCII for each cell, as most rows are text */
    terminal_cell_t cells[];
};

struct grid {
    struct terminal_display *display;
    unsigned rows, columns; /* the display's */
    uint8_t *memory;        /* the ring */
    uint32_t stride;        /* bytes from one row to the next */
    unsigned capacity;      /* rows in the ring; >= rows */
    unsigned top;           /* the ring's row that is the screen's first; < capacity */
    unsigned history;       /* rows of history before it; <= capacity - rows */
    unsigned view;          /* how many rows before `top` the display begins; <= history */
    bool alternate;         /* the history's last rows are the first screen; it does not grow */
};

/* The bytes of memory for so many rows. */
#define GRID_STRIDE(columns) \
    ALIGN_UP(sizeof(struct grid_row) + sizeof(terminal_cell_t) * (columns), 8)
#define GRID_SIZE(rows, columns) ((rows)*GRID_STRIDE(columns))

/* Makes a blank screen in `size` bytes of memory, aligned to 8, which need not be cleared. Room for
 * more than the display's rows becomes history. ERROR_FULL when those do not fit. */
enum error grid_init(struct grid *grid, struct terminal_display *display, terminal_cell_t blank,
                     void *memory, size_t size);

/* Moves the screen and the history to other memory; if that is smaller, the oldest rows are lost.
 * The old memory is the caller's again. ERROR_FULL, with no change, when the screen does not fit.
 */
enum error grid_move(struct grid *grid, void *memory, size_t size);

/* Writes `count` cells from (row, column) on; they fit into the row. When one half of a wide
 * character is overwritten, the other half becomes blank. */
void grid_put(struct grid *grid, unsigned row, unsigned column, const terminal_cell_t *cells,
              unsigned count);

/* Writes the printable ASCII at the start of `text`, as far as the row has room; there is at least
 * one such character, and room for it. Returns how many it was. */
unsigned grid_put_ascii(struct grid *grid, unsigned row, unsigned column, const char *text,
                        size_t length, terminal_cell_t colours);

/* Blanks the columns from `from` up to, not including, `to` <= columns. */
void grid_erase(struct grid *grid, unsigned row, unsigned from, unsigned to, terminal_cell_t blank);

/* Shifts the rest of a row, from `column` on, to the right or to the left by `count` cells. The
 * cells that become free are blank. */
void grid_insert(struct grid *grid, unsigned row, unsigned column, unsigned count,
                 terminal_cell_t blank);
void grid_delete(struct grid *grid, unsigned row, unsigned column, unsigned count,
                 terminal_cell_t blank);

/* Moves the rows from `top` up to, not including, `bottom` > `top` by `lines` > 0. The rows that
 * become free are blank. When the whole screen moves up, the rows that leave it become history. */
void grid_scroll_up(struct grid *grid, unsigned top, unsigned bottom, unsigned lines,
                    terminal_cell_t blank);
void grid_scroll_down(struct grid *grid, unsigned top, unsigned bottom, unsigned lines,
                      terminal_cell_t blank);

/* Moves the view into the history by `lines`, or towards the screen if they are negative, as far as
 * there are rows. */
void grid_move_view(struct grid *grid, int lines);

/* Changes to another display of the same size, and draws everything there. */
void grid_use_display(struct grid *grid, struct terminal_display *display);

/* The first function puts the screen aside and begins another one, which is blank and has no
 * history. The second one shows the first screen again. Neither has an effect if its screen is
 * shown already, nor if there is no memory for a second screen. */
void grid_begin_alternate(struct grid *grid, terminal_cell_t blank);
void grid_end_alternate(struct grid *grid);

/* Exchanges foreground and background of the whole screen; a bright one stays in its place. */
void grid_exchange_colours(struct grid *grid);

/* The same for a cell. */
static inline terminal_cell_t cell_exchange_colours(terminal_cell_t cell)
{
    uint32_t bits = (cell >> CELL_FOREGROUND_SHIFT ^ cell >> CELL_BACKGROUND_SHIFT) & (BRIGHT - 1);
    return cell ^ (bits << CELL_FOREGROUND_SHIFT | bits << CELL_BACKGROUND_SHIFT);
}

/* Drops the history. The view shows the screen. */
void grid_forget_history(struct grid *grid);

#endif
