/*
 * Pseudo-random numbers that are the same on every run, for workloads and tests, never for secrets.
 * The generator is linear congruential (Knuth, TAOCP 2, 3.3.4, that of MMIX); its upper bits are
 * the good ones. Any context, one state for each user.
 */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include <types.h>

/* Returns the next number, of 32 bits. Any initial state will do. */
static inline uint32_t random_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 32);
}

/* Returns the next number below `limit`, which is not 0. */
static inline uint32_t random_below(uint64_t *state, uint32_t limit)
{
    return random_next(state) % limit;
}

#endif
