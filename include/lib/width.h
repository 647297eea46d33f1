/*
 * How many columns a character takes on a terminal, and which characters are control characters.
 */
#ifndef LIB_WIDTH_H
#define LIB_WIDTH_H

#include <types.h>

/* Returns 2 for the wide characters of East Asia and for emoji (Unicode's East_Asian_Width W and
 * F), 0 for combining marks and format characters, and 1 for all others. Takes any number. Any
 * context. */
unsigned character_width(uint32_t code);

/* Is it a control character: C0, DEL or C1 (U+0080 to U+009F)? A terminal may execute it, so it is
 * no text. Any context. */
static inline bool character_is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

#endif
