/*
 * Numbers that look random and are the same on every run, for workloads and tests, never for
 * secrets: a linear congruential generator (Knuth, TAOCP 2, 3.3.4, the one of MMIX), whose upper
 * bits are the good ones. Any context, one state a user.
 */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include <types.h>

/* The next number, of 32 bits. Any state is one to begin with. */
static inline uint32_t random_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 32);
}

/* The next number below `limit`, which is not 0. */
static inline uint32_t random_below(uint64_t *state, uint32_t limit)
{
    return random_next(state) % limit;
}

#endif
