/*
 * Both lines are copied into one buffer and cut into words in place, because there is no heap yet.
 * A later word with the same key replaces an earlier one. So the words of fw_cfg, which a program
 * that starts QEMU passes, override those of GRUB's menu.
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

/* Splits the line up in place, and sets the option of each word. */
static void split(void)
{
    struct command_line_word word;
    const char *cursor = line;
    while (command_line_next(&cursor, &word)) {
        bool last = *cursor == '\0';
        line[word.key + word.key_length - line] = '\0';
        line[word.value + word.value_length - line] = '\0';
        set(word.key, word.value);
        if (last)
            break;
        cursor++;
    }
}

void options_init(const struct boot_info *info)
{
    size_t length = string_copy(line, info->command_line, sizeof(line));
    line[length++] = ' ';
    enum error error = fw_cfg_read_file("opt/cairn/cmdline", line + length, sizeof(line) - length);
    split();
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

bool option_is(const char *value, const char *word)
{
    return value && strcmp(value, word) == 0;
}

bool option_is_on(const char *value)
{
    return value && !option_is(value, "0");
}
