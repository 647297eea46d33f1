/*
 * Capitals of the letters that keyboards have: Latin-1, Latin Extended-A, Greek, and a few more.
 * The micro sign and the dotless i are taken for signs, for their capitals belong to other letters.
 */
#ifndef LIB_LETTER_CASE_H
#define LIB_LETTER_CASE_H

#include <types.h>

/* The capital of a small letter; the code point itself when it has none, or is none. Any
 * context. */
uint32_t letter_to_upper(uint32_t code);

#endif
