/*
 * The model of the line editor: an array of characters with a cursor, and the cells that a terminal
 * has to show.
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

/* Inserts a character at the cursor; does nothing if the line is full. */
void model_insert(const char *character);

/* Removes the characters from `from` up to `to`, and puts the cursor there. */
void model_erase(unsigned from, unsigned to);

/* The beginning of the word before the cursor, and the end of the one after it. */
unsigned model_word_start(void);
unsigned model_word_end(void);

/* Is this the text of the line? */
bool model_is(const char *line);

struct model_picture {
    unsigned row, column; /* of the cursor, from the prompt's first cell */
    const char *cells[STRICT_ROWS][STRICT_COLUMNS];
};

/* The cells of a terminal of that width; valid until the next call. */
const struct model_picture *model_picture(unsigned columns);

#endif
