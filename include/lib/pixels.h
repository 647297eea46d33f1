/*
 * The pixels of a linear framebuffer. A pixel has 2, 3 or 4 bytes, with the three colours at any
 * place in it. Any context.
 */
#ifndef LIB_PIXELS_H
#define LIB_PIXELS_H

#include <error.h>
#include <types.h>

/* The bits of one colour in a pixel: the lowest one, and their number. */
struct channel {
    unsigned position, size;
};

struct pixel_format {
    unsigned bits_per_pixel; /* 15, 16, 24 or 32 */
    struct channel red, green, blue;
};

/* Checks a format, which the other functions require. ERROR_UNSUPPORTED for another number of bits;
 * ERROR_INVALID for a channel that has no bits, reaches outside of the pixel, or overlaps another.
 */
enum error pixel_format_check(const struct pixel_format *format);

/* The bytes of a pixel in memory. */
static inline unsigned pixel_bytes(const struct pixel_format *format)
{
    return (format->bits_per_pixel + 7) / 8;
}

/* Returns the pixel of the colour 0xrrggbb, or of the nearest colour in this format. */
uint32_t pixel_pack(const struct pixel_format *format, uint32_t rgb);

/* A foreground and a background, as the four patterns of two adjacent pixels. The left pixel is in
 * the low bits, since it comes first in memory. */
struct pixel_pairs {
    unsigned bytes; /* of a pixel; 2, 3 or 4 */
    /* Bit 1 of the index is set when the left pixel has the foreground's colour, bit 0 when the
     * right one has. */
    uint64_t pairs[4];
};

/* Makes the patterns for pixels of `bytes` bytes, 2 to 4. */
void pixel_pairs_set(struct pixel_pairs *pairs, unsigned bytes, uint32_t foreground,
                     uint32_t background);

/* Draws `count` > 0 rows of eight pixels, each `pitch` bytes after the one before. Bit 7 of a row
 * is its left pixel. `to` need not be aligned; the function never reads from there. */
void pixels_draw(const struct pixel_pairs *pairs, uint8_t *to, size_t pitch, const uint8_t *rows,
                 unsigned count);

#endif
