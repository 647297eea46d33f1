/*
 * Code page 437: what the font of a VGA text screen shows.
 */
#ifndef LIB_CP437_H
#define LIB_CP437_H

#include <types.h>

enum { CP437_UNSHOWABLE = 0xfe /* ■ */ };

/* The byte that shows a code point; CP437_UNSHOWABLE where there is none. Takes any number. Any
 * context. */
uint8_t cp437_byte(uint32_t code);

#endif
