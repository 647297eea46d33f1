/*
 * Fonts in GRUB's PF2 format: for each code point a bitmap of one bit a pixel, here of at most 16
 * lines, half as wide or (most of the CJK) as wide as it is high.
 *
 * A font is outside data. font_open() checks its frame, and each glyph is checked when it is asked
 * for: no file, however broken, makes these functions read outside of it. Any context.
 */
#ifndef LIB_FONT_H
#define LIB_FONT_H

#include <error.h>
#include <types.h>

enum { GLYPH_WIDTH = 8 /* a wide glyph has twice that */, GLYPH_HEIGHT = 16 };

struct font {
    const uint8_t *file;
    size_t size;
    const uint8_t *index; /* entries in the order of their code points */
    size_t count;
    unsigned ascent; /* lines above the base line */
};

/* A glyph in its cell, or its two cells: bit 15 of a row is its leftmost pixel. */
struct glyph {
    uint16_t rows[GLYPH_HEIGHT];
};

/* Opens the font in the `size` bytes at `file`, which have to stay. ERROR_INVALID when it is not in
 * the format, or higher than GLYPH_HEIGHT. Looks at every entry of the index. */
enum error font_open(struct font *font, const void *file, size_t size);

/* Fetches the glyph of a code point; false when the font has none, or a broken one. */
bool font_glyph(const struct font *font, uint32_t code_point, struct glyph *glyph);

/* The built-in font (lib/font_builtin.c): Latin-1, box drawing, block elements, ■ and U+FFFD. */
extern const uint8_t font_builtin[];
extern const size_t font_builtin_size;

#endif
