/*
 * Virtual terminals: tty1 to tty6 share the display and the keyboard with the console, on whose
 * screen the monitor is. One of the seven is shown. The others go on in memory.
 *
 *     Alt+F1 ... Alt+F6, Alt+F12           show tty1 ... tty6, the console
 *     Shift+PageUp, Shift+PageDown         move the view of what has scrolled away
 */
#ifndef KERNEL_TTY_VIRTUAL_TERMINAL_H
#define KERNEL_TTY_VIRTUAL_TERMINAL_H

#include <kernel/log/screen.h>
#include <kernel/tty/tty.h>

enum { VIRTUAL_TERMINALS = 6, CONSOLE_SHOWN = 0 };

/* Have they been started? For a quick look. */
extern bool virtual_terminals_exist;

/* Makes the virtual terminals on the display of `screen`, which is the console's, or on none if it
 * is NULL. Shows the first one, with the log so far; without memory for it the console stays. In
 * set-up code. */
void virtual_terminals_start(struct screen *screen);

/* Shows a terminal, 1 to VIRTUAL_TERMINALS, or CONSOLE_SHOWN. ERROR_OUT_OF_FRAMES: there is no
 * memory for its screen, and nothing changes. In tasks, threads and set-up code. */
enum error virtual_terminal_show(unsigned number);

/* The number of the one that is shown. Any context. */
unsigned virtual_terminal_shown(void);

/* The terminal of that number, 1 to VIRTUAL_TERMINALS. Any context. */
struct tty *virtual_terminal(unsigned number);

/* Takes the bytes that one key has typed, if the key is meant for all this, or if it types at a
 * virtual terminal: the one that is shown. False: they are the console's. They have been started.
 * In tasks. */
bool virtual_terminals_type(const char *bytes, unsigned count);

#endif
