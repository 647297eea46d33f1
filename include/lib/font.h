/*
 * Fonts in GRUB's PF2 format: a bitmap of one bit for each pixel, for each code point. Here a glyph
 * has at most 16 lines, and 8 pixels of width, or 16 for a wide one (most of the CJK).
 *
 * A font comes from outside and is not trusted. font_open() checks its sections, and font_glyph()
 * checks each glyph. These functions never read outside of the file, however broken it is. Any
 * context.
 */
#ifndef LIB_FONT_H
#define LIB_FONT_H

#include <error.h>
#include <types.h>

enum { GLYPH_WIDTH = 8 /* a wide glyph has twice that */, GLYPH_HEIGHT = 16 };

struct font {
    const uint8_t *file;
    size_t size;          /* of the file */
    const uint8_t *index; /* entries, sorted by code point, within the file */
    size_t count;         /* of entries */
    unsigned ascent;      /* lines above the base line; <= GLYPH_HEIGHT */
};

/* A glyph in one cell, or in two: bit 15 of a row is its leftmost pixel. */
struct glyph {
    uint16_t rows[GLYPH_HEIGHT];
};

/* Opens the font in the `size` bytes at `file`, which the font keeps using. ERROR_INVALID when it
 * is no PF2 font, or higher than GLYPH_HEIGHT. Takes a step for each glyph. */
enum error font_open(struct font *font, const void *file, size_t size);

/* Unpacks the glyph of a code point. False when the font has none, or a broken one. */
bool font_glyph(const struct font *font, uint32_t code_point, struct glyph *glyph);

/* The built-in font (lib/font_builtin.c): Latin-1, box drawing, block elements, ■ and U+FFFD. */
extern const uint8_t font_builtin[];
extern const size_t font_builtin_size;

#endif
