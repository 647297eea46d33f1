/*
 * A terminal: takes the bytes that a program writes, UTF-8 and those control sequences of ECMA-48
 * that xterm and the Linux console know, too. It keeps the screen as a grid of cells, which a
 * display shows.
 *
 * C0: BS HT CR, LF VT FF (one row down in the same column), SO SI (select G1, G0). ESC: 7 8 (save,
 * restore) D M E (index, reverse index, next line) H (set tab) c (reset) #8 (fill the screen with
 * E), (0 (B )0 )B (G0 and G1 are DEC's line-drawing set or ASCII). CSI: A B C D E F G H I Z a d e f
 * ` (cursor) J K X (erase) @ P L M (insert, delete) S T (scroll) g (tabs) m (colours) r (scroll
 * region) s u (save, restore) c n (reports), 4 h l (insert mode), ?5 ?6 ?7 and ?25 h l (exchanged
 * colours, rows count from the scroll region's top, autowrap, cursor), ?47 ?1047 ?1048 ?1049 h l
 * (another screen, the saved cursor, both), !p (soft reset). ESC ] P and ESC ] R (a colour of the
 * palette, all of it as at first). All other sequences are skipped as a whole.
 *
 * A character in the last column leaves the cursor there; the next character begins the next line.
 *
 * It knows no hardware and allocates nothing. One task at a time may use it. A panic may interrupt
 * that task and write to the terminal all the same.
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
    bool line_drawing[2]; /* G0 and G1: is the set DEC's line-drawing set, or ASCII? */
    uint8_t set;          /* the selected one: 0 for G0, 1 for G1 */
};

struct terminal {
    struct grid grid;
    struct terminal_cursor cursor, saved; /* `saved` is the screen's first cell until a save */
    /* Always those of cursor.pen, exchanged if `reverse`: see terminal_set_pen(). */
    terminal_cell_t colours, blank;
    /* The rows that scroll: from `region_top` up to, not including, `region_bottom` <= grid.rows;
     * at least two, unless the screen has only one. */
    unsigned region_top, region_bottom;
    bool autowrap, cursor_visible;
    bool insert;  /* IRM: a character moves the rest of the row to the right */
    bool reverse; /* DECSCNM: foreground and background are exchanged */
    bool origin;  /* DECOM: rows count from region_top, and the cursor stays in the region */
    bool plain;   /* is ASCII written as it is? See terminal_update_plain() */
    bool lines;   /* terminal_write_lines() is running: LF does the work of CR, too */
    struct ecma48 parser;
    struct utf8 utf8;
    uint32_t palette[16];                          /* 0xrrggbb, by enum colour */
    uint64_t tab_stops[TERMINAL_MAX_COLUMNS / 64]; /* a bit for each column */

    /* Takes the answer to a report, such as the place of the cursor. NULL: answers are dropped. */
    void (*answer)(void *context, const char *text, size_t length);
    void *answer_context;
};

/* Makes a terminal with a blank screen on the display. Its cells lie in `size` bytes of memory
 * aligned to 8 (see GRID_SIZE); rows beyond the screen's become history. ERROR_FULL when the screen
 * does not fit; ERROR_INVALID for a display of a size that is not allowed. */
enum error terminal_init(struct terminal *terminal, struct terminal_display *display, void *memory,
                         size_t size);

/* Writes text. If the view shows history, it returns to the screen first. */
void terminal_write(struct terminal *terminal, const char *text, size_t length);

/* Writes text whose lines end with LF alone, as the kernel's own do: each LF begins a new line, as
 * if CR came before it. */
void terminal_write_lines(struct terminal *terminal, const char *text, size_t length);

/* Moves the view into the history by `lines`, or back towards the screen if they are negative. */
void terminal_view(struct terminal *terminal, int lines);

/* Shows the terminal on another display of the same size from now on. It is drawn there at once. */
void terminal_use_display(struct terminal *terminal, struct terminal_display *display);

#endif
