/*
 * ChaCha20 with the vectors of RFC 8439, and the generator of random numbers.
 */
#include <kernel/cpu/random.h>
#include <lib/chacha20.h>
#include <lib/string.h>

#include "../test.h"
#include "fake_processor.h"

/* RFC 8439, 2.3.2. */
TEST(chacha20, gives_the_block_of_the_rfc)
{
    static const uint8_t nonce[CHACHA20_NONCE] = {0, 0, 0, 9, 0, 0, 0, 0x4a};
    static const uint8_t expected[CHACHA20_BLOCK] = {
        0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3,
        0x20, 0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22,
        0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa,
        0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1,
        0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e};
    uint8_t key[CHACHA20_KEY], block[CHACHA20_BLOCK];
    for (unsigned i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)i;
    chacha20_block(block, key, 1, nonce);
    EXPECT(memcmp(block, expected, sizeof(block)) == 0);
}

/* RFC 8439, A.1, test vectors 1 and 2: the key and the nonce are zeros. */
TEST(chacha20, counts_its_blocks)
{
    static const uint8_t key[CHACHA20_KEY], nonce[CHACHA20_NONCE];
    static const uint8_t first[] = {0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90};
    static const uint8_t second[] = {0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a};
    uint8_t block[CHACHA20_BLOCK];
    chacha20_block(block, key, 0, nonce);
    EXPECT(memcmp(block, first, sizeof(first)) == 0);
    chacha20_block(block, key, 1, nonce);
    EXPECT(memcmp(block, second, sizeof(second)) == 0);
}

/* Nothing is given out twice, and about half of the bits are set. */
TEST(chacha20, random_bytes_differ_from_call_to_call)
{
    static uint8_t bytes[100][150];
    unsigned bits = 0;
    fake_processor_set_plain();
    EXPECT(!random_has_hardware());
    for (unsigned i = 0; i < 100; i++) {
        random_bytes(bytes[i], sizeof(bytes[i]));
        for (unsigned j = 0; j < sizeof(bytes[i]); j++)
            bits += (unsigned)__builtin_popcount(bytes[i][j]);
        for (unsigned j = 0; j < i; j++)
            EXPECT(memcmp(bytes[i], bytes[j], 16) != 0 &&
                   memcmp(bytes[i] + 100, bytes[j], 16) != 0);
    }
    EXPECT(bits > 100 * 150 * 4 - 1000 && bits < 100 * 150 * 4 + 1000);
}
