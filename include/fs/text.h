/*
 * A text that grows on the heap. A failure is kept until the end: the writers need not look.
 */
#ifndef FS_TEXT_H
#define FS_TEXT_H

#include <error.h>
#include <mm/buffer.h>
#include <types.h>

/* All zeros is an empty text. */
struct text {
    char *bytes; /* without a NUL */
    size_t length, room;
    enum error error; /* ERROR_OUT_OF_FRAMES: what did not fit is missing */
};

/* Append to the text. In threads. */
void text_printf(struct text *text, const char *format, ...) PRINTF(2, 3);
void text_print(struct text *text, const char *format, va_list arguments) PRINTF(2, 0);
void text_append(struct text *text, const void *bytes, size_t length);

/* Reads the text as the content of a file, from *position on, which moves. May wait. */
enum error text_read(const struct text *text, struct buffer *buffer, uint64_t *position);

/* Appends an octal number of at least so many digits, with zeros in front. */
void text_append_octal(struct text *text, uint64_t number, unsigned digits);

/* Frees it. */
void text_free(struct text *text);

#endif
