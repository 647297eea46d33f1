/*
 * The text of a line while it is edited: UTF-8 and a cursor, which moves by whole characters. A
 * character is a code point and the code points of width 0 that follow it (combining accents). Each
 * maximal malformed part of the text is one character, as it is shown (see lib/utf8.h).
 *
 * Pure. Positions are in bytes, at the beginning of a character or at the end of the text.
 */
#ifndef KERNEL_MONITOR_EDIT_H
#define KERNEL_MONITOR_EDIT_H

#include <types.h>

enum { LINE_MAX = 1024 };

struct edit {
    size_t length;
    size_t cursor;
    char text[LINE_MAX]; /* ends in a NUL only after edit_end() */
};

/* Returns the length in bytes of the code point at `at`, which is not the end, and its width in
 * columns. */
size_t edit_decode(const struct edit *edit, size_t at, unsigned *width);

/* The beginning of the next and of the previous character; `at` itself at the text's ends. */
size_t edit_next(const struct edit *edit, size_t at);
size_t edit_previous(const struct edit *edit, size_t at);

/* The end of the word at or after `at`, and the beginning of the word before it. Blanks separate
 * words. */
size_t edit_word_end(const struct edit *edit, size_t at);
size_t edit_word_start(const struct edit *edit, size_t at);

/* Is there room for `added` bytes after `removed` bytes are taken out? */
static inline bool edit_fits(const struct edit *edit, size_t removed, size_t added)
{
    return added <= LINE_MAX - 1 - (edit->length - removed);
}

/* Replaces the bytes from `from` up to `to` by `count` others, for which there is room. The cursor
 * goes after them, or after the character that they and the following bytes form. */
void edit_replace(struct edit *edit, size_t from, size_t to, const char *bytes, size_t count);

/* Appends a character of ASCII. Returns false and does nothing if the cursor is not at the end or
 * there is no room. */
static inline bool edit_append(struct edit *edit, char character)
{
    if (edit->cursor != edit->length || edit->length == LINE_MAX - 1)
        return false;
    edit->text[edit->length++] = character;
    edit->cursor = edit->length;
    return true;
}

/* Ends the text with a NUL and returns it. */
const char *edit_end(struct edit *edit);

#endif
