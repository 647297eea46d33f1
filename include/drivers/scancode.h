/*
 * From the bytes that a keyboard sends to the keys that go down and come up.
 */
#ifndef DRIVERS_SCANCODE_H
#define DRIVERS_SCANCODE_H

#include <drivers/key.h>

/* SCANCODE_UNSURE beside a set: it is a guess, till the first key that comes up tells. */
enum scancode_set { SCANCODE_SET_1 = 0, SCANCODE_SET_2 = 0x80, SCANCODE_UNSURE = 0x40 };

/* All zeros is a decoder for set 1 at the start. */
struct scancode_decoder {
    uint8_t state; /* the set, and what has come before: enum sequence in scancode.c */
    bool released; /* set 2: the byte before was F0 */
};

enum { SCANCODE_PREFIXES = 0xe0 /* the bytes that are no plain key begin here */ };

/* scancode_decode() for everything but a plain key in set 1. */
struct key_change scancode_decode_other(struct scancode_decoder *decoder, uint8_t byte);

/* Takes the next byte, whatever it is and whatever came before it. Gives KEY_NONE for one that does
 * not complete a key's sequence. Any context, one decoder a keyboard. Inline, like the first steps
 * of all that a key goes through: each key pays for them. */
static inline struct key_change scancode_decode(struct scancode_decoder *decoder, uint8_t byte)
{
    if (__builtin_expect(decoder->state != SCANCODE_SET_1 || byte >= SCANCODE_PREFIXES, 0))
        return scancode_decode_other(decoder, byte);
    return (struct key_change){byte & 0x7f, !(byte & 0x80)};
}

#endif
