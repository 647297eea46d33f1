/*
 * Draws a line and its cursor on a terminal. The line begins with the prompt at the left, and goes
 * on in the rows below if it is longer than the terminal is wide.
 *
 * Pure: of the terminal it knows only its width and `send`. It never stores the place of the
 * terminal's cursor, but computes it from the text and the position in the text.
 */
#ifndef KERNEL_MONITOR_PICTURE_H
#define KERNEL_MONITOR_PICTURE_H

#include <kernel/monitor/edit.h>

#define PROMPT "cairn> "

enum { PICTURE_NARROWEST = 20 /* columns */ };

struct picture {
    void (*send)(struct picture *picture, const char *text, size_t length);
    const struct edit *edit;
    unsigned columns; /* at least PICTURE_NARROWEST */
};

/* Draws prompt, text and cursor. The terminal's cursor is at the left of an empty row. */
void picture_draw(struct picture *picture);

/* Erases all of it; the terminal's cursor is then where it was before picture_draw(). */
void picture_erase(struct picture *picture);

/* Moves the terminal's cursor from `edit->cursor` to `to`. */
void picture_move(struct picture *picture, size_t to);

/* Draw a change of the text from `from` on. Before the change, picture_cut() erases everything that
 * is shown from there on. After it, picture_paste() draws the new text, and moves the cursor to
 * `edit->cursor`. The text before `from` does not change. */
void picture_cut(struct picture *picture, size_t from);
void picture_paste(struct picture *picture, size_t from);

#endif
