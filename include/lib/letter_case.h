/*
 * Capitals of the letters on keyboards: Latin-1, Latin Extended-A, Greek, and a few more. The micro
 * sign and the dotless i have none here, since their capitals belong to other letters.
 */
#ifndef LIB_LETTER_CASE_H
#define LIB_LETTER_CASE_H

#include <types.h>

/* Returns the capital of a small letter; any other code point as it is. Any context. */
uint32_t letter_to_upper(uint32_t code);

/* Returns the small letter of a capital; any other code point as it is, and also the few capitals
 * whose small letter is not at a fixed distance. Any context. */
uint32_t letter_to_lower(uint32_t code);

#endif
