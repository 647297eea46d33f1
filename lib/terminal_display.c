#include <lib/terminal_display.h>

static void draw(struct terminal_display *display, unsigned row, unsigned column,
                 const terminal_cell_t *cells, unsigned count)
{
    (void)display;
    (void)row;
    (void)column;
    (void)cells;
    (void)count;
}

static void fill(struct terminal_display *display, unsigned row, unsigned column,
                 terminal_cell_t cell, unsigned count)
{
    (void)display;
    (void)row;
    (void)column;
    (void)cell;
    (void)count;
}

static void draw_ascii(struct terminal_display *display, unsigned row, unsigned column,
                       const char *text, unsigned count, terminal_cell_t colours)
{
    (void)display;
    (void)row;
    (void)column;
    (void)text;
    (void)count;
    (void)colours;
}

static void scroll(struct terminal_display *display, unsigned lines)
{
    (void)display;
    (void)lines;
}

static void flush(struct terminal_display *display, unsigned row, unsigned column,
                  bool cursor_visible)
{
    (void)display;
    (void)row;
    (void)column;
    (void)cursor_visible;
}

void terminal_display_init_hidden(struct terminal_display *display, unsigned rows, unsigned columns)
{
    *display = (struct terminal_display){
        .rows = rows,
        .columns = columns,
        .draw = draw,
        .fill = fill,
        .draw_ascii = draw_ascii,
        .scroll = scroll,
        .flush = flush,
    };
}
