/*
 * The colours in which a terminal writes, and the control sequence that selects them: SGR, select
 * graphic rendition (ECMA-48 8.3.117). Any context.
 */
#ifndef LIB_TERMINAL_PEN_H
#define LIB_TERMINAL_PEN_H

#include <lib/ecma48.h>
#include <lib/terminal_display.h>

struct terminal_pen {
    uint8_t foreground, background; /* enum colour */
    bool bold;                      /* shown as a bright foreground */
    bool inverse;
};

/* Light grey on black. */
#define TERMINAL_PEN_DEFAULT ((struct terminal_pen){.foreground = LIGHT_GREY})

/* Returns the colours as the bits of a cell. */
terminal_cell_t terminal_pen_colours(struct terminal_pen pen);

/* Returns the cell that is left where this pen erases: a blank on its background. */
terminal_cell_t terminal_pen_blank(struct terminal_pen pen);

/* Executes an SGR sequence. Underlines, italics and the like are ignored. */
void terminal_pen_select(struct terminal_pen *pen, const struct ecma48 *sequence);

#endif
