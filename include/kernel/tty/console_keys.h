/*
 * Translates the bytes that xterm sends for a key to those of the Linux console (TERM=linux).
 */
#ifndef KERNEL_TTY_CONSOLE_KEYS_H
#define KERNEL_TTY_CONSOLE_KEYS_H

#include <types.h>

enum { CONSOLE_KEY_MAX = 8 };

/* Translates a key for which xterm sends the `count` > 1 bytes at `bytes`. Returns how many bytes
 * it has written to `to`: 0 for a key that the Linux console does not have. Other text is copied,
 * as much of it as fits. Any context. */
unsigned console_key(const char *bytes, unsigned count, char to[CONSOLE_KEY_MAX]);

#endif
