/*
 * Decodes the bytes that a keyboard sends into keys that go down and come up.
 */
#ifndef DRIVERS_SCANCODE_H
#define DRIVERS_SCANCODE_H

#include <drivers/key.h>

/* With SCANCODE_UNSURE, the set is a guess; the decoder finds out when the first key comes up. */
enum scancode_set { SCANCODE_SET_1 = 0, SCANCODE_SET_2 = 0x80, SCANCODE_UNSURE = 0x40 };

/* All zeros is the initial state for set 1. */
struct scancode_decoder {
    uint8_t state; /* enum scancode_set, and enum sequence of scancode.c: the bytes before */
    bool released; /* the last byte was F0; only in set 2 */
};

/* Takes the next byte, whatever it is and whatever came before it. Returns the key that it presses
 * or releases; KEY_NONE when the key's sequence goes on. Any context, one decoder for each
 * keyboard. */
struct key_change scancode_decode(struct scancode_decoder *decoder, uint8_t byte);

#endif
