/*
 * The cells of a terminal, kept in RAM, and their picture on a display. The rows lie in a ring:
 * when the screen scrolls, its top row stays behind as history, and the oldest row of the history
 * makes room for the new one. A row knows how many of its cells have been written; the others look
 * like its `fill`, so blanking a row, or a screen, is a matter of a few words and nothing has to be
 * cleared in advance.
 *
 * The display always shows what the grid holds: each function draws what it changes.
 *
 * For one task at a time. A panic may interrupt any of it and write to the grid all the same, but
 * for the few instructions in which grid_move() changes from one memory to the other.
 */
#ifndef LIB_GRID_H
#define LIB_GRID_H

#include <error.h>
#include <lib/terminal_display.h>

struct grid_row {
    terminal_cell_t fill;    /* what the cells from `used` on look like */
    terminal_cell_t colours; /* of a row that is text */
    uint16_t used;
    bool is_text; /* all that is written is ASCII in one pair of colours: a byte for each cell */
    terminal_cell_t cells[];
};

struct grid {
    struct terminal_display *display;
    unsigned rows, columns;
    uint8_t *memory;
    uint32_t stride;   /* bytes from one row to the next */
    unsigned capacity; /* rows in the ring, >= rows */
    unsigned top;      /* the ring's row that is the screen's first */
    unsigned history;  /* rows before it that can be looked at, <= capacity - rows */
    unsigned view;     /* how many rows the display is behind; <= history */
};

/* The bytes that so many rows take. */
#define GRID_STRIDE(columns) \
    ALIGN_UP(sizeof(struct grid_row) + sizeof(terminal_cell_t) * (columns), 8)
#define GRID_SIZE(rows, columns) ((rows)*GRID_STRIDE(columns))

/* Makes a blank screen in `size` bytes of memory aligned to 8, which need not be cleared; what is
 * left over becomes history. ERROR_FULL when they do not hold the display's rows. */
enum error grid_init(struct grid *grid, struct terminal_display *display, terminal_cell_t blank,
                     void *memory, size_t size);

/* Moves rows and history to another memory, the newest ones if that is smaller; the old one is the
 * caller's again. ERROR_FULL, and nothing changed, when it does not hold the rows of the screen. */
enum error grid_move(struct grid *grid, void *memory, size_t size);

/* Writes `count` cells from (row, column) on; they fit into the row. A wide character that loses
 * one half loses the other too. */
void grid_put(struct grid *grid, unsigned row, unsigned column, const terminal_cell_t *cells,
              unsigned count);

/* The same for text whose first character is printable ASCII: writes what is, up to what is not, as
 * far as the row has room (at least one column). Returns how many. */
unsigned grid_put_ascii(struct grid *grid, unsigned row, unsigned column, const char *text,
                        size_t length, terminal_cell_t colours);

/* Blanks the columns from `from` up to, not including, `to` <= columns. */
void grid_erase(struct grid *grid, unsigned row, unsigned from, unsigned to, terminal_cell_t blank);

/* Shifts the rest of a row, from `column` on, to the right or to the left; what comes free is
 * blank. */
void grid_insert(struct grid *grid, unsigned row, unsigned column, unsigned count,
                 terminal_cell_t blank);
void grid_delete(struct grid *grid, unsigned row, unsigned column, unsigned count,
                 terminal_cell_t blank);

/* Moves the rows from `top` up to, not including, `bottom` > `top` by any number of lines but 0;
 * what comes free is blank. When the whole screen moves up, what leaves it becomes history. */
void grid_scroll_up(struct grid *grid, unsigned top, unsigned bottom, unsigned lines,
                    terminal_cell_t blank);
void grid_scroll_down(struct grid *grid, unsigned top, unsigned bottom, unsigned lines,
                      terminal_cell_t blank);

/* Moves the view: back into the history by `lines`, or forward when they are negative, as far as
 * there is something. */
void grid_move_view(struct grid *grid, int lines);

/* Drops what can be looked at besides the screen, which the view must be at. */
void grid_forget_history(struct grid *grid);

#endif
