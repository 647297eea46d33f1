/*
 * ASSERT is for bugs: a condition that the code itself guarantees. What others may get wrong
 * (hardware, the loader, the user) is an error value instead. ASSERT is on in every build.
 */
#ifndef ASSERT_H
#define ASSERT_H

#include <types.h>

/* Reports the condition that does not hold and its place, and stops the system. Any context. The
 * kernel's is in kernel/log/panic.c; the host tests bring their own. */
NORETURN void assert_failed(const char *condition, const char *file, int line);

#define ASSERT(condition)                                  \
    do {                                                   \
        if (__builtin_expect(!(condition), 0))             \
            assert_failed(#condition, __FILE__, __LINE__); \
    } while (0)

#endif
