/*
 * The 16 colours (enum colour, the VGA's order), and which of them comes nearest to another one.
 */
#ifndef LIB_COLOUR_H
#define LIB_COLOUR_H

#include <lib/terminal_display.h>

/* What the 16 look like: 0xRRGGBB. */
extern const uint32_t colour_rgb[16];

/* The nearest of the 16 to 0xRRGGBB. Any context. */
uint8_t colour_nearest(uint32_t rgb);

/* The nearest to one of the 256 colours that programs for xterm use: 16 in ECMA-48's order, a cube
 * of 216, 24 greys. `index` < 256. Any context. */
uint8_t colour_of_256(unsigned index);

/* One of the 8 colours in ECMA-48's order (red, green, blue from the lowest bit up), bright or not,
 * in the VGA's, which has blue lowest. `index` < 16. Any context. */
uint8_t colour_of_ecma48(unsigned index);

#endif
