/*
 * How a terminal's cursor moves: what scrolls with it, tab stops, saving and restoring.
 */
#ifndef LIB_TERMINAL_CURSOR_H
#define LIB_TERMINAL_CURSOR_H

#include <lib/terminal.h>

/* Everything but the screen's content and its history as it was at the start. */
void terminal_reset(struct terminal *terminal);

/* Only what a program sets and may forget to set back: colours, scroll region, autowrap, the
 * cursor's visibility, and the place saved (DECSTR). */
void terminal_reset_modes(struct terminal *terminal);

/* Writes and erases in these colours from now on. */
void terminal_set_pen(struct terminal *terminal, struct terminal_pen pen);

/* The cursor's column; a full row's cursor stands on its last one. */
static inline unsigned terminal_column(const struct terminal *terminal)
{
    return MIN(terminal->cursor.column, terminal->grid.columns - 1);
}

/* To a place, or to the nearest one that is on the screen. */
void terminal_move_to(struct terminal *terminal, unsigned row, unsigned column);

/* By `count` rows; the edge of the scroll region stops a cursor that is within it (CUU, CUD). */
void terminal_move_up(struct terminal *terminal, unsigned count);
void terminal_move_down(struct terminal *terminal, unsigned count);

/* One row down or up; at the edge of the scroll region, the region scrolls (IND, RI). */
void terminal_index(struct terminal *terminal);
void terminal_reverse_index(struct terminal *terminal);

/* To the `count`th tab stop after or before the cursor, or to the row's end or start. */
void terminal_tab(struct terminal *terminal, unsigned count);
void terminal_tab_back(struct terminal *terminal, unsigned count);
void terminal_set_tab(struct terminal *terminal);
void terminal_clear_tab(struct terminal *terminal);
void terminal_clear_all_tabs(struct terminal *terminal);

/* Place and pen. What was never saved is the screen's first cell. */
void terminal_save(struct terminal *terminal);
void terminal_restore(struct terminal *terminal);

#endif
