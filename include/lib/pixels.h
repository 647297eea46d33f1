/*
 * Pixels as they lie in a linear framebuffer: 2, 3 or 4 bytes each, with each of the three colours
 * somewhere in it. Any context.
 */
#ifndef LIB_PIXELS_H
#define LIB_PIXELS_H

#include <error.h>
#include <types.h>

/* A colour's place in a pixel: its lowest bit and how many there are. */
struct channel {
    unsigned position, size;
};

struct pixel_format {
    unsigned bits_per_pixel; /* 15, 16, 24 or 32 */
    struct channel red, green, blue;
};

/* ERROR_UNSUPPORTED for another number of bits; ERROR_INVALID for a channel without bits, outside
 * of the pixel, or in the way of another. The other functions want a format that has passed. */
enum error pixel_format_check(const struct pixel_format *format);

/* The bytes that a pixel takes in memory. */
static inline unsigned pixel_bytes(const struct pixel_format *format)
{
    return (format->bits_per_pixel + 7) / 8;
}

/* The pixel of a colour 0xrrggbb, or the nearest one. */
uint32_t pixel_pack(const struct pixel_format *format, uint32_t rgb);

/* Two colours, ready to be drawn with: the four patterns that two adjacent pixels of them can make,
 * the left one lowest, as that is the order of their bytes in memory. */
struct pixel_pairs {
    unsigned bytes; /* of a pixel */
    /* Bit 1 of the index: the left pixel is of the foreground; bit 0: the right one is. */
    uint64_t pairs[4];
};

/* Makes the patterns for two pixels of `bytes` bytes, 2 to 4. */
void pixel_pairs_set(struct pixel_pairs *pairs, unsigned bytes, uint32_t foreground,
                     uint32_t background);

/* Draws `count` > 0 rows of eight pixels, one below the other, each `pitch` bytes after the one
 * before. Bit 7 of a row is its left pixel. `to` need not be aligned, and is written only. */
void pixels_draw(const struct pixel_pairs *pairs, uint8_t *to, size_t pitch, const uint8_t *rows,
                 unsigned count);

#endif
