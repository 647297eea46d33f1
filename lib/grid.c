/*
 * The rows in use are the ring's from `top - history` up to, not including, `top + rows`; the other
 * rows' memory has never been written. These hold at every instruction, so that a panic can write
 * at any moment: used <= columns in each row in use, top < capacity, history <= capacity - rows,
 * view <= history.
 */
#include <assert.h>
#include <lib/grid.h>
#include <lib/string.h>
#include <lib/width.h>

static inline struct grid_row *ring_row(const struct grid *grid, unsigned index)
{
    if (index >= grid->capacity)
        index -= grid->capacity;
    return (struct grid_row *)(void *)(grid->memory + (size_t)index * grid->stride);
}

static inline struct grid_row *screen_row(const struct grid *grid, unsigned row)
{
    return ring_row(grid, grid->top + row);
}

/* The row that the display shows as its `row`th: of the screen, or of the history. */
static struct grid_row *shown_row(const struct grid *grid, unsigned row)
{
    unsigned start = grid->top - grid->view + (grid->top < grid->view ? grid->capacity : 0);
    return ring_row(grid, start + row);
}

static void blank_row(struct grid_row *row, terminal_cell_t blank)
{
    row->used = 0;
    row->fill = blank;
    row->is_text = false;
}

static inline char *text_of(struct grid_row *row)
{
    return (char *)row->cells;
}

/* Turns a row of text into cells, the last one first, since they take the same memory. */
static void make_cells(struct grid_row *row)
{
    if (!row->is_text)
        return;
    for (unsigned column = row->used; column-- > 0;)
        row->cells[column] = row->colours | (unsigned char)text_of(row)[column];
    row->is_text = false;
}

/* Makes the row one of cells, with at least the cells before `column` written. */
static void extend(struct grid_row *row, unsigned column)
{
    make_cells(row);
    for (; row->used < column; row->used++)
        row->cells[row->used] = row->fill;
}

static void draw_row(struct grid *grid, unsigned row)
{
    struct terminal_display *display = grid->display;
    struct grid_row *content = shown_row(grid, row);
    unsigned used = content->used;
    if (content->is_text && used)
        display->draw_ascii(display, row, 0, text_of(content), used, content->colours);
    else if (used)
        display->draw(display, row, 0, content->cells, used);
    if (used < grid->columns)
        display->fill(display, row, used, content->fill, grid->columns - used);
}

static void draw_rows(struct grid *grid, unsigned from, unsigned to)
{
    for (unsigned row = from; row < to; row++)
        draw_row(grid, row);
}

static void redraw(struct grid *grid)
{
    draw_rows(grid, 0, grid->rows);
}

enum error grid_init(struct grid *grid, struct terminal_display *display, terminal_cell_t blank,
                     void *memory, size_t size)
{
    size_t stride = GRID_STRIDE(display->columns);
    ASSERT(IS_ALIGNED((uintptr_t)memory, 8));
    if (size / stride < display->rows)
        return ERROR_FULL;
    *grid = (struct grid){
        .display = display,
        .rows = display->rows,
        .columns = display->columns,
        .memory = memory,
        .stride = (uint32_t)stride,
        .capacity = (unsigned)(size / stride),
    };
    for (unsigned row = 0; row < grid->rows; row++)
        blank_row(screen_row(grid, row), blank);
    display->fill(display, 0, 0, blank, grid->rows * grid->columns);
    return OK;
}

static void copy_row(struct grid_row *to, const struct grid_row *from)
{
    size_t size = from->is_text ? 1 : sizeof(from->cells[0]);
    memcpy(to, from, sizeof(*from) + from->used * size);
}

enum error grid_move(struct grid *grid, void *memory, size_t size)
{
    struct grid moved = *grid;
    ASSERT(IS_ALIGNED((uintptr_t)memory, 8));
    moved.memory = memory;
    moved.capacity = (unsigned)(size / grid->stride);
    if (moved.capacity < grid->rows)
        return ERROR_FULL;
    moved.history = MIN(grid->history, moved.capacity - grid->rows);
    moved.top = moved.history;
    moved.view = MIN(grid->view, moved.history);
    unsigned start = grid->top + grid->capacity - moved.history;
    for (unsigned i = 0; i < moved.history + grid->rows; i++)
        copy_row(ring_row(&moved, i), ring_row(grid, (start + i) % grid->capacity));
    bool view_lost = moved.view != grid->view;
    *grid = moved;
    if (view_lost)
        redraw(grid);
    return OK;
}

static void blank_half(struct grid *grid, struct grid_row *content, unsigned row, unsigned column)
{
    content->cells[column] = (content->cells[column] & CELL_COLOURS_MASK) | ' ';
    grid->display->draw(grid->display, row, column, &content->cells[column], 1);
}

