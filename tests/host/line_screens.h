/*
 * The line editor on three terminals of different widths at once: two strict ones and the kernel's
 * own. Whatever they are shown, the log's lines may come in between.
 */
#ifndef TESTS_HOST_LINE_SCREENS_H
#define TESTS_HOST_LINE_SCREENS_H

#include "../test.h"
#include "strict_terminal.h"

extern struct strict_terminal wide, narrow; /* `narrow` does not tell how many rows it has */

/* Begins an empty line on terminals of these widths. */
void begin_on(unsigned wide_columns, unsigned narrow_columns);

/* Types at the keyboard, up to the end of a line, which is returned, if there is one. */
const char *type(const char *bytes);

/* Does what the log does around the lines that it shows. */
void show_log(void);

/* Do all three show prompt, text and cursor as the model says, and nothing to their right and
 * below? NULL, or what is wrong. */
const char *compare_all(void);

/* The same for a text of ASCII with the cursor at its end, which the model is set to. */
const char *compare_text(const char *text);

#define EXPECT_SHOWN(text)                            \
    do {                                              \
        const char *difference = compare_text(text);  \
        EXPECT_STR(difference ? difference : "", ""); \
    } while (0)

/* How often something was told to stop, by Ctrl-C or by who clears the screen. */
extern unsigned stops;

#endif
