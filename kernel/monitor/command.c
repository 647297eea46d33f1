#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <lib/string.h>

enum { SHOWN_NAME = 32 }; /* of an unknown command, so that the answer is one line */

static const struct command *find(const char *name, size_t length)
{
    for (const struct command *command = __start_commands; command < __stop_commands; command++) {
        if (strlen(command->name) == length && memcmp(command->name, name, length) == 0)
            return command;
    }
    return NULL;
}

void command_run(const char *line)
{
    while (*line == ' ')
        line++;
    const char *end = line;
    while (*end && *end != ' ')
        end++;
    size_t length = (size_t)(end - line);
    if (length == 0)
        return;
    const struct command *command = find(line, length);
    if (command)
        command->run(*end ? end + 1 : end);
    else
        console_printf("%.*s%s: unknown command; 'help' lists the commands\n",
                       (int)MIN(length, (size_t)SHOWN_NAME), line,
                       length > SHOWN_NAME ? "..." : "");
}

bool command_refuse_arguments(const char *name, const char *arguments)
{
    while (*arguments == ' ')
        arguments++;
    if (!*arguments)
        return false;
    console_printf("%s: takes no arguments, but was given '%s'\n", name, arguments);
    return true;
}
