/*
 * The number of columns that a character takes on a terminal.
 */
#ifndef LIB_WIDTH_H
#define LIB_WIDTH_H

#include <types.h>

/* Returns 2 for the wide characters of East Asia and for emoji (Unicode's East_Asian_Width W and
 * F), 0 for combining marks and format characters, and 1 for all others. Takes any number. Any
 * context. */
unsigned character_width(uint32_t code);

#endif
