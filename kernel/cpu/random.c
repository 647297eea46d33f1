/*
 * The generator's state is a key. A request makes a key stream with it: the stream's first 32 bytes
 * become the new key, and the caller gets the rest ("fast key erasure"). Samples are collected in a
 * pool by a multiplicative hash, and go into the key before the next request.
 */
#include <kernel/cpu/control.h>
#include <kernel/cpu/random.h>
#include <lib/chacha20.h>
#include <lib/string.h>

enum {
    LEAF_FEATURES = 1,
    LEAF_MORE_FEATURES = 7,
    ECX_RDRAND = 1 << 30, /* of leaf 1 */
    EBX_RDSEED = 1 << 18, /* of leaf 7 */
    TRIES = 10, /* as Intel SDM 1 7.3.17.1 recommends; RDSEED may need more and falls back */
    KEY_WORDS = CHACHA20_KEY / sizeof(uint64_t),
};

static uint8_t key[CHACHA20_KEY];
static bool seeded;
static uint64_t pool; /* of samples; changed by atomic accesses */

static bool has_rdrand(void)
{
    return cpuid(LEAF_FEATURES, 0).ecx & ECX_RDRAND;
}

static bool has_rdseed(void)
{
    return cpuid(0, 0).eax >= LEAF_MORE_FEATURES && cpuid(LEAF_MORE_FEATURES, 0).ebx & EBX_RDSEED;
}

bool random_has_hardware(void)
{
    return has_rdrand() || has_rdseed();
}

/* A word from the processor, or 0 when it has none now. */
static uint64_t hardware_word(void)
{
    uint64_t word;
    for (unsigned i = 0; has_rdseed() && i < TRIES; i++) {
        if (rdseed(&word))
            return word;
    }
    for (unsigned i = 0; has_rdrand() && i < TRIES; i++) {
        if (rdrand(&word))
            return word;
    }
    return 0;
}

void random_add(uint64_t sample)
{
    uint64_t old = __atomic_load_n(&pool, __ATOMIC_RELAXED);
    uint64_t mixed = (old ^ sample ^ read_tsc()) * UINT64_C(0x9e3779b97f4a7c15);
    __atomic_store_n(&pool, mixed ^ mixed >> 32, __ATOMIC_RELAXED); /* a lost sample does no harm */
}

static void mix_into_key(unsigned word, uint64_t value)
{
    uint64_t old;
    memcpy(&old, key + word * sizeof(old), sizeof(old));
    old ^= value;
    memcpy(key + word * sizeof(old), &old, sizeof(old));
}

static void seed(void)
{
    for (unsigned i = 0; i < KEY_WORDS; i++) {
        random_add(i);
        mix_into_key(i, hardware_word() ^ pool);
    }
    seeded = true;
}

static void next_block(uint8_t block[CHACHA20_BLOCK], uint32_t counter)
{
    static const uint8_t nonce[CHACHA20_NONCE];
    chacha20_block(block, key, counter, nonce);
}

void random_bytes(void *to, size_t size)
{
    uint8_t block[CHACHA20_BLOCK], next_key[CHACHA20_KEY];
    char *at = to;
    if (!seeded)
        seed();
    mix_into_key(0, __atomic_load_n(&pool, __ATOMIC_RELAXED) ^ read_tsc());
    next_block(block, 0);
    memcpy(next_key, block, sizeof(next_key));
    size_t offset = sizeof(next_key);
    for (uint32_t counter = 1; size > 0; counter++) {
        size_t part = MIN(size, sizeof(block) - offset);
        memcpy(at, block + offset, part);
        at += part;
        size -= part;
        offset = 0;
        if (size > 0)
            next_block(block, counter);
    }
    memcpy(key, next_key, sizeof(key));
    memset(block, 0, sizeof(block));
    memset(next_key, 0, sizeof(next_key));
}
