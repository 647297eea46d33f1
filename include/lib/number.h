/*
 * Parses numbers that a person has typed. Any context.
 */
#ifndef LIB_NUMBER_H
#define LIB_NUMBER_H

#include <types.h>

/* Parses all of `text`, except blanks at its ends, as a hexadecimal number of at most 64 bits, with
 * or without 0x. False, without a change of *value, when it is no such number. */
bool parse_hexadecimal(const char *text, uint64_t *value);

/* Does the same for a decimal number, or a hexadecimal one with 0x. */
bool parse_number(const char *text, uint64_t *value);

#endif
