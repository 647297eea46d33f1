/*
 * The console: one stream of text that every sink (screen, serial line) shows. Sinks take the
 * control sequences of a terminal: \r, \n, \b, and the few of ECMA-48 that drivers/vga_text.h
 * lists.
 *
 * For code that runs in tasks and during set-up; an interrupt handler uses the log, which can wait.
 */
#ifndef KERNEL_LOG_CONSOLE_H
#define KERNEL_LOG_CONSOLE_H

#include <types.h>

/* A device that shows text; the driver embeds it. `write` must end in bounded time even if the
 * device is stuck. It is never entered twice at once, but for a panic; what it logs itself is shown
 * later. */
struct console_sink {
    void (*write)(struct console_sink *sink, const char *text, size_t length);
    struct console_sink *next;
};

/* Adds a sink, for ever. During set-up. */
void console_add_sink(struct console_sink *sink);

/* Shows text on every sink. Not in an interrupt handler, unless the system is ending in a panic. */
void console_write(const char *text, size_t length);
void console_printf(const char *format, ...) PRINTF(1, 2);

/* Is text being written right now? Then this is a sink's own code, or a handler that interrupted
 * it. */
bool console_busy(void);

/* Begins a new line, unless the last character shown was a line's end or a return to its start. */
void console_fresh_line(void);

#endif
