/*
 * What a failed assertion does in a fuzzer: libFuzzer keeps the input that led to it.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

void assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "ASSERT(%s) (%s:%d)\n", condition, file, line);
    abort();
}
