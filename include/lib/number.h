/*
 * Numbers out of text that a person has typed. Any context.
 */
#ifndef LIB_NUMBER_H
#define LIB_NUMBER_H

#include <types.h>

/* Reads `text`, all of it but blanks at its ends, as a hexadecimal number of at most 64 bits, with
 * or without 0x. False, and *value as it was, when it is none. */
bool parse_hexadecimal(const char *text, uint64_t *value);

/* The same for a decimal number, or a hexadecimal one with 0x. */
bool parse_number(const char *text, uint64_t *value);

#endif
