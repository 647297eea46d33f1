/*
 * A fuzzer's input, taken byte by byte; zeros come when it is over.
 */
#ifndef FUZZ_SUPPORT_INPUT_H
#define FUZZ_SUPPORT_INPUT_H

#include <types.h>

static const uint8_t *input;
static size_t left; /* bytes of it */

/* Ends the run, which is a finding, unless that holds. */
static inline void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static inline uint8_t next(void)
{
    if (!left)
        return 0;
    left--;
    return *input++;
}

static inline uint32_t next_word(void)
{
    uint32_t low = next();
    return low | (uint32_t)next() << 8 | (uint32_t)next() << 16 | (uint32_t)next() << 24;
}

#endif
