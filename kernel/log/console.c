/*
 * The sinks form a list, and each gets the same bytes, except from callers of console_write_to(),
 * which writes to one of them. After a report the screen cannot scroll back, so a screen gets only
 * as much of the report as fits. The console computes the place of the text, and does not ask the
 * sink; so this works on a display that is half broken. Each byte counts as a column, as is true of
 * a report's text.
 *
 * Formatted text is gathered first, since each call costs a sink an update of its cursor.
 */
#include <kernel/log/console.h>
#include <lib/format.h>
#include <lib/string.h>

static struct console_sink *sinks;
static char last = '\n'; /* the last character shown */
static bool busy;        /* a sink is being written to */
static bool buffered;    /* sinks may keep text and show it later */
static bool in_report;   /* a panic's; it stays so to the end */

void console_add_sink(struct console_sink *sink)
{
    struct console_sink **link = &sinks;
    while (sink->rows && *link)
        link = &(*link)->next;
    sink->next = *link;
    __atomic_store_n(link, sink, __ATOMIC_RELEASE);
}

void console_replace_sink(const struct console_sink *old, struct console_sink *new)
{
    struct console_sink **link = &sinks;
    while (*link != old)
        link = &(*link)->next;
    new->next = old->next;
    __atomic_store_n(link, new, __ATOMIC_RELEASE);
}

static size_t line_length(const char *text, size_t length)
{
    size_t at = 0;
    while (at < length && text[at] != '\n')
        at++;
    return at;
}

/* Returns how many bytes of the text still fit on the sink, and moves the sink's place behind them.
 * A newline in the last row does not fit, since it would scroll. A line that fills its row goes on
 * in the next one only with its next character. */
static size_t length_that_fits(struct console_sink *sink, const char *text, size_t length)
{
    size_t fits = 0;
    while (fits < length) {
        size_t visible = line_length(text + fits, length - fits);
        size_t room = (size_t)(sink->rows - sink->row) * sink->columns - sink->column;
        unsigned cells = sink->column + (unsigned)MIN(visible, room);
        bool ends = fits + visible < length;
        sink->row += cells ? (cells - 1) / sink->columns : 0;
        sink->column = cells ? (cells - 1) % sink->columns + 1 : 0;
        if (visible > room || (ends && sink->row + 1 == sink->rows)) {
            sink->row = sink->rows;
            return fits + MIN(visible, room);
        }
        sink->row += ends;
        sink->column = ends ? 0 : sink->column;
        fits += visible + ends;
    }
    return fits;
}

static void drain(struct console_sink *sink)
{
    if (sink->drain)
        sink->drain(sink);
}

/* Shows text at the start and in a panic: it is on the sink when this function returns. */
static void show_at_once(struct console_sink *sink, const char *text, size_t length)
{
    if (in_report && sink->rows)
        length = sink->row < sink->rows ? length_that_fits(sink, text, length) : 0;
    if (length)
        sink->write(sink, text, length);
    drain(sink);
}

static void show(struct console_sink *sink, const char *text, size_t length)
{
    if (buffered)
        sink->write(sink, text, length);
    else
        show_at_once(sink, text, length);
}

void console_flush(void)
{
    for (struct console_sink *sink = sinks; sink; sink = sink->next)
        drain(sink);
}

void console_set_buffered(bool is)
{
    buffered = is;
    if (!is)
        console_flush();
}

bool console_has_room(void)
{
    for (struct console_sink *sink = sinks; sink; sink = sink->next) {
        if (sink->has_room && !sink->has_room(sink))
            return false;
    }
    return true;
}

/* Does the sink show text that is no line of the log? */
static inline bool takes_text(const struct console_sink *sink)
{
    return !sink->log_only || in_report;
}

void console_write(const char *text, size_t length)
{
    if (!length)
        return;
    busy = true;
    for (struct console_sink *sink = sinks; sink; sink = sink->next) {
        if (takes_text(sink))
            show(sink, text, length);
    }
    last = text[length - 1];
    busy = false;
}

void console_log_to(struct console_sink *sink, const char *text, size_t length)
{
    if (!length)
        return;
    busy = true;
    show(sink, text, length);
    last = text[length - 1];
    busy = false;
}

void console_write_to(struct console_sink *sink, const char *text, size_t length)
{
    if (takes_text(sink))
        console_log_to(sink, text, length);
}

struct console_sink *console_sinks(void)
{
    return sinks;
}

void console_size(unsigned *rows, unsigned *columns)
{
    *rows = 0;
    for (const struct console_sink *sink = sinks; sink; sink = sink->next) {
        if (!sink->rows)
            continue;
        *columns = *rows ? MIN(*columns, sink->columns) : sink->columns;
        *rows = *rows ? MIN(*rows, sink->rows) : sink->rows;
    }
    if (!*rows) {
        *rows = 25;
        *columns = 80;
    }
}

void console_view(int halves)
{
    busy = true;
    for (struct console_sink *sink = sinks; sink; sink = sink->next) {
        if (sink->view)
            sink->view(sink, halves * (int)MAX(sink->rows / 2, 1u));
    }
    busy = false;
}

bool console_busy(void)
{
    return busy;
}

static void write_to_screens(const char *text)
{
    for (struct console_sink *sink = sinks; sink; sink = sink->next) {
        if (sink->rows)
            sink->write(sink, text, strlen(text));
    }
}

static void (*report_hook)(void);

void console_set_report_hook(void (*hook)(void))
{
    report_hook = hook;
}

void console_begin_report(bool clear)
{
    if (report_hook)
        report_hook();
    /* The report may interrupt a control sequence; CAN ends it. RIS clears the screen. Without it,
     * DECSTR resets the modes, and ED clears the rows below the cursor after the line has ended. */
    write_to_screens(clear ? "\030\033c" : "\030\033[!p");
    console_fresh_line();
    write_to_screens("\033[J");
    in_report = true;
    for (struct console_sink *sink = sinks; sink; sink = sink->next)
        sink->row = sink->column = 0;
}

/* Formatted text is gathered, so that a sink gets a line as a whole, not in pieces. */
struct gatherer {
    size_t length;
    char text[120];
};

static void flush_gathered(struct gatherer *gatherer)
{
    console_write(gatherer->text, gatherer->length);
    gatherer->length = 0;
}

static void gather(void *context, const char *text, size_t length)
{
    struct gatherer *gatherer = context;
    if (gatherer->length + length > sizeof(gatherer->text))
        flush_gathered(gatherer);
    if (length > sizeof(gatherer->text)) {
        console_write(text, length);
        return;
    }
    memcpy(gatherer->text + gatherer->length, text, length);
    gatherer->length += length;
}

void console_vprintf(const char *format, va_list arguments)
{
    struct gatherer gatherer;
    gatherer.length = 0;
    format_to(gather, &gatherer, format, arguments);
    flush_gathered(&gatherer);
}

void console_printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    console_vprintf(format, arguments);
    va_end(arguments);
}

void console_fresh_line(void)
{
    if (last != '\n' && last != '\r')
        console_write("\n", 1);
}
