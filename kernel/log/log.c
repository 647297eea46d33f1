/*
 * A ring of records of one size, numbered without end from 1: record N lies in slot N % RECORDS,
 * and the newest ones overwrite the oldest. A writer takes its number in one atomic step and stamps
 * the record with it when it is complete, so a writer that interrupts another one (an interrupt
 * handler, even an NMI) just takes the next number. A reader copies the record and looks at the
 * stamp before and after: another number means overwritten, none means incomplete.
 *
 * Records of one size waste room on short lines. In return nothing has to be parsed, wrapped or
 * kept aligned, no lock is needed, and a line costs the same at any time.
 */
#include <assert.h>
#include <kernel/cpu/trap.h>
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <lib/format.h>
#include <lib/string.h>
#include <lib/utf8.h>

enum { RECORDS = 256 };

struct record {
    uint64_t number; /* 0 while it is being written */
    uint64_t time;   /* nanoseconds */
    enum log_level level;
    unsigned length; /* of the text, which a NUL ends */
    char text[LOG_TEXT];
};

static struct record ring[RECORDS];
static uint64_t newest;   /* the last number taken */
static uint64_t complete; /* how many records are complete: `newest`, unless one is being added */
static uint64_t shown;    /* the last number shown or skipped; at most `newest` */
static uint64_t lost;     /* records overwritten before they were shown, and not reported yet */
static bool flushing;     /* log_flush() is running, or a panic has begun */
static enum log_level shown_level = LOG_INFO;

static uint64_t (*clock_hook)(void);
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

void log_set_line_hooks(void (*before)(void), void (*after)(void))
{
    before_hook = before;
    after_hook = after;
}

static uint64_t newest_record(void)
{
    return __atomic_load_n(&newest, __ATOMIC_ACQUIRE);
}

static uint64_t oldest_record(void)
{
    uint64_t last = newest_record();
    return last > RECORDS ? last - RECORDS + 1 : 1;
}

/* Copies record `number` out; false when it is incomplete, or overwritten already or meanwhile. */
static bool read_record(uint64_t number, struct record *record)
{
    const struct record *slot = &ring[number % RECORDS];
    if (__atomic_load_n(&slot->number, __ATOMIC_ACQUIRE) != number)
        return false;
    memcpy(record, slot, sizeof(*record));
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return __atomic_load_n(&slot->number, __ATOMIC_ACQUIRE) == number;
}

enum { LINE = LOG_TEXT + 32 };

/* Returns the line's length. */
static size_t format_record(const struct record *record, char line[LINE])
{
    uint64_t microseconds = record->time / 1000;
    size_t length = (size_t)snprintf(line, LINE, "[%4lu.%06lu] ", microseconds / 1000000,
                                     microseconds % 1000000);
    memcpy(line + length, record->text, record->length);
    length += record->length;
    line[length++] = '\n';
    line[length] = '\0';
    return length;
}

/* Copies the next pending record of a level that is shown; false when there is none. */
static bool next_to_show(struct record *record)
{
    while (shown < newest_record()) {
        uint64_t oldest = oldest_record();
        if (shown + 1 < oldest) {
            lost += oldest - shown - 1;
            shown = oldest - 1;
        }
        if (ring[++shown % RECORDS].level > shown_level)
            continue; /* without a copy */
        /* A record that cannot be read has just been overwritten, or a panic has interrupted its
         * writer. */
        if (read_record(shown, record) && record->level <= shown_level)
            return true;
    }
    return false;
}

/* NULL: the default colour. */
static const char *colour_of(enum log_level level)
{
    static const char *const colours[] = {
        [LOG_ERROR] = "\033[91m", [LOG_WARNING] = "\033[93m", [LOG_DEBUG] = "\033[90m"};
    return level < ARRAY_SIZE(colours) ? colours[level] : NULL;
}

/* console_write_to() or console_log_to(). */
typedef void (*sink_writer)(struct console_sink *sink, const char *text, size_t length);

