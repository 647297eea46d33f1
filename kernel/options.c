/*
 * Both lines are put into one buffer and cut into words in place, for there is no heap yet. A word
 * is looked for from the end, so that a later one wins: fw_cfg, by which a program starts the
 * machine, has the last word over the menu.
 */
#include <assert.h>
#include <drivers/fw_cfg.h>
#include <kernel/log/log.h>
#include <kernel/options.h>
#include <lib/command_line.h>
#include <lib/string.h>

/* A word and the blank after it are two characters, so the table cannot fill up. */
enum { LINE = 2048, MAX_OPTIONS = LINE / 2 };

static char line[LINE]; /* both lines; the words' ends are overwritten with NULs */

static struct {
    const char *key;
    const char *value;
} options[MAX_OPTIONS];
static size_t option_count;

/* Splits the line up. A word is cut off in place, once the one behind it has been found. */
static void split(void)
{
    struct command_line_word word;
    const char *cursor = line;
    while (command_line_next(&cursor, &word)) {
        ASSERT(option_count < MAX_OPTIONS);
        options[option_count].key = word.key;
        options[option_count].value = word.value;
        bool last = *cursor == '\0';
        line[word.key + word.key_length - line] = '\0';
        line[word.value + word.value_length - line] = '\0';
        option_count++;
        if (last)
            break;
        cursor++;
    }
}

void options_init(const struct boot_info *info)
{
    option_count = 0;
    size_t length = string_copy(line, info->command_line, sizeof(line));
    line[length++] = ' ';
    enum error error = fw_cfg_read_file("opt/cairn/cmdline", line + length, sizeof(line) - length);
    split();
    if (info->command_line_cut || error == ERROR_FULL)
        log_warn("options: the command line is too long and was cut");
}

const char *options_get(const char *key)
{
    for (size_t i = option_count; i > 0; i--) {
        if (strcmp(options[i - 1].key, key) == 0)
            return options[i - 1].value;
    }
    return NULL;
}

bool options_is_set(const char *key)
{
    const char *value = options_get(key);
    return value && strcmp(value, "0") != 0;
}

static bool is_known(const char *key, const char *const known[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(key, known[i]) == 0)
            return true;
    }
    return false;
}

void options_log_unknown(const char *const known[], size_t count)
{
    for (size_t i = 0; i < option_count; i++) {
        if (!is_known(options[i].key, known, count))
            log_warn("options: '%s' is not known; ignored", options[i].key);
    }
}
