/*
 * Executes the sequences that a terminal's parser has completed. For the task that has the
 * terminal.
 */
#ifndef LIB_TERMINAL_SEQUENCES_H
#define LIB_TERMINAL_SEQUENCES_H

#include <lib/terminal.h>

/* Executes the control sequence in the terminal's parser. An unknown one does nothing. */
void terminal_sequence(struct terminal *terminal, char final);

/* Executes an escape sequence, likewise. */
void terminal_escape_sequence(struct terminal *terminal, char final);

#endif
