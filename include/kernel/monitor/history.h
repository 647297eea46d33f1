/*
 * The lines that were entered, as many as there is room for, and a position among them. Pure.
 */
#ifndef KERNEL_MONITOR_HISTORY_H
#define KERNEL_MONITOR_HISTORY_H

#include <types.h>

enum { HISTORY_BYTES = 8192 };

/* All zeros is an empty history. */
struct history {
    size_t used;
    size_t at;                 /* the beginning of the current line; == used: none */
    char lines[HISTORY_BYTES]; /* the oldest first, each ended by a NUL */
};

/* Adds a line, unless it is empty, too long or equal to the last one, and goes to the end. Drops
 * the oldest lines to make room. */
void history_add(struct history *history, const char *line);

/* Go to the next older line, or to the next newer one, and return it, valid until history_add(). At
 * the oldest line history_older() stays and returns NULL. history_newer() returns "" when it leaves
 * the newest line for the end, and NULL if it is at the end already. */
const char *history_older(struct history *history);
const char *history_newer(struct history *history);

#endif
