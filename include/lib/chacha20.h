/*
 * The ChaCha20 block function (RFC 8439, 2.3). Any context.
 */
#ifndef LIB_CHACHA20_H
#define LIB_CHACHA20_H

#include <types.h>

enum { CHACHA20_KEY = 32, CHACHA20_NONCE = 12, CHACHA20_BLOCK = 64 };

/* Writes the block of that number of the key stream. */
void chacha20_block(uint8_t block[CHACHA20_BLOCK], const uint8_t key[CHACHA20_KEY],
                    uint32_t counter, const uint8_t nonce[CHACHA20_NONCE]);

#endif
