/*
 * Formatted text, the part of printf that a kernel uses: flags `-` and `0`, width and, for %s, a
 * precision (numbers or `*`), lengths hh h l ll z t j, conversions d i u x X p s c %. `%p` prints
 * 0x and 16 digits, so that addresses line up. No floating point. A NULL for %s prints (null). Any
 * context: nothing is allocated and nothing is shared.
 */
#ifndef LIB_FORMAT_H
#define LIB_FORMAT_H

#include <types.h>

/* Takes the next `length` bytes of the output. */
typedef void (*format_sink)(void *context, const char *text, size_t length);

/* Formats piece by piece into a sink: no buffer, no limit. */
void format_to(format_sink sink, void *context, const char *format, va_list arguments) PRINTF(3, 0);

/* The standard's snprintf and vsnprintf: at most `size` bytes with the final NUL are written; the
 * result is the length that the whole text has. */
int snprintf(char *buffer, size_t size, const char *format, ...) PRINTF(3, 4);
int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments) PRINTF(3, 0);

#endif
