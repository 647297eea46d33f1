/*
 * What the keys of the Linux console send (TERM=linux), from what those of xterm send.
 */
#ifndef KERNEL_TTY_CONSOLE_KEYS_H
#define KERNEL_TTY_CONSOLE_KEYS_H

#include <types.h>

enum { CONSOLE_KEY_MAX = 8 };

/* Writes what the console sends for a key for which xterm sends `count` > 1 bytes, and returns how
 * many bytes: 0 for a key that types nothing there. Any context. */
unsigned console_key(const char *bytes, unsigned count, char to[CONSOLE_KEY_MAX]);

#endif