/* The colours go out with the line as one piece: nothing comes between them. */
static void print_coloured(struct console_sink *sink, sink_writer write, const char *colour,
                           const char *line, size_t length)
{
    char piece[LINE + 16];
    int size = snprintf(piece, sizeof(piece), "%s%.*s\033[0m\n", colour, (int)length - 1, line);
    ASSERT(size < (int)sizeof(piece));
    write(sink, piece, (size_t)size);
}

/* Only a screen shows colours. */
static void print_on(struct console_sink *sink, sink_writer write, enum log_level level,
                     const char *line, size_t length)
{
    const char *colour = sink->rows ? colour_of(level) : NULL;
    if (colour)
        print_coloured(sink, write, colour, line, length);
    else
        write(sink, line, length);
}

void log_print(enum log_level level, const char *line, size_t length)
{
    for (struct console_sink *sink = console_sinks(); sink; sink = sink->next)
        print_on(sink, console_write_to, level, line, length);
}

static void show_record(const struct record *record)
{
    char line[LINE];
    if (lost)
        console_printf("[log: %lu lines lost]\n", lost);
    lost = 0;
    size_t length = format_record(record, line);
    for (struct console_sink *sink = console_sinks(); sink; sink = sink->next)
        print_on(sink, console_log_to, record->level, line, length);
}

bool log_pending(void)
{
    return shown != newest_record();
}

/* Shows what is pending, lines that a handler adds meanwhile included, as long as there is room. */
static void show_pending(void)
{
    struct record record;
    if (!console_has_room() || !next_to_show(&record))
        return;
    if (before_hook)
        before_hook();
    console_fresh_line();
    do
        show_record(&record);
    while (console_has_room() && next_to_show(&record));
    if (after_hook)
        after_hook();
}

/* Has this code interrupted other code that is adding a line or showing something? */
static bool has_interrupted_writer(void)
{
    return flushing || console_busy() ||
           __atomic_load_n(&complete, __ATOMIC_ACQUIRE) != newest_record();
}

void log_flush(void)
{
    if (has_interrupted_writer() || !log_pending())
        return;
    __atomic_store_n(&flushing, true, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    show_pending();
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(&flushing, false, __ATOMIC_RELAXED);
}

void log_flush_panic(void)
{
    struct record record;
    flushing = true;
    console_fresh_line();
    while (next_to_show(&record))
        show_record(&record);
}

void log_show_again(struct console_sink *sink)
{
    struct record record;
    char line[LINE];
    for (uint64_t number = oldest_record(); number <= shown; number++) {
        if (!read_record(number, &record) || record.level > shown_level)
            continue;
        print_on(sink, console_log_to, record.level, line, format_record(&record, line));
    }
}

static void append(enum log_level level, const char *text, size_t length)
{
    uint64_t number = __atomic_add_fetch(&newest, 1, __ATOMIC_ACQ_REL);
    struct record *record = &ring[number % RECORDS];
    __atomic_store_n(&record->number, 0, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    record->time = clock_hook ? clock_hook() : 0;
    record->level = level;
    record->length = (unsigned)length;
    memcpy(record->text, text, length + 1);
    __atomic_store_n(&record->number, number, __ATOMIC_RELEASE);
    __atomic_add_fetch(&complete, 1, __ATOMIC_ACQ_REL);
}

void log_write(enum log_level level, const char *format, ...)
{
    static const char more[] = "...";
    char text[LOG_TEXT];
    va_list arguments;
    va_start(arguments, format);
    size_t length = (size_t)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length >= sizeof(text)) {
        length = sizeof(text) - 1;
        memcpy(text + sizeof(text) - sizeof(more), more, sizeof(more));
    }
    length = utf8_make_printable(text, length);
    text[length] = '\0';
    append(level, text, length);

    if (!in_interrupt())
        log_flush();
}

void log_for_each(void (*show)(void *context, enum log_level level, const char *line,
                               size_t length),
                  void *context)
{
    struct record record;
    char line[LINE];
    for (uint64_t number = oldest_record(); number <= newest_record(); number++) {
        if (!read_record(number, &record))
            continue;
        show(context, record.level, line, format_record(&record, line));
    }
}
