/*
 * What the keys without a symbol send: control characters, and the sequences that xterm sends.
 */
#ifndef DRIVERS_KEY_SEQUENCE_H
#define DRIVERS_KEY_SEQUENCE_H

#include <drivers/key.h>

enum { KEY_SEQUENCE_MAX = 7 };

/* Writes what `key` sends while `modifiers` (enum modifier) are active, at most KEY_SEQUENCE_MAX
 * bytes, and returns how many; 0 for a key that sends nothing. Any context. */
unsigned key_sequence(uint8_t key, unsigned modifiers, char *bytes);

#endif
