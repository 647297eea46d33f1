#include <assert.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <lib/string.h>

enum { SHOWN_NAME = 32 }; /* of an unknown command, so that the answer is one line */

static void (*running_stop)(void);

const struct command *command_find(const char *name, size_t length)
{
    section_for_each(struct command, command, commands) {
        if (strlen(command->name) == length && memcmp(command->name, name, length) == 0)
            return command;
    }
    return NULL;
}

const char *command_name(size_t index)
{
    return index < SECTION_COUNT(commands) ? __start_commands[index].name : NULL;
}

/* The word at or after `at`: where it starts and ends. */
static void find_word(const char *line, size_t length, size_t at, size_t *start, size_t *end)
{
    while (at < length && line[at] == ' ')
        at++;
    *start = at;
    while (at < length && line[at] != ' ')
        at++;
    *end = at;
}

void command_run(const char *line)
{
    size_t start, end;
    find_word(line, strlen(line), 0, &start, &end);
    size_t length = end - start;
    if (length == 0)
        return;
    const struct command *command = command_find(line + start, length);
    if (command)
        command->run(line[end] ? line + end + 1 : line + end);
    else
        console_printf("%.*s%s: unknown command; 'help' lists the commands\n",
                       (int)MIN(length, (size_t)SHOWN_NAME), line + start,
                       length > SHOWN_NAME ? "..." : "");
}

completion_list command_words(const char *line, size_t length, size_t *start)
{
    size_t end;
    find_word(line, length, 0, start, &end);
    if (end == length)
        return command_name;
    const struct command *command = command_find(line + *start, end - *start);
    find_word(line, length, end, start, &end);
    return command && end == length ? command->words : NULL;
}

void command_set_stop(void (*stop)(void))
{
    command_stop();
    running_stop = stop;
}

void command_stop(void)
{
    void (*stop)(void) = running_stop;
    running_stop = NULL;
    if (stop)
        stop();
}

bool command_word(const char **arguments, char *word, size_t size)
{
    size_t start, end;
    find_word(*arguments, strlen(*arguments), 0, &start, &end);
    static const char cut[] = "...";
    ASSERT(size >= sizeof(cut));
    size_t length = MIN(end - start, size - 1);
    memcpy(word, *arguments + start, length);
    word[length] = '\0';
    if (length < end - start)
        memcpy(word + size - sizeof(cut), cut, sizeof(cut));
    *arguments += end;
    return end > start;
}

bool command_refuse_rest(const char *name, const char *arguments)
{
    char word[SHOWN_NAME];
    bool has_more = command_word(&arguments, word, sizeof(word));
    if (has_more)
        console_printf("%s: '%s' is one word too many\n", name, word);
    return has_more;
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
