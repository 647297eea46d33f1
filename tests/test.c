/*
 * The part of the test harness that the kernel's suites and the host's share: running a suite and
 * printing KTAP.
 */
#include <lib/string.h>
#include <section.h>

#include "test.h"

SECTION_ARRAY(struct test, tests);

static bool failed;

void test_fail(const char *file, int line, const char *what)
{
    failed = true;
    test_print("    # %s:%d: %s", file, line, what);
}

void test_fail_equal(const char *file, int line, const char *what, uint64_t actual,
                     uint64_t expected)
{
    test_fail(file, line, what);
    test_print("    #   is       %llu (0x%llx)", (unsigned long long)actual,
               (unsigned long long)actual);
    test_print("    #   expected %llu (0x%llx)", (unsigned long long)expected,
               (unsigned long long)expected);
}

void test_fail_string(const char *file, int line, const char *what, const char *actual,
                      const char *expected)
{
    test_fail(file, line, what);
    test_print("    #   is       \"%s\"", actual);
    test_print("    #   expected \"%s\"", expected);
}

bool test_failed(void)
{
    return failed;
}

static void run_test(const struct test *test)
{
    failed = false;
    for (const char *const *text = test->panic; text && *text; text++)
        test_print("    # expect-%s: %s", text == test->panic ? "backtrace" : "panic", *text);
    test->run();
    if (test->panic && !failed)
        test_fail(test->suite, 0, "expected a panic, but the test came back");
}

unsigned test_run_suite(const char *suite)
{
    unsigned count = 0, failures = 0;
    section_for_each(struct test, test, tests)
        count += strcmp(test->suite, suite) == 0;

    test_print("KTAP version 1");
    test_print("1..1");
    test_print("  KTAP version 1");
    test_print("  # Subtest: %s", suite);
    test_print("  1..%u", count);

    unsigned number = 0;
    section_for_each(struct test, test, tests) {
        if (strcmp(test->suite, suite) != 0)
            continue;
        run_test(test);
        failures += failed;
        test_print("  %s %u %s", failed ? "not ok" : "ok", ++number, test->name);
    }
    if (count == 0)
        failures = 1;
    test_print("%s 1 %s", failures ? "not ok" : "ok", suite);
    return failures;
}
