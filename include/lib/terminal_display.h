/*
 * What a terminal draws on: the floor between lib/terminal, which knows what the text means, and a
 * driver, which knows how a character gets onto the glass.
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

/* The driver embeds it and fills it in. All of it is called with every place on the display, 0 <=
 * row < rows, column < columns, and except by fill() column + count <= columns, in a task or during
 * set-up, or in a panic that may have interrupted any of these calls: a driver's state has to be
 * usable at every moment, and no call may wait without a limit. */
struct terminal_display {
    unsigned rows, columns; /* at least 1 row of 2 columns, at most TERMINAL_MAX_COLUMNS */

    /* Shows `count` cells from (row, column) on. */
    void (*draw)(struct terminal_display *display, unsigned row, unsigned column,
                 const terminal_cell_t *cells, unsigned count);

    /* Shows `count` times the same cell. What does not fit into the row goes on in the ones below,
     * so that a screen is blanked at once; it never goes beyond the last row. */
    void (*fill)(struct terminal_display *display, unsigned row, unsigned column,
                 terminal_cell_t cell, unsigned count);

    /* Shows a run of printable ASCII in one pair of colours (CELL_COLOURS): what is printed most.
     */
    void (*draw_ascii)(struct terminal_display *display, unsigned row, unsigned column,
                       const char *text, unsigned count, terminal_cell_t colours);

    /* Moves the whole picture up by 1 <= `lines` <= rows; what the new rows at the foot show is
     * undefined until they are drawn, which happens before the next flush(). NULL: the display
     * cannot, and all rows are drawn anew. */
    void (*scroll)(struct terminal_display *display, unsigned lines);

    /* The end of a piece of output: the place of the cursor, and whether it is to be seen. A
     * display that gathers changes shows them now. */
    void (*flush)(struct terminal_display *display, unsigned row, unsigned column,
                  bool cursor_visible);
};

enum { TERMINAL_MAX_COLUMNS = 512 };

#endif
