/*
 * A fuzzer's input, taken byte by byte; zeros follow behind its end.
 */
#ifndef FUZZ_SUPPORT_INPUT_H
#define FUZZ_SUPPORT_INPUT_H

#include "require.h"

static const uint8_t *input;
static size_t left; /* bytes of it */

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
