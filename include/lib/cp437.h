/*
 * Code page 437: the characters of a VGA text screen.
 */
#ifndef LIB_CP437_H
#define LIB_CP437_H

#include <types.h>

enum { CP437_UNSHOWABLE = 0xfe /* ■ */ };

/* Returns the byte of a code point, or CP437_UNSHOWABLE if there is none. Takes any number. Any
 * context. */
uint8_t cp437_byte(uint32_t code);

/* Returns the code point of a byte. Those of the control characters are the pictures that the PC's
 * font has there; 0 is a blank. Any context. */
uint32_t cp437_code(uint8_t byte);

#endif
