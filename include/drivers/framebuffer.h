/*
 * A linear framebuffer as a display for a terminal: characters of 8x16 pixels, enlarged on very
 * wide screens. Any number of pixels, 15 to 32 bits for each, in any order of colours, with any
 * pitch.
 *
 * Video memory is only ever written to, as reading from it is slow. What is to be seen and what is
 * seen are kept in RAM, and flush() draws the cells in which they differ.
 */
#ifndef DRIVERS_FRAMEBUFFER_H
#define DRIVERS_FRAMEBUFFER_H

#include <boot/boot_info.h>
#include <error.h>
#include <lib/font.h>
#include <lib/pixels.h>
#include <lib/terminal_display.h>

enum { FRAMEBUFFER_GLYPHS = 512 };

/* One half of a wide glyph, or a narrow one, unpacked. */
struct framebuffer_glyph {
    terminal_cell_t cell; /* without its colours */
    uint8_t rows[GLYPH_HEIGHT];
};

struct framebuffer {
    struct terminal_display display;
    uint8_t *pixels;
    uint32_t pitch;
    unsigned scale; /* pixels of the screen for one of the font, in each direction */
    uint32_t palette[16];
    const struct font *font;

    terminal_cell_t *wanted; /* a ring of rows */
    terminal_cell_t *shown;
    unsigned first; /* the ring's row that is the screen's first */
    struct {
        unsigned top, bottom, left, right; /* bottom and right are the first ones outside */
    } damage;                              /* where `wanted` and `shown` may differ */
    unsigned cursor_row, cursor_column;    /* as shown */

    struct pixel_pairs pairs; /* for the colours below */
    terminal_cell_t colours;
    struct framebuffer_glyph glyphs[FRAMEBUFFER_GLYPHS];
};

/* Can it be drawn on? ERROR_NO_DEVICE: there is none, or it is a text screen; ERROR_UNSUPPORTED:
 * its pixels are numbers of a palette, or of another width; ERROR_INVALID: sizes or colours that
 * contradict each other. Any context. */
enum error framebuffer_check(const struct boot_framebuffer *info);

/* How many characters the whole screen has room for. `info` has passed the check. Any context. */
void framebuffer_size(const struct boot_framebuffer *info, unsigned *rows, unsigned *columns);

/* The bytes of memory that so many characters take. */
#define FRAMEBUFFER_MEMORY(rows, columns) ((size_t)(rows) * (columns)*2 * sizeof(terminal_cell_t))

/* Clears the screen and makes `framebuffer` its display, with `size` bytes of memory (aligned to 8)
 * for the cells; with fewer than for the whole screen, 80 columns or less in its upper left corner.
 * `info` has passed the check, and its memory is mapped in the direct map. `font` and the memory
 * are kept. During set-up. ERROR_FULL when there is not even room for a row. */
enum error framebuffer_init(struct framebuffer *framebuffer, const struct boot_framebuffer *info,
                            const struct font *font, void *memory, size_t size);

#endif
