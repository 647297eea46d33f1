/*
 * `log`: shows the lines in the log's ring.
 */
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <kernel/monitor/command.h>
#include <lib/number.h>

/* The lines that were asked for: those up to a level, and of these the last ones. */
struct selection {
    enum log_level highest;
    uint64_t count; /* how many lines up to that level there are */
    uint64_t last;  /* how many of them are printed at most */
    uint64_t seen;  /* how many of them print_line() has seen */
};

static void count_line(void *context, enum log_level level, const char *line, size_t length)
{
    struct selection *selection = context;
    (void)line;
    (void)length;
    selection->count += level <= selection->highest;
}

static void print_line(void *context, enum log_level level, const char *line, size_t length)
{
    struct selection *selection = context;
    if (level > selection->highest)
        return;
    if (selection->count - selection->seen++ <= selection->last)
        log_print(level, line, length);
}

static const char *level_name(size_t index)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    return index < ARRAY_SIZE(names) ? names[index] : NULL;
}

COMMAND(log, "LEVEL N", "show the log again", .words = level_name,
        .details = "With a LEVEL, error, warning, info or debug, only lines of that level and\n"
                   "more severe ones. With a number, the last N of them. Either may be left out.\n")
{
    struct selection selection = {.highest = LOG_DEBUG, .last = UINT64_MAX};
    char word[COMMAND_WORD];
    bool given = command_word(&arguments, word);
    if (given && log_parse_level(word, &selection.highest) == OK)
        given = command_word(&arguments, word);
    if (given && !parse_number(word, &selection.last)) {
        console_printf("log: '%s' is neither error, warning, info, debug nor a number of lines\n",
                       word);
        return;
    }
    if (command_refuse_rest("log", arguments))
        return;
    log_for_each(count_line, &selection);
    log_for_each(print_line, &selection);
}
