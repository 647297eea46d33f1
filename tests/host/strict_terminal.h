/*
 * A terminal that takes no liberties: what real ones do not agree about (an erasure or \b in a row
 * that is just full) is a complaint, and so is every sequence that it does not know.
 */
#ifndef TESTS_HOST_STRICT_TERMINAL_H
#define TESTS_HOST_STRICT_TERMINAL_H

#include <kernel/log/console.h>
#include <lib/ecma48.h>

enum { STRICT_ROWS = 70, STRICT_COLUMNS = 132 /* at most */ };

struct strict_terminal {
    struct console_sink sink;
    unsigned columns, row, column;              /* column == columns: the row is full */
    char cells[STRICT_ROWS][STRICT_COLUMNS][5]; /* strings of one character, or empty */
    struct ecma48 parser;
    char character[5]; /* as much of it as has come */
    unsigned missing;
    bool asked;            /* for the cursor's position */
    const char *complaint; /* the first one, or NULL */
    void (*before_write)(void);
};

/* The character that takes two cells, and what stands in the second one. */
extern const char wide_character[], right_half[];

/* Makes the terminal as wide as this; what it shows stays. `before_write`, if it is not NULL, is
 * called before each write. */
void strict_terminal_start(struct strict_terminal *terminal, unsigned columns,
                           void (*before_write)(void));

#endif
