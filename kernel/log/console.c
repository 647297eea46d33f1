/*
 * The sinks are a list, and each gets the same bytes; only the line editor and the log write to
 * each its own. In a report, after which there is no scrolling back, a sink with rows gets no more
 * than fits. The console computes where the text comes to stand, and does not ask the sink: so it
 * works on a display that is half broken. A byte counts as a column, as it is one in a report.
 *
 * Formatted text is gathered first: a sink has a price for each call, its cursor among it.
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

/* How much of the text still fits on the sink. A newline in the last row would scroll, and so does
 * not. A line that fills its row begins no new one until there is more of it. */
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

/* Text at the start and in a panic: it is on the sink when this returns. */
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

void console_write(const char *text, size_t length)
{
    if (!length)
        return;
    busy = true;
    for (struct console_sink *sink = sinks; sink; sink = sink->next)
        show(sink, text, length);
    last = text[length - 1];
    busy = false;
}

void console_write_to(struct console_sink *sink, const char *text, size_t length)
{
    if (!length)
        return;
    busy = true;
    show(sink, text, length);
    last = text[length - 1];
    busy = false;
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

void console_begin_report(bool clear)
{
    /* The report may come in the midst of a sequence: CAN ends it. Then RIS, or DECSTR and, once
     * the line is over, ED: where the cursor is there may be text below. */
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
