/*
 * The line editor on three terminals of different widths at once: two strict ones and the kernel's
 * own. At any write the log may show lines.
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

/* Compares all three with the model: prompt, text and cursor, and nothing to their right and below.
 * Returns NULL, or the difference. */
const char *compare_all(void);

/* The same after the model is set to a text of ASCII with the cursor at its end. */
const char *compare_text(const char *text);

#define EXPECT_SHOWN(text)                            \
    do {                                              \
        const char *difference = compare_text(text);  \
        EXPECT_STR(difference ? difference : "", ""); \
    } while (0)

/* The number of calls of command_stop(). */
extern unsigned stops;

#endif
