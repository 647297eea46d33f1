#include <kernel/log/console.h>
#include <lib/format.h>

static struct console_sink *sinks;
static char last = '\n';
static bool busy;

void console_add_sink(struct console_sink *sink)
{
    sink->next = sinks;
    sinks = sink;
}

void console_write(const char *text, size_t length)
{
    if (!length)
        return;
    busy = true;
    for (struct console_sink *sink = sinks; sink; sink = sink->next)
        sink->write(sink, text, length);
    last = text[length - 1];
    busy = false;
}

bool console_busy(void)
{
    return busy;
}

static void format_sink_console(void *context, const char *text, size_t length)
{
    (void)context;
    console_write(text, length);
}

void console_printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_to(format_sink_console, NULL, format, arguments);
    va_end(arguments);
}

void console_fresh_line(void)
{
    if (last != '\n' && last != '\r')
        console_write("\n", 1);
}
