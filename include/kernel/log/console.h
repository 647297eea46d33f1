/*
 * The console: one stream of text, UTF-8, that every sink (screen, serial line) shows. Sinks take
 * the control sequences of a terminal, those that lib/terminal.h lists.
 *
 * For code that runs in tasks and during set-up; an interrupt handler uses the log, which can wait.
 */
#ifndef KERNEL_LOG_CONSOLE_H
#define KERNEL_LOG_CONSOLE_H

#include <types.h>

/* A device that shows text; the driver embeds it. */
struct console_sink {
    /* Shows the text, or keeps it and shows it later. Runs in tasks and set-up code, in the timer's
     * interrupt handler when a task does not let others run, and in a panic in any context. It does
     * not wait for its device, and is not called again before it has returned, except by a panic.
     * Lines that it logs are shown later. */
    void (*write)(struct console_sink *sink, const char *text, size_t length);
    /* Waits until all text that was kept is shown, with a limit for a device that is stuck. In the
     * same contexts. NULL: the sink keeps nothing. */
    void (*drain)(struct console_sink *sink);
    /* Does it have room for several kilobytes more? Text that is written without room may be lost.
     * Any context. NULL: always. */
    bool (*has_room)(struct console_sink *sink);
    /* Moves the view by `lines` rows back into the text that has scrolled away, or forward if
     * negative. NULL: the sink has no view. */
    void (*view)(struct console_sink *sink, int lines);
    /* Show only the log's lines and reports, since a program's terminal has the device. */
    bool log_only;
    struct console_sink *next;

    /* How much of the text is visible at a time. 0 rows: there is no limit, and nothing is lost (a
     * serial line); 0 columns: the width is not known. */
    unsigned rows, columns;
    unsigned row, column; /* how far a report has come; only the console uses them */
};

/* Adds a sink, and replaces a sink by another one. Screens come last, so that a line on which a
 * screen crashes has reached the other sinks. During set-up. A panic at any moment finds a complete
 * list, with the old sink or the new one. */
void console_add_sink(struct console_sink *sink);
void console_replace_sink(const struct console_sink *old, struct console_sink *new);

/* Shows text on every sink. Not in an interrupt handler, unless the system is ending in a panic. */
void console_write(const char *text, size_t length);
void console_printf(const char *format, ...) PRINTF(1, 2);
void console_vprintf(const char *format, va_list arguments) PRINTF(1, 0);

/* May the sinks keep text and show it later? Not at the start, nor from a panic's beginning on:
 * then each write waits until its text is shown. With false, the function waits as console_flush()
 * does. Any context. */
void console_set_buffered(bool is);

/* Waits until all sinks have shown what they keep, each with a limit: for the end of the system.
 * Any context. */
void console_flush(void);

/* Has every sink room for several kilobytes more? Any context. */
bool console_has_room(void);

/* Returns the first sink; `next` leads to the others. console_write_to() shows text on one sink
 * only, for text that depends on its width; console_log_to() does so even if the sink is for the
 * log only. In the contexts of console_write(). */
struct console_sink *console_sinks(void);
void console_write_to(struct console_sink *sink, const char *text, size_t length);
void console_log_to(struct console_sink *sink, const char *text, size_t length);

/* The rows and columns of the smallest screen; 25 and 80 when there is none. */
void console_size(unsigned *rows, unsigned *columns);

/* Moves every screen's view by half a screen, `halves` times: back into the text that has scrolled
 * away, or forward if negative. The next write returns the view to the end. */
void console_view(int halves);

/* Is text being written right now? Then the caller is a sink's own code, or an interrupt handler
 * that has interrupted it. */
bool console_busy(void);

/* Begins a new line, unless the last character shown was a line's end or a return to its start. */
void console_fresh_line(void);

/* Begins a report, whose first lines have to stay visible: a screen shows only as much of the text
 * that follows as fits on it; the other sinks show all. With `clear`, the report begins at the top
 * of a blank screen. For panics: a report does not end. */
void console_begin_report(bool clear);

/* Registers a callback for a report's beginning, which makes the console's screen visible. It runs
 * in a panic in any context. During set-up. */
void console_set_report_hook(void (*hook)(void));

#endif
