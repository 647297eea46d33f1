/* Text to the standard output and the standard error. */
#ifndef USER_LIB_PRINT_H
#define USER_LIB_PRINT_H

#include <types.h>

enum { INPUT = 0, OUTPUT = 1, ERRORS = 2 };

/* Writes all of it, in as many calls as it takes. False when a call fails. */
bool write_all(int file, const char *text, size_t size);

/* Formats as include/lib/format.h says and writes the text with one call; what exceeds 512 bytes
 * is cut off. */
void print(int file, const char *format, ...) PRINTF(2, 3);

/* Prints `program: name: ` and Linux's words for an error such as -2 to the standard error. Returns
 * 1, for a program's exit status. */
int print_error(const char *program, const char *name, long error);

#endif
