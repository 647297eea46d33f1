/*
 * A ring of records of one size, numbered without end: record N lives in slot N % RECORDS, and the
 * newest ones overwrite the oldest. Two numbers say it all: `written` records exist, `shown` of
 * them have been shown. A writer fills its slot with interrupts masked; a reader copies the slot
 * out with interrupts masked and prints the copy at leisure.
 *
 * Records of one size waste room on short lines. In return nothing has to be parsed, wrapped or
 * kept aligned, and a line costs the same at any time.
 */
#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <lib/format.h>
#include <lib/string.h>

enum { RECORDS = 256 };

struct record {
    uint64_t time; /* nanoseconds */
    enum log_level level;
    char text[LOG_TEXT];
};

static struct record ring[RECORDS];
static volatile uint64_t written; /* interrupt handlers add to it */
static uint64_t shown;
static bool flushing;
static enum log_level shown_level = LOG_INFO;

static uint64_t (*clock_hook)(void);
static void (*pending_hook)(void);
static void (*before_hook)(void);
static void (*after_hook)(void);

static const char *const level_names[] = {
    [LOG_ERROR] = "error",
    [LOG_WARNING] = "warning",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

void log_set_level(enum log_level level)
{
    shown_level = level;
}

enum error log_parse_level(const char *word, enum log_level *level)
{
    for (enum log_level i = LOG_ERROR; i <= LOG_DEBUG; i++) {
        if (strcmp(word, level_names[i]) == 0) {
            *level = i;
            return OK;
        }
    }
    return ERROR_INVALID;
}

void log_set_clock(uint64_t (*clock)(void))
{
    clock_hook = clock;
}

void log_set_pending_hook(void (*pending)(void))
{
    pending_hook = pending;
}

void log_set_line_hooks(void (*before)(void), void (*after)(void))
{
    before_hook = before;
    after_hook = after;
}

/* Copies record `number` out; false when it is overwritten already or not yet written. */
static bool read_record(uint64_t number, struct record *record)
{
    uint64_t flags = interrupts_save();
    bool there = number < written && written - number <= RECORDS;
    if (there)
        memcpy(record, &ring[number % RECORDS], sizeof(*record));
    interrupts_restore(flags);
    return there;
}

static uint64_t oldest_record(void)
{
    uint64_t flags = interrupts_save();
    uint64_t oldest = written > RECORDS ? written - RECORDS : 0;
    interrupts_restore(flags);
    return oldest;
}

enum { LINE = LOG_TEXT + 32 };

static void format_record(const struct record *record, char line[LINE])
{
    uint64_t microseconds = record->time / 1000;
    snprintf(line, LINE, "[%4lu.%06lu] %s", microseconds / 1000000, microseconds % 1000000,
             record->text);
}

/* Shows all that is pending. A line that an interrupt handler adds meanwhile is shown as well. */
static void show_pending(void)
{
    struct record record;
    char line[LINE];
    while (shown < written) {
        uint64_t oldest = oldest_record();
        if (shown < oldest) {
            console_printf("[log: %lu lines lost]\n", oldest - shown);
            shown = oldest;
        }
        if (!read_record(shown, &record))
            continue; /* overwritten since the look: look again */
        shown++;
        if (record.level > shown_level)
            continue;
        format_record(&record, line);
        console_printf("%s\n", line);
    }
}

void log_flush(void)
{
    if (flushing || shown == written)
        return;
    flushing = true;
    if (before_hook)
        before_hook();
    console_fresh_line();
    show_pending();
    if (after_hook)
        after_hook();
    flushing = false;
}

void log_flush_panic(void)
{
    flushing = true;
    console_fresh_line();
    show_pending();
}

static void append(enum log_level level, const char *text, size_t size)
{
    uint64_t flags = interrupts_save();
    struct record *record = &ring[written % RECORDS];
    record->time = clock_hook ? clock_hook() : 0;
    record->level = level;
    memcpy(record->text, text, size);
    written++;
    interrupts_restore(flags);
}

void log_write(enum log_level level, const char *format, ...)
{
    char text[LOG_TEXT];
    va_list arguments;
    va_start(arguments, format);
    size_t length = (size_t)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length >= sizeof(text)) {
        length = sizeof(text) - 1;
        memcpy(text + length - 3, "...", 3);
    }
    append(level, text, length + 1);

    if (!in_interrupt())
        log_flush();
    else if (pending_hook)
        pending_hook();
}

void log_for_each(void (*show)(void *context, enum log_level level, const char *line),
                  void *context)
{
    struct record record;
    char line[LINE];
    for (uint64_t number = oldest_record(); read_record(number, &record); number++) {
        format_record(&record, line);
        show(context, record.level, line);
    }
}
