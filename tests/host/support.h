/*
 * What host suites use beyond tests/test.h.
 */
#ifndef TESTS_HOST_SUPPORT_H
#define TESTS_HOST_SUPPORT_H

#include <types.h>

/* Runs `run(argument)` and returns the text of the panic that ended it, or NULL when it returned.
 */
const char *host_expect_panic(void (*run)(void *), void *argument);

/* What other threads do when one yields; NULL: no thread is running. */
void host_set_yield(void (*yield)(void));

/* The last line that was logged; a test that wants to know empties it first. */
extern char host_log[256];

#endif
