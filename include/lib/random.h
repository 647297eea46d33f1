/*
 * Numbers that look random and are the same in every run: for workloads and tests, never for
 * secrets.
 */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include <types.h>

/* The next 32 bits of the sequence in which `*state`, any number at the start, marks the place: the
 * upper half of a linear congruential generator modulo 2^64, with Knuth's factor (MMIX). Any
 * context. */
static inline uint32_t random_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 32);
}

#endif
