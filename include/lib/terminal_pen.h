/*
 * The colours in which a terminal writes, and the control sequence that selects them: SGR, select
 * graphic rendition (ECMA-48 8.3.117). Any context.
 */
#ifndef LIB_TERMINAL_PEN_H
#define LIB_TERMINAL_PEN_H

#include <lib/ecma48.h>
#include <lib/terminal_display.h>

/* Which characters bytes stand for. The PC's font has 256, with pictures for most control
 * characters; HIGH_PC_FONT exchanges its halves. */
enum terminal_font { USUAL_FONT, PC_FONT, HIGH_PC_FONT };

struct terminal_pen {
    uint8_t foreground, background; /* enum colour */
    bool bold;                      /* a bright foreground */
    bool dim;                       /* dark grey; so the next two are colours */
    bool italic, underline;         /* green, cyan */
    bool blink;                     /* a bright background */
    bool inverse;
    uint8_t font; /* enum terminal_font. A reset leaves it alone, as on Linux */
};

/* Light grey on black. */
#define TERMINAL_PEN_DEFAULT ((struct terminal_pen){.foreground = LIGHT_GREY})

/* Returns the colours as the bits of a cell. */
terminal_cell_t terminal_pen_colours(struct terminal_pen pen);

/* Returns the cell that is left where this pen erases: a blank on its background. */
terminal_cell_t terminal_pen_blank(struct terminal_pen pen);

/* Executes an SGR sequence. Codes that the Linux console does not know are ignored. */
void terminal_pen_select(struct terminal_pen *pen, const struct ecma48 *sequence);

#endif
