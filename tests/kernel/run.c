/*
 * `test=SUITE` on the command line runs that suite instead of the monitor. `test=all`, which has an
 * entry in GRUB's menu, runs one after the other all suites that return.
 */
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <kernel/main.h>
#include <lib/string.h>
#include <section.h>

#include "../test.h"

SECTION_ARRAY(struct test, tests);

void test_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_flush(); /* shows the lines of trap handlers */
    console_fresh_line();
    console_vprintf(format, arguments);
    console_write("\n", 1);
    va_end(arguments);
}

static bool is_first_of_suite(const struct test *test)
{
    for (const struct test *earlier = __start_tests; earlier < test; earlier++) {
        if (strcmp(earlier->suite, test->suite) == 0)
            return false;
    }
    return true;
}

/* Some suites are one panic each, and the harness's own suites hang or reset. */
static bool comes_back(const struct test *test)
{
    static const char harness[] = "harness_";
    return !test->panic && strncmp(test->suite, harness, sizeof(harness) - 1) != 0;
}

static bool run_all(void)
{
    unsigned passed = 0, failed = 0;
    section_for_each(struct test, test, tests) {
        if (!is_first_of_suite(test) || !comes_back(test))
            continue;
        if (test_run_suite(test->suite) == 0)
            passed++;
        else
            failed++;
    }
    test_print("tests: %u suites passed, %u failed", passed, failed);
    return passed > 0 && failed == 0;
}

static bool run(const char *suite)
{
    return strcmp(suite, "all") == 0 ? run_all() : test_run_suite(suite) == 0;
}

BOOT_MODE(test, run);
