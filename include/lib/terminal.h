/*
 * A terminal: takes bytes as a program writes them, UTF-8 and the control sequences of ECMA-48
 * (those that xterm and the Linux console know as well), and keeps the screen that they make in a
 * grid of cells, shown on a display.
 *
 * C0: BS HT LF VT FF CR; LF begins a new line, as if CR came before it. ESC: 7 8 (save, restore) D
 * M E (index, reverse index, next line) H (set tab) c (reset). CSI: A B C D E F G H I Z a d e f `
 * (cursor) J K X (erase) @ P L M (insert, delete) S T (scroll) g (tabs) m (colours) r (scroll
 * region) s u (save, restore) c n (reports), ?7 and ?25 h l (autowrap, cursor). Everything else is
 * understood as far as to be passed over whole.
 *
 * A character that fills the last column leaves the cursor there; the next one begins the next
 * line.
 *
 * Pure: knows no hardware and allocates nothing. For one task at a time; a panic may interrupt it
 * and write all the same.
 */
#ifndef LIB_TERMINAL_H
#define LIB_TERMINAL_H

#include <lib/ecma48.h>
#include <lib/grid.h>
#include <lib/terminal_pen.h>
#include <lib/utf8.h>

struct terminal_cursor {
    unsigned row;
    unsigned column; /* == columns: the row is full, and the next character wraps */
    struct terminal_pen pen;
};

struct terminal {
    struct grid grid;
    struct terminal_cursor cursor, saved;
    terminal_cell_t colours; /* terminal_pen_colours(cursor.pen) */
    terminal_cell_t blank;   /* terminal_pen_blank(cursor.pen) */
    unsigned region_top;     /* the rows that scroll, up to, */
    unsigned region_bottom;  /* not including, this one */
    bool autowrap, cursor_visible;
    struct ecma48 parser;
    struct utf8 utf8;
    uint64_t tab_stops[TERMINAL_MAX_COLUMNS / 64];

    /* Takes the answer to a report that was asked for, as a terminal would send it; NULL: nobody
     * listens. */
    void (*answer)(void *context, const char *text, size_t length);
    void *answer_context;
};

/* Makes a terminal with a blank screen on the display, in `size` bytes of memory aligned to 8 (see
 * GRID_SIZE; more than the screen takes becomes history). ERROR_FULL when they are too few. */
enum error terminal_init(struct terminal *terminal, struct terminal_display *display, void *memory,
                         size_t size);

/* Shows text. If the view was moved, it comes back first. */
void terminal_write(struct terminal *terminal, const char *text, size_t length);

/* Moves the view back into what has scrolled away, by `lines`; negative: forward again. */
void terminal_view(struct terminal *terminal, int lines);

#endif
