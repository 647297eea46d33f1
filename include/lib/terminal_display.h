/*
 * The interface between a terminal, which interprets text, and a display's driver, which draws
 * characters on the screen.
 */
#ifndef LIB_TERMINAL_DISPLAY_H
#define LIB_TERMINAL_DISPLAY_H

#include <types.h>

/* A cell: the code point in bits 0-20; bit 21 for the right half of a wide character (whose code
 * point stands in both halves); the foreground in bits 24-27, the background in bits 28-31, in the
 * VGA's order of the 16 colours. */
typedef uint32_t terminal_cell_t;

enum terminal_cell_bits {
    CELL_CODE = 0x1fffff,
    CELL_RIGHT_HALF = 1 << 21,
    CELL_FOREGROUND_SHIFT = 24,
    CELL_BACKGROUND_SHIFT = 28,
};

#define CELL_COLOURS(foreground, background)                                                \
    ((terminal_cell_t)(foreground) << CELL_FOREGROUND_SHIFT | (terminal_cell_t)(background) \
                                                                  << CELL_BACKGROUND_SHIFT)
#define CELL_COLOURS_MASK 0xff000000u

/* The VGA's order. */
enum colour {
    BLACK,
    BLUE,
    GREEN,
    CYAN,
    RED,
    MAGENTA,
    BROWN, /* its bright form is yellow */
    LIGHT_GREY,
    BRIGHT, /* added to one of the above */
};

/* The driver embeds this struct and fills it in. Callers pass places on the display only: row <
 * rows, column < columns, and column + count <= columns except to fill(). They call in a task,
 * during set-up, or in a panic that may have interrupted any of these functions. So the driver's
 * state is usable at every moment, and no function waits without a limit. */
struct terminal_display {
    unsigned rows, columns; /* at least 1 row of 2 columns, at most TERMINAL_MAX_COLUMNS */

    /* Draws `count` cells from (row, column) on. */
    void (*draw)(struct terminal_display *display, unsigned row, unsigned column,
                 const terminal_cell_t *cells, unsigned count);

    /* Draws the same cell `count` times. At the end of a row it goes on in the next one, but never
     * beyond the last row; so one call can blank the screen. */
    void (*fill)(struct terminal_display *display, unsigned row, unsigned column,
                 terminal_cell_t cell, unsigned count);

    /* Draws a run of printable ASCII in one pair of colours (CELL_COLOURS): nearly all output. */
    void (*draw_ascii)(struct terminal_display *display, unsigned row, unsigned column,
                       const char *text, unsigned count, terminal_cell_t colours);

    /* Moves the whole picture up by 1 <= `lines` <= rows. The new rows at the foot are undefined;
     * the caller draws them before it calls flush(). NULL: the display cannot scroll, and the
     * caller draws all rows again. */
    void (*scroll)(struct terminal_display *display, unsigned lines);

    /* Ends a piece of output: sets the cursor's place, and whether it is visible. A display that
     * collects changes draws them now. */
    void (*flush)(struct terminal_display *display, unsigned row, unsigned column,
                  bool cursor_visible);

    /* Shows the 16 colours, in the VGA's order, as these from now on, each 0xrrggbb; flush()
     * follows. NULL: the colours stay as they are. */
    void (*set_palette)(struct terminal_display *display, const uint32_t colours[16]);
};

enum { TERMINAL_MAX_COLUMNS = 512 };

/* Makes a display of that size that shows nothing, for a terminal that is hidden. */
void terminal_display_init_hidden(struct terminal_display *display, unsigned rows,
                                  unsigned columns);

#endif
