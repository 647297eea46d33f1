/*
 * The colours that a terminal writes in, and the control sequence that chooses them: SGR, select
 * graphic rendition (ECMA-48 8.3.117).
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

/* The colours as they lie in a cell. */
terminal_cell_t terminal_pen_colours(struct terminal_pen pen);

/* A cell that is erased while this pen is in use: a blank on its background. */
terminal_cell_t terminal_pen_blank(struct terminal_pen pen);

/* Does what the SGR sequence says; what it says of underlines, italics and the like is passed over.
 */
void terminal_pen_select(struct terminal_pen *pen, const struct ecma48 *sequence);

#endif
