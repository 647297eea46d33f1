/*
 * Parses the kernel's command line: words separated by blanks, `key=value` or just `key`.
 */
#ifndef LIB_COMMAND_LINE_H
#define LIB_COMMAND_LINE_H

#include <types.h>

struct command_line_word {
    const char *key; /* not ended by a NUL */
    size_t key_length;
    const char *value; /* empty for a word without = */
    size_t value_length;
};

/* Finds the first word at or after *cursor, and moves *cursor to the place after it. The first call
 * passes the start of the line. False when no word is left. Any context. */
bool command_line_next(const char **cursor, struct command_line_word *word);

#endif
