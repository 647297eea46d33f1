/*
 * UTF-8, byte by byte (Unicode 15, section 3.9, table 3-7). Overlong forms, surrogates and numbers
 * above U+10FFFF are malformed. Each maximal malformed part becomes one U+FFFD.
 */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include <types.h>

enum { UTF8_REPLACEMENT = 0xfffd, UTF8_MAX = 4 /* bytes of a character */ };

/* All zeros is the initial state. */
struct utf8 {
    uint32_t code;     /* the bits of the bytes so far */
    uint8_t missing;   /* bytes still to come, <= 3; 0 between two characters */
    uint8_t low, high; /* the range of the next byte, while `missing` > 0 */
};

enum utf8_event {
    UTF8_PENDING,   /* the character is not complete yet */
    UTF8_CHARACTER, /* a character is complete; a malformed byte is U+FFFD */
    UTF8_BROKEN,    /* a character ended too early and is U+FFFD; feed this byte again */
};

/* Takes the next byte. With the last two events, `*code` is the character. Any context, one decoder
 * for each stream. */
enum utf8_event utf8_feed(struct utf8 *decoder, uint8_t byte, uint32_t *code);

/* Writes the 1 to 4 bytes of a code point, which is at most 0x10ffff and no surrogate. Returns
 * their number. Any context. */
unsigned utf8_encode(uint32_t code, char bytes[UTF8_MAX]);

/* Replaces each control character and each malformed part of a text by a question mark, in place.
 * Returns the new length, which is not larger. Any context. */
size_t utf8_make_printable(char *text, size_t length);

#endif
