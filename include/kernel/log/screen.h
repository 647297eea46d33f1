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

/* Clears the display and makes `screen->sink` ready to be added to the console. The memory is as
 * for terminal_init(), which may fail. During set-up. */
enum error screen_init(struct screen *screen, struct terminal_display *display, void *memory,
                       size_t size);

#endif
