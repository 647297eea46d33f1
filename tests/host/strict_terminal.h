/*
 * A terminal that checks its input. It complains of output that real terminals treat differently
 * (an erasure or \b while the row is full), and of every sequence that it does not know.
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
    char character[5];     /* the bytes so far of an unfinished character */
    unsigned missing;      /* the bytes of it that are still to come */
    bool asked;            /* for the cursor's position, and not answered yet */
    const char *complaint; /* the first one, or NULL */
    void (*before_write)(void);
};

/* The only character that takes two cells, and the content of the second one. */
extern const char wide_character[], right_half[];

/* Sets the terminal's width; its cells stay. If `before_write` is not NULL, it is called before
 * each write. */
void strict_terminal_start(struct strict_terminal *terminal, unsigned columns,
                           void (*before_write)(void));

#endif
