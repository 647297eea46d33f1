/*
 * What the line editor is held against: an array of characters with a cursor, and what a terminal
 * has to show of it.
 */
#ifndef TESTS_HOST_LINE_MODEL_H
#define TESTS_HOST_LINE_MODEL_H

#include <kernel/monitor/edit.h>

#include "strict_terminal.h"

extern struct line_model {
    char text[LINE_MAX][5];  /* strings of one character */
    unsigned length, cursor; /* in characters */
    size_t bytes;
} model;

/* The empty line. */
void model_reset(void);

/* Puts a character where the cursor is; nothing when the line is full. */
void model_insert(const char *character);

/* Takes the characters from `from` up to `to` out, and leaves the cursor there. */
void model_erase(unsigned from, unsigned to);

/* Where the word before the cursor begins, and where the one behind it ends. */
unsigned model_word_start(void);
unsigned model_word_end(void);

/* Is this the text of the line? */
bool model_is(const char *line);

struct model_picture {
    unsigned row, column; /* of the cursor, from the prompt's first cell */
    const char *cells[STRICT_ROWS][STRICT_COLUMNS];
};

/* What a terminal of that width has to show: valid until the next call. */
const struct model_picture *model_picture(unsigned columns);

#endif
