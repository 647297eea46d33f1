/*
 * `test=SUITE` on the command line runs that suite instead of the monitor.
 */
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <kernel/main.h>

#include "../test.h"

void test_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_flush(); /* what a trap handler has logged meanwhile */
    console_fresh_line();
    console_vprintf(format, arguments);
    console_write("\n", 1);
    va_end(arguments);
}

static bool run(const char *suite)
{
    return test_run_suite(suite) == 0;
}

BOOT_MODE(test, run);
