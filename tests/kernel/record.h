/*
 * What the console has shown and what the log holds, for tests to search.
 */
#ifndef TESTS_KERNEL_RECORD_H
#define TESTS_KERNEL_RECORD_H

#include <types.h>

/* Records what the console shows from now on, and forgets what was recorded before. */
void record_start(void);

/* What was recorded, as a string; as much of it as there is room for, 64 KiB. */
const char *record_text(void);

/* How often `text` stands in what was recorded. */
unsigned record_count(const char *text);

/* Has `call` called once, after the next byte that is recorded: in the midst of what is shown. */
void record_interrupt(void (*call)(void));

/* How many of the lines in the log's ring, shown or not, contain `text`. */
unsigned log_count(const char *text);

#endif
