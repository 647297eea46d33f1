#include <lib/chacha20.h>
#include <lib/string.h>

enum { WORDS = CHACHA20_BLOCK / sizeof(uint32_t), DOUBLE_ROUNDS = 10 };

static uint32_t rotate(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

/* RFC 8439, 2.1. */
static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    *a += *b;
    *d = rotate(*d ^ *a, 16);
    *c += *d;
    *b = rotate(*b ^ *c, 12);
    *a += *b;
    *d = rotate(*d ^ *a, 8);
    *c += *d;
    *b = rotate(*b ^ *c, 7);
}

/* A round on the columns of the 4 x 4 words and one on the diagonals. */
static void double_round(uint32_t x[WORDS])
{
    for (unsigned i = 0; i < 4; i++)
        quarter_round(&x[i], &x[4 + i], &x[8 + i], &x[12 + i]);
    for (unsigned i = 0; i < 4; i++)
        quarter_round(&x[i], &x[4 + (i + 1) % 4], &x[8 + (i + 2) % 4], &x[12 + (i + 3) % 4]);
}

/* The words are little-endian, as the processor's own are. */
void chacha20_block(uint8_t block[CHACHA20_BLOCK], const uint8_t key[CHACHA20_KEY],
                    uint32_t counter, const uint8_t nonce[CHACHA20_NONCE])
{
    uint32_t state[WORDS], words[WORDS];
    memcpy(state, "expand 32-byte k", 16);
    memcpy(state + 4, key, CHACHA20_KEY);
    state[12] = counter;
    memcpy(state + 13, nonce, CHACHA20_NONCE);
    memcpy(words, state, sizeof(words));
    for (unsigned i = 0; i < DOUBLE_ROUNDS; i++)
        double_round(words);
    for (unsigned i = 0; i < WORDS; i++)
        words[i] += state[i];
    memcpy(block, words, sizeof(words));
}
