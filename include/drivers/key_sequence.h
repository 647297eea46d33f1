/*
 * The keys without a symbol: they type control characters, or the sequences that xterm sends.
 */
#ifndef DRIVERS_KEY_SEQUENCE_H
#define DRIVERS_KEY_SEQUENCE_H

#include <drivers/key.h>

enum { KEY_SEQUENCE_MAX = 7 };

/* Writes the bytes that `key` types while `modifiers` (enum modifier) are active, and returns their
 * number, at most KEY_SEQUENCE_MAX; 0 for a key that types nothing. Any context. */
unsigned key_sequence(uint8_t key, unsigned modifiers, char *bytes);

#endif
