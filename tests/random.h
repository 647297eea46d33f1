/*
 * Numbers that look random and are the same on every run: a linear congruential generator (Knuth,
 * TAOCP 2, 3.3.4, the one of MMIX), whose upper bits are the good ones.
 */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

#include <types.h>

/* The next number, of 32 bits. Any state is one to begin with. */
static inline uint32_t random_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 32);
}

/* The next number below `limit`, which is not 0. */
static inline unsigned random_below(uint64_t *state, unsigned limit)
{
    return random_next(state) % limit;
}

#endif
