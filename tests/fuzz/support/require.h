/*
 * What a fuzzer demands of the code under test.
 */
#ifndef FUZZ_SUPPORT_REQUIRE_H
#define FUZZ_SUPPORT_REQUIRE_H

#include <types.h>

/* Ends the run, which is a finding, unless that holds. */
static inline void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

#endif
