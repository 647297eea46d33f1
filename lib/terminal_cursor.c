/*
 * `cursor.row` is always a row of the screen, and `cursor.column` is at most `grid.columns`. The
 * scroll region stops or scrolls only for a cursor at its edge; a cursor outside of it moves to the
 * edge of the screen.
 */
#include <assert.h>
#include <lib/terminal_charset.h>
#include <lib/terminal_cursor.h>

#define TABS_EVERY_8 0x0101010101010101u

void terminal_set_pen(struct terminal *terminal, struct terminal_pen pen)
{
    terminal->cursor.pen = pen;
    terminal->colours = terminal_pen_colours(pen);
    terminal->blank = terminal_pen_blank(pen);
    if (terminal->reverse) {
        pen.inverse = !pen.inverse;
        terminal->colours = terminal_pen_colours(pen);
        terminal->blank = cell_exchange_colours(terminal->blank);
    }
    terminal_update_plain(terminal);
}

void terminal_reset_modes(struct terminal *terminal)
{
    terminal_set_pen(terminal, TERMINAL_PEN_DEFAULT);
    terminal->saved = (struct terminal_cursor){.pen = TERMINAL_PEN_DEFAULT};
    terminal->region_top = 0;
    terminal->region_bottom = terminal->grid.rows;
    terminal->autowrap = true;
    terminal->cursor_visible = true;
    terminal->insert = terminal->origin = false;
    terminal->cursor.line_drawing[0] = terminal->cursor.line_drawing[1] = false;
    terminal_select_set(terminal, 0);
}

void terminal_reset(struct terminal *terminal)
{
    terminal->reverse = false;
    grid_end_alternate(&terminal->grid);
    terminal_reset_modes(terminal);
    terminal_move_to(terminal, 0, 0);
    terminal->parser = (struct ecma48){0};
    terminal->utf8 = (struct utf8){0};
    for (size_t i = 0; i < ARRAY_SIZE(terminal->tab_stops); i++)
        terminal->tab_stops[i] = TABS_EVERY_8;
}

void terminal_move_to(struct terminal *terminal, unsigned row, unsigned column)
{
    terminal->cursor.row = MIN(row, terminal->grid.rows - 1);
    terminal->cursor.column = MIN(column, terminal->grid.columns - 1);
}

void terminal_address(struct terminal *terminal, unsigned row, unsigned column)
{
    if (terminal->origin)
        row = MIN(row, terminal->region_bottom - 1 - terminal->region_top) + terminal->region_top;
    terminal_move_to(terminal, row, column);
}

void terminal_move_up(struct terminal *terminal, unsigned count)
{
    unsigned row = terminal->cursor.row;
    unsigned limit = row >= terminal->region_top ? terminal->region_top : 0;
    terminal_move_to(terminal, row - MIN(count, row - limit), terminal_column(terminal));
}

void terminal_move_down(struct terminal *terminal, unsigned count)
{
    unsigned row = terminal->cursor.row;
    unsigned end = row < terminal->region_bottom ? terminal->region_bottom : terminal->grid.rows;
    terminal_move_to(terminal, row + MIN(count, end - 1 - row), terminal_column(terminal));
}

void terminal_index(struct terminal *terminal)
{
    if (terminal->cursor.row + 1 == terminal->region_bottom)
        grid_scroll_up(&terminal->grid, terminal->region_top, terminal->region_bottom, 1,
                       terminal->blank);
    else if (terminal->cursor.row + 1 < terminal->grid.rows)
        terminal->cursor.row++;
}

void terminal_line_feed(struct terminal *terminal)
{
    terminal->cursor.column = terminal_column(terminal);
    terminal_index(terminal);
}

void terminal_reverse_index(struct terminal *terminal)
{
    terminal->cursor.column = terminal_column(terminal);
    if (terminal->cursor.row == terminal->region_top)
        grid_scroll_down(&terminal->grid, terminal->region_top, terminal->region_bottom, 1,
                         terminal->blank);
    else if (terminal->cursor.row > 0)
        terminal->cursor.row--;
}

static bool is_tab_stop(const struct terminal *terminal, unsigned column)
{
    return terminal->tab_stops[column / 64] >> column % 64 & 1;
}

void terminal_tab(struct terminal *terminal, unsigned count)
{
    unsigned column = terminal_column(terminal), last = terminal->grid.columns - 1;
    for (; count && column < last; count--) {
        do
            column++;
        while (column < last && !is_tab_stop(terminal, column));
    }
    terminal->cursor.column = column;
}

void terminal_tab_back(struct terminal *terminal, unsigned count)
{
    unsigned column = terminal_column(terminal);
    for (; count && column > 0; count--) {
        do
            column--;
        while (column > 0 && !is_tab_stop(terminal, column));
    }
    terminal->cursor.column = column;
}

void terminal_set_tab(struct terminal *terminal)
{
    unsigned column = terminal_column(terminal);
    ASSERT(column < TERMINAL_MAX_COLUMNS);
    terminal->tab_stops[column / 64] |= UINT64_C(1) << column % 64;
}

void terminal_clear_tab(struct terminal *terminal)
{
    unsigned column = terminal_column(terminal);
    ASSERT(column < TERMINAL_MAX_COLUMNS);
    terminal->tab_stops[column / 64] &= ~(UINT64_C(1) << column % 64);
}

void terminal_clear_all_tabs(struct terminal *terminal)
{
    for (size_t i = 0; i < ARRAY_SIZE(terminal->tab_stops); i++)
        terminal->tab_stops[i] = 0;
}

void terminal_save(struct terminal *terminal)
{
    terminal->saved = terminal->cursor;
}

void terminal_restore(struct terminal *terminal)
{
    ASSERT(terminal->saved.row < terminal->grid.rows);
    ASSERT(terminal->saved.column <= terminal->grid.columns);
    terminal->cursor = terminal->saved;
    terminal_set_pen(terminal, terminal->saved.pen);
    if (terminal->origin)
        terminal->cursor.row =
            MIN(MAX(terminal->cursor.row, terminal->region_top), terminal->region_bottom - 1);
}
