#include <kernel/log/screen.h>

/* The console's lines end with LF alone. */
static void write(struct console_sink *sink, const char *text, size_t length)
{
    terminal_write_lines(&CONTAINER_OF(sink, struct screen, sink)->terminal, text, length);
}

static void view(struct console_sink *sink, int lines)
{
    terminal_view(&CONTAINER_OF(sink, struct screen, sink)->terminal, lines);
}

enum error screen_init(struct screen *screen, struct terminal_display *display, void *memory,
                       size_t size)
{
    screen->sink.write = write;
    screen->sink.view = view;
    screen->sink.rows = display->rows;
    screen->sink.columns = display->columns;
    return terminal_init(&screen->terminal, display, memory, size);
}
