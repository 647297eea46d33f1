/*
 * Both lines are copied into one buffer and cut into words in place, because there is no heap yet.
 * A later word with the same key replaces an earlier one. So the words of fw_cfg, from the program
 * that has started QEMU, override those of GRUB's menu.
 */
#include <assert.h>
#include <drivers/fw_cfg.h>
#include <kernel/log/log.h>
#include <kernel/options.h>
#include <lib/command_line.h>
#include <lib/string.h>
#include <section.h>

/* A word and the blank after it take at least two characters. */
enum { LINE = 2048, MAX_WORDS = LINE / 2 };

SECTION_ARRAY(struct option, options);

static char line[LINE]; /* both lines; a NUL replaces the character after each key and value */
static const char *unknown[MAX_WORDS];
static size_t unknown_count;
static const char *arguments[OPTIONS_MAX_ARGUMENTS];
static size_t argument_count;

static void set(const char *key, const char *value)
{
    bool known = false;
    section_for_each(struct option, option, options) {
        if (strcmp(option->key, key) == 0) {
            *option->value = value;
            known = true;
        }
    }
    ASSERT(unknown_count < MAX_WORDS);
    if (!known)
        unknown[unknown_count++] = key;
}

static bool is_separator(const struct command_line_word *word)
{
    return word->key_length == 2 && memcmp(word->key, "--", 2) == 0;
}

/* Splits a line up in place, and sets the option of each word. Words behind `--` are arguments
 * instead, and replace those of an earlier line. */
static void split(const char *cursor)
{
    struct command_line_word word;
    bool options = true;
    while (command_line_next(&cursor, &word)) {
        bool last = *cursor == '\0';
        line[word.value + word.value_length - line] = '\0';
        if (options && is_separator(&word)) {
            options = false;
            argument_count = 0;
        } else if (options) {
            line[word.key + word.key_length - line] = '\0';
            set(word.key, word.value);
        } else if (argument_count < OPTIONS_MAX_ARGUMENTS) {
            arguments[argument_count++] = word.key;
        }
        if (last)
            break;
        cursor++;
    }
}

void options_init(const struct boot_info *info)
{
    size_t length = string_copy(line, info->command_line, sizeof(line));
    char *second = line + length + 1;
    enum error error = fw_cfg_read_file("opt/cairn/cmdline", second, sizeof(line) - length - 1);
    split(line);
    split(second);
    if (info->command_line_cut || error == ERROR_FULL)
        log_warn("options: the command line is too long and was cut");
    else if (error && error != ERROR_NO_DEVICE)
        log_warn("options: opt/cairn/cmdline cannot be read (%s)", error_name(error));
}

void options_log_unknown(void)
{
    for (size_t i = 0; i < unknown_count; i++)
        log_warn("options: '%s' is not known; ignored", unknown[i]);
    unknown_count = 0;
}

size_t options_arguments(const char *const **words)
{
    *words = arguments;
    return argument_count;
}

bool option_is(const char *value, const char *word)
{
    return value && strcmp(value, word) == 0;
}

bool option_is_on(const char *value)
{
    return value && !option_is(value, "0");
}
