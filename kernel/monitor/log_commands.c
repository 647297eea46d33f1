/*
 * The log's ring.
 */
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <kernel/monitor/command.h>

static void print_line(void *context, enum log_level level, const char *line)
{
    const enum log_level *highest = context;
    if (level <= *highest)
        console_printf("%s\n", line);
}

COMMAND(log, "LEVEL", "show the log again, or what of it is of LEVEL and graver")
{
    enum log_level highest = LOG_DEBUG;
    if (*arguments && log_parse_level(arguments, &highest) != OK)
        console_printf("log: '%s' is none of error, warning, info, debug\n", arguments);
    else
        log_for_each(print_line, &highest);
}
