/*
 * The linker lists the commands, sorted by name. A command gets the rest of its line as it was
 * typed, and takes the words from it one by one. It refuses a word that it cannot use, and prints
 * one line that says so.
 */
#include <assert.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <lib/number.h>
#include <lib/string.h>

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
    char name[COMMAND_WORD];
    if (!command_word(&line, name))
        return;
    const struct command *command = command_find(name, strlen(name));
    if (command)
        command->run(*line ? line + 1 : line);
    else
        console_printf("%s: unknown command; 'help' lists the commands\n", name);
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
    ASSERT(stop);
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

/* Returns how many of the first `length` bytes of a longer text are whole characters of UTF-8. */
static size_t whole_characters(const char *text, size_t length)
{
    while (length > 0 && (text[length] & 0xc0) == 0x80)
        length--;
    return length;
}

bool command_word(const char **arguments, char word[COMMAND_WORD])
{
    static const char cut[] = "...";
    const char *text = *arguments;
    size_t start, end;
    find_word(text, strlen(text), 0, &start, &end);
    size_t length = end - start;
    if (length > COMMAND_WORD - 1) {
        length = whole_characters(text + start, COMMAND_WORD - sizeof(cut));
        memcpy(word + length, cut, sizeof(cut));
    } else {
        word[length] = '\0';
    }
    memcpy(word, text + start, length);
    *arguments += end;
    return end > start;
}

bool command_address(const char *name, const char **arguments, virt_addr_t *address)
{
    char word[COMMAND_WORD];
    bool given = command_word(arguments, word);
    if (given && parse_hexadecimal(word, address))
        return true;
    if (given)
        console_printf("%s: '%s' is no hexadecimal address; try: %s ffffffff80100000\n", name, word,
                       name);
    else
        console_printf("%s: the address is missing; try: %s ffffffff80100000\n", name, name);
    return false;
}

bool command_refuse_rest(const char *name, const char *arguments)
{
    char word[COMMAND_WORD];
    bool has_more = command_word(&arguments, word);
    if (has_more)
        console_printf("%s: '%s' is one word too many\n", name, word);
    return has_more;
}

bool command_refuse_arguments(const char *name, const char *arguments)
{
    char word[COMMAND_WORD];
    bool has_any = command_word(&arguments, word);
    if (has_any)
        console_printf("%s: takes no arguments, but was given '%s'\n", name, word);
    return has_any;
}
