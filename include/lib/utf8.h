/*
 * UTF-8, byte by byte (Unicode 15, section 3.9, table 3-7): overlong forms, surrogates and what
 * lies beyond U+10FFFF are malformed. Each maximal malformed part becomes one U+FFFD.
 */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include <types.h>

enum { UTF8_REPLACEMENT = 0xfffd, UTF8_MAX = 4 /* bytes of a character */ };

/* All zeros is the state at the start. */
struct utf8 {
    uint32_t code;     /* of what has come so far */
    uint8_t missing;   /* bytes still to come; 0: between two characters */
    uint8_t low, high; /* what the next byte may be */
};

enum utf8_event {
    UTF8_PENDING,   /* the character is not complete */
    UTF8_CHARACTER, /* it is; a malformed byte is a character U+FFFD */
    UTF8_BROKEN, /* a character ended too early: it is U+FFFD, and the byte has to be fed again */
};

/* Takes the next byte; for the last two events, `*code` is the character. Any context, one decoder
 * a stream. */
enum utf8_event utf8_feed(struct utf8 *decoder, uint8_t byte, uint32_t *code);

/* Writes the 1 to 4 bytes of a code point (not a surrogate, <= 0x10ffff) and returns how many. Any
 * context. */
unsigned utf8_encode(uint32_t code, char bytes[UTF8_MAX]);

#endif
