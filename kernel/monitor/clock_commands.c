/*
 * `uptime` and `date`.
 */
#include <drivers/time_of_day.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <kernel/task/clock.h>

COMMAND(uptime, "", "time since the start")
{
    if (command_refuse_arguments("uptime", arguments))
        return;
    uint64_t milliseconds = clock_now() / NANOSECONDS_PER_MILLISECOND;
    uint64_t seconds = milliseconds / 1000;
    console_printf("up %lu:%02lu:%02lu.%03lu\n", seconds / 3600, seconds / 60 % 60, seconds % 60,
                   milliseconds % 1000);
}

COMMAND(date, "", "date and time by the machine's battery clock",
        .details = "The clock holds local time or UTC, as it was set; it does not record which.\n")
{
    struct date_time now;
    if (command_refuse_arguments("date", arguments))
        return;
    enum error error = time_of_day_read(&now);
    if (error)
        console_printf("date: the clock cannot be read: %s\n", error_name(error));
    else
        console_printf("%04u-%02u-%02u %02u:%02u:%02u\n", now.year, now.month, now.day, now.hour,
                       now.minute, now.second);
}
