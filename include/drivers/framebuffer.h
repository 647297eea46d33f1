/*
 * A linear framebuffer as a terminal's display: characters of 8x16 pixels, enlarged on very wide
 * screens. It may have any number of pixels, 15 to 32 bits for each, any order of colours, and any
 * pitch.
 *
 * The driver only writes to video memory, as reading it is slow. RAM holds the picture that is
 * wanted and the one that is shown, and flush() draws the cells that differ.
 */
#ifndef DRIVERS_FRAMEBUFFER_H
#define DRIVERS_FRAMEBUFFER_H

#include <boot/boot_info.h>
#include <error.h>
#include <lib/font.h>
#include <lib/pixels.h>
#include <lib/terminal_display.h>

enum { FRAMEBUFFER_GLYPHS = 512 };

/* A narrow glyph, or one half of a wide glyph, unpacked to eight pixels for each row. */
struct framebuffer_glyph {
    terminal_cell_t cell; /* its code point and CELL_RIGHT_HALF; no colours */
    uint8_t rows[GLYPH_HEIGHT];
};

struct framebuffer {
    struct terminal_display display;
    uint8_t *pixels; /* the screen's upper left pixel, in the direct map */
    uint32_t pitch;  /* bytes from one row of pixels to the next */
    unsigned scale;  /* pixels of the screen for each pixel of the font, in each direction; >= 1 */
    struct pixel_format format;
    uint32_t palette[16]; /* the pixel of each colour, by enum colour */
    const struct font *font;

    terminal_cell_t *wanted; /* the cells to be shown; a ring of display.rows rows */
    terminal_cell_t *shown;  /* the cells on the screen, row by row */
    unsigned first;          /* the row of `wanted` that is the screen's first; < display.rows */
    struct {
        unsigned top, bottom, left, right; /* bottom and right are the first ones outside */
    } damage;                              /* outside of it, `wanted` and `shown` are the same */
    unsigned cursor_row, cursor_column;    /* the cell that `shown` has, or had, the cursor in */

    struct pixel_pairs pairs;                            /* made for `colours` */
    terminal_cell_t colours;                             /* of the last cell that was drawn */
    struct framebuffer_glyph glyphs[FRAMEBUFFER_GLYPHS]; /* a cache; see find_glyph() */
};

/* Checks whether the driver can draw on it. ERROR_NO_DEVICE: there is none, or it is a text screen;
 * ERROR_UNSUPPORTED: its pixels index a palette, or have another width; ERROR_INVALID: its sizes or
 * colours contradict each other. Any context. */
enum error framebuffer_check(const struct boot_framebuffer *info);

/* Returns how many characters fit on the screen. `info` has passed the check. Any context. */
void framebuffer_size(const struct boot_framebuffer *info, unsigned *rows, unsigned *columns);

/* The bytes of memory for the cells of so many characters. */
#define FRAMEBUFFER_MEMORY(rows, columns) ((size_t)(rows) * (columns)*2 * sizeof(terminal_cell_t))

/* Clears the screen and makes `framebuffer` a display for it. `size` bytes of memory, aligned to 8,
 * hold the cells; when that is less than the whole screen needs, the display is the screen's upper
 * left corner, of at most 80 columns. `info` has passed the check, and the direct map shows the
 * video memory. The display keeps using `font` and the memory. ERROR_FULL when no row fits. During
 * set-up. */
enum error framebuffer_init(struct framebuffer *framebuffer, const struct boot_framebuffer *info,
                            const struct font *font, void *memory, size_t size);

#endif
