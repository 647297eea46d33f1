/*
 * What has to be sent to a terminal so that it shows a line and its cursor. The line begins at the
 * left with the prompt, and what is longer than the terminal is wide goes on in the rows below.
 *
 * Pure: the terminal is where `send` goes, and how wide it is. The cursor's place on it is never
 * stored: it follows from the text and the position in it.
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

/* The terminal's cursor is at the left of an empty row: shows prompt, text and cursor. */
void picture_draw(struct picture *picture);

/* Takes all that off again; the cursor is where it was before picture_draw(). */
void picture_erase(struct picture *picture);

/* Moves the cursor, as it is shown, from `edit->cursor` to `to`. */
void picture_move(struct picture *picture, size_t to);

/* In two steps, before and after the text has changed from `from` on: what is shown from there on
 * goes away; then the new text comes, and the cursor goes to `edit->cursor`. In between `from` is
 * where both have the same text before them. */
void picture_cut(struct picture *picture, size_t from);
void picture_paste(struct picture *picture, size_t from);

#endif