/* The cells from `from` up to `to` are about to change. Blanks the other halves of the wide
 * characters at both ends. */
static void break_wide(struct grid *grid, struct grid_row *content, unsigned row, unsigned from,
                       unsigned to)
{
    if (content->is_text)
        return;
    if (from && from < content->used && (content->cells[from] & CELL_RIGHT_HALF))
        blank_half(grid, content, row, from - 1);
    if (to < content->used && (content->cells[to] & CELL_RIGHT_HALF))
        blank_half(grid, content, row, to);
}

void grid_put(struct grid *grid, unsigned row, unsigned column, const terminal_cell_t *cells,
              unsigned count)
{
    struct grid_row *content = screen_row(grid, row);
    ASSERT(row < grid->rows);
    ASSERT(column + count <= grid->columns);
    break_wide(grid, content, row, column, column + count);
    extend(content, column);
    memcpy(content->cells + column, cells, count * sizeof(*cells));
    content->used = (uint16_t)MAX(content->used, column + count);
    grid->display->draw(grid->display, row, column, cells, count);
}

/* Does the work of grid_put_ascii() in a row of cells. */
static NOINLINE unsigned put_ascii_cells(struct grid *grid, struct grid_row *content, unsigned row,
                                         unsigned column, const char *text, unsigned limit,
                                         terminal_cell_t colours)
{
    unsigned count = 0;
    while (count < limit && text[count] >= ' ' && text[count] <= '~')
        count++;
    break_wide(grid, content, row, column, column + count);
    extend(content, column);
    for (unsigned i = 0; i < count; i++)
        content->cells[column + i] = colours | (unsigned char)text[i];
    content->used = (uint16_t)MAX(content->used, column + count);
    grid->display->draw_ascii(grid->display, row, column, text, count, colours);
    return count;
}

unsigned grid_put_ascii(struct grid *grid, unsigned row, unsigned column, const char *text,
                        size_t length, terminal_cell_t colours)
{
    struct grid_row *content = screen_row(grid, row);
    unsigned limit = (unsigned)MIN(length, (size_t)(grid->columns - column));
    if (content->used == 0) {
        content->is_text = true;
        content->colours = colours;
    }
    if (!content->is_text || content->colours != colours || column > content->used)
        return put_ascii_cells(grid, content, row, column, text, limit, colours);
    unsigned count = (unsigned)copy_printable(text_of(content) + column, text, limit);
    content->used = (uint16_t)MAX(content->used, column + count);
    grid->display->draw_ascii(grid->display, row, column, text, count, colours);
    return count;
}

void grid_erase(struct grid *grid, unsigned row, unsigned from, unsigned to, terminal_cell_t blank)
{
    if (from >= to)
        return;
    ASSERT(row < grid->rows);
    ASSERT(to <= grid->columns);
    struct grid_row *content = screen_row(grid, row);
    break_wide(grid, content, row, from, to);
    if (from > content->used)
        extend(content, from);
    if (to >= content->used && (to == grid->columns || content->fill == blank)) {
        content->used = (uint16_t)from;
        content->fill = blank;
    } else {
        extend(content, to);
        for (unsigned column = from; column < to; column++)
            content->cells[column] = blank;
    }
    grid->display->fill(grid->display, row, from, blank, to - from);
}

/* Blanks each half of a wide character that has lost its other half. */
static void mend_wide(struct grid_row *content)
{
    for (unsigned column = 0; column < content->used; column++) {
        terminal_cell_t *cell = &content->cells[column];
        bool wide = character_width(*cell & CELL_CODE) == 2;
        bool whole = column + 1 < content->used && cell[1] == (cell[0] | CELL_RIGHT_HALF);
        if (wide && !(*cell & CELL_RIGHT_HALF) && whole)
            column++;
        else if (wide)
            *cell = (*cell & CELL_COLOURS_MASK) | ' ';
    }
}

/* Moves the row's cells from column `from` to column `to`, as far as they fit, and blanks `count`
 * cells from column `freed` on. */
static void shift_cells(struct grid *grid, unsigned row, unsigned from, unsigned to, unsigned freed,
                        unsigned count, terminal_cell_t blank)
{
    struct grid_row *content = screen_row(grid, row);
    extend(content, grid->columns);
    memmove(content->cells + to, content->cells + from,
            (grid->columns - MAX(from, to)) * sizeof(content->cells[0]));
    for (unsigned i = 0; i < count; i++)
        content->cells[freed + i] = blank;
    mend_wide(content);
    draw_row(grid, row);
}

