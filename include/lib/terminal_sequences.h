/*
 * What the sequences mean that a terminal's parser has completed.
 */
#ifndef LIB_TERMINAL_SEQUENCES_H
#define LIB_TERMINAL_SEQUENCES_H

#include <lib/terminal.h>

/* Does what the control sequence in the terminal's parser says, or nothing. */
void terminal_sequence(struct terminal *terminal, char final);

/* The same for an escape sequence. */
void terminal_escape_sequence(struct terminal *terminal, char final);

#endif
