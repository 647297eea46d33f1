/*
 * Threads for tests. The files that include this are compiled with each C library: SUITE is the
 * name of the suite that their tests belong to.
 */
#ifndef TESTS_USER_THREAD_SUPPORT_H
#define TESTS_USER_THREAD_SUPPORT_H

#include <pthread.h>

#include "support.h"

#define SUITE_TEST(suite, name) TEST(suite, name)
#define THREADS_TEST(name)      SUITE_TEST(SUITE, name)

enum { THREADS = 8 };

static inline int gettid_here(void)
{
    return (int)CALL(gettid);
}

#endif
