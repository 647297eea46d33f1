/*
 * The lines that were entered, for as long as there is room for them, and a place among them.
 *
 * Pure.
 */
#ifndef KERNEL_MONITOR_HISTORY_H
#define KERNEL_MONITOR_HISTORY_H

#include <types.h>

enum { HISTORY_BYTES = 8192 };

/* All zeros is an empty history. */
struct history {
    size_t used;
    size_t at;                 /* where the line begins that was gone to; == used: none */
    char lines[HISTORY_BYTES]; /* the oldest first, a NUL behind each */
};

/* Adds a line, unless it is empty, too long or the same as the last one, and goes to the end. The
 * oldest ones make room for it. */
void history_add(struct history *history, const char *line);

/* Goes to the next older line, or the next newer one, and returns it, valid until history_add().
 * At the oldest one history_older() stays and returns NULL. history_newer() returns "" when it
 * comes from the newest one to the end, and NULL when it is there already. */
const char *history_older(struct history *history);
const char *history_newer(struct history *history);

#endif
