/*
 * Lets tests search what the console has shown and what the log holds.
 */
#ifndef TESTS_KERNEL_RECORD_H
#define TESTS_KERNEL_RECORD_H

#include <types.h>

/* Records what the console shows from now on; an earlier record is dropped. */
void record_start(void);

/* The record as a string, up to 64 KiB of it. */
const char *record_text(void);

/* The number of times that the record contains `text`. */
unsigned record_count(const char *text);

/* Calls `call` once, after the next byte is recorded: in the middle of a write. */
void record_interrupt(void (*call)(void));

/* The number of lines in the log's ring, shown or not, that contain `text`. */
unsigned log_count(const char *text);

#endif
