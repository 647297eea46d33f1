/*
 * Moves a terminal's cursor and scrolls at its edges; tab stops; saves and restores the cursor. For
 * the task that has the terminal.
 */
#ifndef LIB_TERMINAL_CURSOR_H
#define LIB_TERMINAL_CURSOR_H

#include <lib/terminal.h>

/* Sets everything but the cells and the history to its initial state. */
void terminal_reset(struct terminal *terminal);

/* Resets what a program may leave changed (DECSTR): colours, scroll region, modes, character sets,
 * the cursor's visibility, and the saved cursor. */
void terminal_reset_modes(struct terminal *terminal);

/* Sets the colours in which the terminal writes and erases. */
void terminal_set_pen(struct terminal *terminal, struct terminal_pen pen);

/* Returns the column in which the cursor is shown: when the row is full, the last one. */
static inline unsigned terminal_column(const struct terminal *terminal)
{
    return MIN(terminal->cursor.column, terminal->grid.columns - 1);
}

/* Moves the cursor to a place, or to the nearest one on the screen. */
void terminal_move_to(struct terminal *terminal, unsigned row, unsigned column);

/* Moves the cursor to a place as programs count it: in origin mode, rows count from the top of the
 * scroll region, and the cursor does not leave the region. */
void terminal_address(struct terminal *terminal, unsigned row, unsigned column);

/* Moves it by `count` rows. A cursor within the scroll region stops at its edge (CUU, CUD). */
void terminal_move_up(struct terminal *terminal, unsigned count);
void terminal_move_down(struct terminal *terminal, unsigned count);

/* Move it one row down or up; at the edge of the scroll region, the region scrolls (LF, IND, RI).
 * After the last two, a full row is no longer full. */
void terminal_index(struct terminal *terminal);
void terminal_line_feed(struct terminal *terminal);
void terminal_reverse_index(struct terminal *terminal);

/* Moves it to the `count`th tab stop after or before it, or to the row's end or start. The others
 * set or clear the tab stop at the cursor, or clear all. */
void terminal_tab(struct terminal *terminal, unsigned count);
void terminal_tab_back(struct terminal *terminal, unsigned count);
void terminal_set_tab(struct terminal *terminal);
void terminal_clear_tab(struct terminal *terminal);
void terminal_clear_all_tabs(struct terminal *terminal);

/* Save and restore the cursor's place, pen and character sets. */
void terminal_save(struct terminal *terminal);
void terminal_restore(struct terminal *terminal);

#endif
