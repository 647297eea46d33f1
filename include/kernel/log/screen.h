/*
 * A screen: a console sink that is a terminal on a display.
 */
#ifndef KERNEL_LOG_SCREEN_H
#define KERNEL_LOG_SCREEN_H

#include <kernel/log/console.h>
#include <lib/terminal.h>

struct screen {
    struct console_sink sink;
    struct terminal terminal;
};

/* Clears the display and initialises `screen->sink`, which the caller then adds to the console.
 * `memory` is the terminal's; errors are those of terminal_init(). During set-up. */
enum error screen_init(struct screen *screen, struct terminal_display *display, void *memory,
                       size_t size);

#endif
