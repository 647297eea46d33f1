/*
 * The text of a line while it is edited: UTF-8 with a cursor, in steps of whole characters. A
 * character here is a code point together with those without a width of their own that follow it
 * (accents to be put on it); malformed bytes count as they are shown, each maximal malformed part
 * as one character (see lib/utf8.h).
 *
 * Pure. Positions are in bytes, and at the beginning of a character or at the end of the text.
 */
#ifndef KERNEL_MONITOR_EDIT_H
#define KERNEL_MONITOR_EDIT_H

#include <types.h>

enum { LINE_MAX = 1024 };

struct edit {
    size_t length;
    size_t cursor;
    char text[LINE_MAX]; /* NUL behind it only where edit_end() has put one */
};

/* The code point at `at`, which is not the end: its length in bytes, and the columns it takes. */
size_t edit_decode(const struct edit *edit, size_t at, unsigned *width);

/* Where the next character begins, and the one before; at the ends of the text: `at`. */
size_t edit_next(const struct edit *edit, size_t at);
size_t edit_previous(const struct edit *edit, size_t at);

/* The end of the word at or after `at`, and the beginning of the one before. Words are separated by
 * blanks. */
size_t edit_word_end(const struct edit *edit, size_t at);
size_t edit_word_start(const struct edit *edit, size_t at);

/* Is there room for `added` bytes when `removed` are taken out? */
static inline bool edit_fits(const struct edit *edit, size_t removed, size_t added)
{
    return added <= LINE_MAX - 1 - (edit->length - removed);
}

/* Puts `count` bytes, for which there is room, in the place of those from `from` up to `to`, and
 * the cursor behind them, and behind the character that they may end within. */
void edit_replace(struct edit *edit, size_t from, size_t to, const char *bytes, size_t count);

/* Adds a character of ASCII at the end. False, and nothing done, when the cursor is not there or
 * there is no room. */
static inline bool edit_append(struct edit *edit, char character)
{
    if (edit->cursor != edit->length || edit->length == LINE_MAX - 1)
        return false;
    edit->text[edit->length++] = character;
    edit->cursor = edit->length;
    return true;
}

/* The text with a NUL behind it. */
const char *edit_end(struct edit *edit);

#endif
