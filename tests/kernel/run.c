/*
 * `test=SUITE` on the command line runs that suite instead of the monitor.
 */
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <kernel/main.h>
#include <lib/format.h>

#include "../test.h"

static void print_piece(void *context, const char *text, size_t length)
{
    (void)context;
    console_write(text, length);
}

void test_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_flush(); /* what a trap handler has logged meanwhile */
    console_fresh_line();
    format_to(print_piece, NULL, format, arguments);
    console_write("\n", 1);
    va_end(arguments);
}

static bool run(const char *suite)
{
    return test_run_suite(suite) == 0;
}

BOOT_MODE(test, run);