void grid_insert(struct grid *grid, unsigned row, unsigned column, unsigned count,
                 terminal_cell_t blank)
{
    ASSERT(row < grid->rows);
    ASSERT(column < grid->columns);
    count = MIN(count, grid->columns - column);
    shift_cells(grid, row, column, column + count, column, count, blank);
}

void grid_delete(struct grid *grid, unsigned row, unsigned column, unsigned count,
                 terminal_cell_t blank)
{
    ASSERT(row < grid->rows);
    ASSERT(column < grid->columns);
    count = MIN(count, grid->columns - column);
    shift_cells(grid, row, column + count, column, grid->columns - count, count, blank);
}

/* The top row of the screen becomes history, and a blank one appears at the foot. */
static void advance(struct grid *grid, terminal_cell_t blank)
{
    blank_row(screen_row(grid, grid->rows),
              blank); /* the history's oldest row if the ring is full */
    if (grid->history < grid->capacity - grid->rows)
        grid->history++;
    grid->top = grid->top + 1 == grid->capacity ? 0 : grid->top + 1;
}

static void scroll_screen(struct grid *grid, unsigned lines, terminal_cell_t blank)
{
    struct terminal_display *display = grid->display;
    for (unsigned i = 0; i < lines; i++)
        advance(grid, blank);
    if (!display->scroll) {
        redraw(grid);
        return;
    }
    display->scroll(display, lines);
    display->fill(display, grid->rows - lines, 0, blank, lines * grid->columns);
}

static NOINLINE void scroll_rows_up(struct grid *grid, unsigned top, unsigned bottom,
                                    unsigned lines, terminal_cell_t blank)
{
    ASSERT(top < bottom && bottom <= grid->rows);
    for (unsigned row = top; row + lines < bottom; row++)
        copy_row(screen_row(grid, row), screen_row(grid, row + lines));
    for (unsigned row = bottom - lines; row < bottom; row++)
        blank_row(screen_row(grid, row), blank);
    draw_rows(grid, top, bottom);
}

void grid_scroll_up(struct grid *grid, unsigned top, unsigned bottom, unsigned lines,
                    terminal_cell_t blank)
{
    lines = MIN(lines, bottom - top);
    if (top == 0 && bottom == grid->rows && !grid->alternate)
        scroll_screen(grid, lines, blank);
    else
        scroll_rows_up(grid, top, bottom, lines, blank);
}

void grid_scroll_down(struct grid *grid, unsigned top, unsigned bottom, unsigned lines,
                      terminal_cell_t blank)
{
    ASSERT(top < bottom && bottom <= grid->rows);
    lines = MIN(lines, bottom - top);
    for (unsigned row = bottom; row-- > top + lines;)
        copy_row(screen_row(grid, row), screen_row(grid, row - lines));
    for (unsigned row = top; row < top + lines; row++)
        blank_row(screen_row(grid, row), blank);
    draw_rows(grid, top, bottom);
}

void grid_move_view(struct grid *grid, int lines)
{
    int64_t wanted = (int64_t)grid->view + lines;
    unsigned view = (unsigned)MIN(MAX(wanted, 0), (int64_t)grid->history);
    if (view == grid->view)
        return;
    grid->view = view;
    redraw(grid);
}

void grid_use_display(struct grid *grid, struct terminal_display *display)
{
    ASSERT(display->rows == grid->rows);
    ASSERT(display->columns == grid->columns);
    grid->display = display;
    redraw(grid);
}

void grid_forget_history(struct grid *grid)
{
    ASSERT(grid->view == 0);
    grid->history = grid->alternate ? MIN(grid->history, grid->rows) : 0;
}

/* --- Two screens ----------------------------------------------------------------------------- */

void grid_begin_alternate(struct grid *grid, terminal_cell_t blank)
{
    if (grid->alternate || grid->capacity < 2 * grid->rows)
        return;
    for (unsigned row = 0; row < grid->rows; row++)
        advance(grid, blank);
    grid->alternate = true;
    redraw(grid);
}

void grid_end_alternate(struct grid *grid)
{
    if (!grid->alternate)
        return;
    grid->alternate = false;
    grid->view = 0;
    if (grid->history >= grid->rows) { /* else it did not fit when the grid was moved */
        grid->history -= grid->rows;
        grid->top += (grid->top < grid->rows ? grid->capacity : 0) - grid->rows;
    }
    redraw(grid);
}

void grid_exchange_colours(struct grid *grid)
{
    for (unsigned row = 0; row < grid->rows; row++) {
        struct grid_row *content = screen_row(grid, row);
        content->fill = cell_exchange_colours(content->fill);
        content->colours = cell_exchange_colours(content->colours);
        for (unsigned column = 0; column < content->used && !content->is_text; column++)
            content->cells[column] = cell_exchange_colours(content->cells[column]);
    }
    redraw(grid);
}
