/*
 * Formatted text, the part of printf that a kernel needs: the flags `-` and `0`; a width and, for
 * %s, a precision (a number or `*`); the lengths hh h l ll z t j; the conversions d i u x X p s c
 * %.
 * `%p` prints 0x and 16 digits, so that addresses line up. A NULL for %s prints (null). There is no
 * floating point. Any context: the functions allocate nothing and share nothing.
 */
#ifndef LIB_FORMAT_H
#define LIB_FORMAT_H

#include <types.h>

/* Takes the next `length` bytes of the output. */
typedef void (*format_sink)(void *context, const char *text, size_t length);

/* Formats into a sink, piece by piece, without a limit. */
void format_to(format_sink sink, void *context, const char *format, va_list arguments) PRINTF(3, 0);

/* The standard's snprintf and vsnprintf: they write at most `size` bytes, including a final NUL,
 * and return the length of the whole text. */
int snprintf(char *buffer, size_t size, const char *format, ...) PRINTF(3, 4);
int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments) PRINTF(3, 0);

#endif
