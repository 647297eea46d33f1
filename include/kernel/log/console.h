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
     * not wait for its device, and is never entered twice at once, but for a panic. What it logs is
     * shown later. */
    void (*write)(struct console_sink *sink, const char *text, size_t length);
    /* Waits until all text that was kept is shown, with a limit for a device that is stuck. In the
     * same contexts. NULL: the sink keeps nothing. */
    void (*drain)(struct console_sink *sink);
    /* Does it have room for several kilobytes more? What is written all the same may be lost. Any
     * context. NULL: always. */
    bool (*has_room)(struct console_sink *sink);
    /* Moves what is seen by `lines` back into what has scrolled away, forward when negative. NULL:
     * a sink without a view of its own. */
    void (*view)(struct console_sink *sink, int lines);
    struct console_sink *next;

    /* What can be seen of it at a time; 0 rows: no limit, nothing is lost (a serial line), and then
     * 0 columns: not known. */
    unsigned rows, columns;
    unsigned row, column; /* the console's: how far it is in a report */
};

/* Adds a sink, and puts one in the place of another that was added. Screens come last, so that a
 * line that brings one down has been sent to the others. During set-up; a panic at any
 * moment finds all sinks or, in the second case, the one or the other. */
void console_add_sink(struct console_sink *sink);
void console_replace_sink(const struct console_sink *old, struct console_sink *new);

/* Shows text on every sink. Not in an interrupt handler, unless the system is ending in a panic. */
void console_write(const char *text, size_t length);
void console_printf(const char *format, ...) PRINTF(1, 2);
void console_vprintf(const char *format, va_list arguments) PRINTF(1, 0);

/* May the sinks keep text and show it later? Not at the start, nor from a panic's beginning on:
 * then each write waits until its text is shown. Where they may not any more, this waits as
 * console_flush() does. Any context. */
void console_set_buffered(bool is);

/* Waits until all sinks have shown what they keep, each with a limit: for the end of the system.
 * Any context. */
void console_flush(void);

/* Has every sink room for several kilobytes more? Any context. */
bool console_has_room(void);

/* The sinks, the first of a list by their `next`; and shows text on one of them alone, for what
 * depends on how wide it is. As console_write(). */
struct console_sink *console_sinks(void);
void console_write_to(struct console_sink *sink, const char *text, size_t length);

/* The rows and columns of the smallest screen; 25 and 80 when there is none. */
void console_size(unsigned *rows, unsigned *columns);

/* Moves every screen's view of what has scrolled away by half a screen, `halves` times: back, or
 * forward again when negative. Whatever is written next brings the view to the end again. */
void console_view(int halves);

/* Is text being written right now? Then this is a sink's own code, or a handler that interrupted
 * it. */
bool console_busy(void);

/* Begins a new line, unless the last character shown was a line's end or a return to its start. */
void console_fresh_line(void);

/* Begins a report that has to be read from its first line on: a sink with a limit shows only as
 * much of what follows as fits on it, the others show all. With `clear`, it begins at the top of a
 * blank screen. For panics: there is no way back. */
void console_begin_report(bool clear);

#endif
