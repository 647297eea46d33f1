#include <assert.h>
#include <string.h>

#include "fake_display.h"

enum { UNDEFINED = 0x5a5a5a };

static struct fake_display *fake_of(struct terminal_display *display)
{
    return CONTAINER_OF(display, struct fake_display, display);
}

static void call(struct fake_display *fake)
{
    fake->calls++;
    if (fake->hook)
        fake->hook(fake);
}

/* Returns the first of `count` cells, which all lie before cell number `end`. */
static terminal_cell_t *place_before(unsigned end, struct terminal_display *display, unsigned row,
                                     unsigned column, unsigned count)
{
    unsigned place = row * display->columns + column;
    ASSERT(row < display->rows);
    ASSERT(column < display->columns);
    ASSERT(count >= 1 && count <= end - place);
    call(fake_of(display));
    return &fake_of(display)->cells[place];
}

static terminal_cell_t *place(struct terminal_display *display, unsigned row, unsigned column,
                              unsigned count)
{
    return place_before((row + 1) * display->columns, display, row, column, count);
}

static void draw(struct terminal_display *display, unsigned row, unsigned column,
                 const terminal_cell_t *cells, unsigned count)
{
    memcpy(place(display, row, column, count), cells, count * sizeof(*cells));
}

static void fill(struct terminal_display *display, unsigned row, unsigned column,
                 terminal_cell_t cell, unsigned count)
{
    unsigned end = display->rows * display->columns;
    terminal_cell_t *to = place_before(end, display, row, column, count);
    for (unsigned i = 0; i < count; i++)
        to[i] = cell;
}

static void draw_ascii(struct terminal_display *display, unsigned row, unsigned column,
                       const char *text, unsigned count, terminal_cell_t colours)
{
    terminal_cell_t *to = place(display, row, column, count);
    for (unsigned i = 0; i < count; i++) {
        ASSERT(text[i] >= ' ' && text[i] <= '~');
        to[i] = colours | (unsigned char)text[i];
    }
}

static void scroll(struct terminal_display *display, unsigned lines)
{
    ASSERT(lines >= 1 && lines <= display->rows);
    struct fake_display *fake = fake_of(display);
    call(fake);
    size_t gone = (size_t)lines * display->columns;
    size_t kept = (size_t)display->rows * display->columns - gone;
    memmove(fake->cells, fake->cells + gone, kept * sizeof(fake->cells[0]));
    for (size_t i = 0; i < gone; i++)
        fake->cells[kept + i] = UNDEFINED;
}

static void flush(struct terminal_display *display, unsigned row, unsigned column,
                  bool cursor_visible)
{
    struct fake_display *fake = fake_of(display);
    ASSERT(row < display->rows);
    ASSERT(column < display->columns);
    call(fake);
    fake->cursor_row = row;
    fake->cursor_column = column;
    fake->cursor_visible = cursor_visible;
    fake->flushes++;
}

static void set_palette(struct terminal_display *display, const uint32_t colours[16])
{
    memcpy(fake_of(display)->palette, colours, sizeof(fake_of(display)->palette));
}

void fake_display_init(struct fake_display *fake, unsigned rows, unsigned columns, bool scrolls)
{
    ASSERT(rows * columns <= FAKE_MAX_CELLS);
    fake->display = (struct terminal_display){
        .rows = rows,
        .columns = columns,
        .draw = draw,
        .fill = fill,
        .draw_ascii = draw_ascii,
        .scroll = scrolls ? scroll : NULL,
        .flush = flush,
        .set_palette = set_palette,
    };
    memset(fake->palette, 0, sizeof(fake->palette));
    for (size_t i = 0; i < FAKE_MAX_CELLS; i++)
        fake->cells[i] = UNDEFINED;
    fake->flushes = fake->calls = 0;
    fake->hook = NULL;
}

terminal_cell_t grid_cell(const struct grid *grid, unsigned row, unsigned column)
{
    size_t index = (grid->top + row) % grid->capacity;
    const struct grid_row *content = (const void *)(grid->memory + index * grid->stride);
    if (column >= content->used)
        return content->fill;
    return content->is_text ? content->colours | ((const uint8_t *)content->cells)[column]
                            : content->cells[column];
}

bool fake_display_agrees(const struct fake_display *fake, const struct grid *grid)
{
    for (unsigned row = 0; row < grid->rows; row++) {
        for (unsigned column = 0; column < grid->columns; column++) {
            if (fake->cells[row * grid->columns + column] != grid_cell(grid, row, column))
                return false;
        }
    }
    return true;
}
