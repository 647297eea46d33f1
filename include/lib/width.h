/*
 * How many columns a character takes on a terminal.
 */
#ifndef LIB_WIDTH_H
#define LIB_WIDTH_H

#include <types.h>

/* 2 for the wide characters of East Asia and for emoji (Unicode's East_Asian_Width W and F), 0 for
 * what is shown on the character before it or not at all (combining marks, format characters), 1
 * for all others. Takes any number. Any context. */
unsigned character_width(uint32_t code);

#endif
