/*
 * Virtual terminals: tty1 to tty6 share the display and the keyboard with the console, which shows
 * the monitor. One of the seven is shown. The others go on in memory.
 *
 *     Alt+F1 ... Alt+F6, Alt+F12           show tty1 ... tty6, the console
 *     Shift+PageUp, Shift+PageDown         move the view of what has scrolled away
 */
#ifndef KERNEL_TTY_VIRTUAL_TERMINAL_H
#define KERNEL_TTY_VIRTUAL_TERMINAL_H

#include <kernel/log/screen.h>
#include <kernel/tty/tty.h>

enum { VIRTUAL_TERMINALS = 6, CONSOLE_SHOWN = 0 };

/* Has virtual_terminals_start() run? A variable, since each key looks at it. Any context. */
extern bool virtual_terminals_exist;

/* Makes the virtual terminals on the display of `screen`, the console's (NULL: on none). Shows
 * tty1, with the log so far; without memory for it the console stays visible. In set-up code. */
void virtual_terminals_start(struct screen *screen);

/* Shows a terminal, 1 to VIRTUAL_TERMINALS, or CONSOLE_SHOWN. ERROR_OUT_OF_FRAMES: there is no
 * memory for its screen, and nothing changes. In tasks, threads and set-up code. */
enum error virtual_terminal_show(unsigned number);

/* The number of the one that is shown. Any context. */
unsigned virtual_terminal_shown(void);

/* The terminal of that number, 1 to VIRTUAL_TERMINALS. Any context. */
struct tty *virtual_terminal(unsigned number);

/* Takes the bytes of one key. A key that shows another terminal or moves the view does that; any
 * other key types at the virtual terminal that is shown. Returns false if the console is shown: the
 * key is the monitor's. After virtual_terminals_start(), in tasks. */
bool virtual_terminals_type(const char *bytes, unsigned count);

#endif
