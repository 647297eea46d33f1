/*
 * The 16 colours (enum colour, in the VGA's order), and the 256 that programs choose from.
 */
#ifndef LIB_COLOUR_H
#define LIB_COLOUR_H

#include <lib/terminal_display.h>

/* Each of the 16 as 0xRRGGBB. */
extern const uint32_t colour_rgb[16];

/* Returns, as 0xRRGGBB, one of 256 colours as the Linux console has them: 16 in ECMA-48's order, a
 * cube of 216, 24 greys. `index` < 256. Any context. */
uint32_t colour_of_256(unsigned index);

/* Converts a colour from ECMA-48's order, with red in the lowest bit and blue in bit 2, to the
 * VGA's, with blue in the lowest; bit 3 is the brightness in both. `index` < 16. Any context. */
uint8_t colour_of_ecma48(unsigned index);

#endif
