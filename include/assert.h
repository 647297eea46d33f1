/*
 * ASSERT is for bugs: a condition that the code itself guarantees. What the world may get wrong
 * (hardware, the loader, a person) is an error value instead. ASSERT is on in every build.
 */
#ifndef ASSERT_H
#define ASSERT_H

#include <types.h>

/* Ends the system with the broken condition and its place. Any context. The kernel's is in
 * kernel/log/panic.c; the host tests bring their own. */
NORETURN void assert_failed(const char *condition, const char *file, int line);

#define ASSERT(condition)                                  \
    do {                                                   \
        if (__builtin_expect(!(condition), 0))             \
            assert_failed(#condition, __FILE__, __LINE__); \
    } while (0)

#endif
