/*
 * The commands that need nothing but the console and the clock.
 */
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <kernel/task/clock.h>
#include <lib/format.h>
#include <lib/string.h>

COMMAND(help, "", "list the commands")
{
    if (command_refuse_arguments("help", arguments))
        return;
    section_for_each(struct command, command, commands) {
        char usage[32];
        snprintf(usage, sizeof(usage), "%s %s", command->name, command->parameters);
        console_printf("  %-20s %s\n", usage, command->summary);
    }
}

COMMAND(echo, "TEXT", "print TEXT as it stands")
{
    console_printf("%s\n", arguments);
}

COMMAND(uptime, "", "time since the start")
{
    if (command_refuse_arguments("uptime", arguments))
        return;
    uint64_t milliseconds = clock_now() / 1000000;
    uint64_t seconds = milliseconds / 1000;
    console_printf("up %lu:%02lu:%02lu.%03lu\n", seconds / 3600, seconds / 60 % 60, seconds % 60,
                   milliseconds % 1000);
}

COMMAND(clear, "", "clear the screen")
{
    if (command_refuse_arguments("clear", arguments))
        return;
    static const char clear_and_home[] = "\033[2J\033[H\r"; /* \r: see console_fresh_line() */
    console_write(clear_and_home, sizeof(clear_and_home) - 1);
}
