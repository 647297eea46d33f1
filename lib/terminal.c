/*
 * A terminal has two parsers in front of a grid. lib/ecma48.c takes the control sequences out, and
 * lib/terminal_sequences.c executes them. lib/utf8.c makes characters of the other bytes. Nearly
 * all output takes a shorter way: between two characters, a run of printable ASCII goes to the grid
 * as it is, as far as it fits into the row. In insert mode, or with the line-drawing set selected,
 * each character takes the long way.
 *
 * The cursor's column may be one beyond the last column. Then the row is full, and the next
 * character begins a new row if autowrap is on. terminal_column() is where the cursor is shown.
 */
#include <lib/colour.h>
#include <lib/string.h>
#include <lib/terminal.h>
#include <lib/terminal_charset.h>
#include <lib/terminal_cursor.h>
#include <lib/terminal_sequences.h>
#include <lib/width.h>

static void new_line(struct terminal *terminal)
{
    terminal->cursor.column = 0;
    terminal_index(terminal);
}

/* Makes room for a character of `width` columns. Without autowrap, that is in the last columns. */
static void make_room(struct terminal *terminal, unsigned width)
{
    if (terminal->cursor.column + width <= terminal->grid.columns)
        return;
    if (terminal->autowrap)
        new_line(terminal);
    else
        terminal->cursor.column = terminal->grid.columns - width;
}

/* Writes the printable ASCII at the start of `text`, as far as the row has room. Returns how many
 * bytes that was. */
static inline size_t put_ascii(struct terminal *terminal, const char *text, size_t length)
{
    make_room(terminal, 1);
    unsigned count = grid_put_ascii(&terminal->grid, terminal->cursor.row, terminal->cursor.column,
                                    text, length, terminal->colours);
    terminal->cursor.column += count;
    return count;
}

/* Writes a character. A wide one takes two cells; a combining mark is dropped, as a cell holds only
 * one code point. */
static void put(struct terminal *terminal, uint32_t code)
{
    unsigned width = character_width(code);
    if (width == 0)
        return;
    terminal_cell_t cells[2] = {terminal->colours | code,
                                terminal->colours | code | CELL_RIGHT_HALF};
    make_room(terminal, width);
    if (terminal->insert)
        grid_insert(&terminal->grid, terminal->cursor.row, terminal->cursor.column, width,
                    terminal->blank);
    grid_put(&terminal->grid, terminal->cursor.row, terminal->cursor.column, cells, width);
    terminal->cursor.column += width;
}

/* Takes a byte of UTF-8. The control characters U+0080 to U+009F are dropped. */
static void put_byte(struct terminal *terminal, char byte)
{
    enum utf8_event event;
    do {
        uint32_t code;
        event = utf8_feed(&terminal->utf8, (uint8_t)byte, &code);
        if (event != UTF8_PENDING && !character_is_control(code))
            put(terminal, terminal_translate(terminal, code));
    } while (event == UTF8_BROKEN);
}

enum { SHIFT_OUT = 0x0e, SHIFT_IN = 0x0f };

static void control(struct terminal *terminal, char byte)
{
    switch (byte) {
    case '\n':
    case '\v':
    case '\f':
        terminal_line_feed(terminal);
        break;
    case '\r':
        terminal->cursor.column = 0;
        break;
    case '\b':
        terminal->cursor.column = MAX(terminal_column(terminal), 1u) - 1;
        break;
    case '\t':
        terminal_tab(terminal, 1);
        break;
    case SHIFT_OUT:
    case SHIFT_IN:
        terminal_select_set(terminal, byte == SHIFT_OUT);
        break;
    default:
        break;
    }
}

static void show_palette(struct terminal *terminal)
{
    struct terminal_display *display = terminal->grid.display;
    if (display->set_palette)
        display->set_palette(display, terminal->palette);
}

/* The parser has read a number and its new colour. */
static void set_colour(struct terminal *terminal)
{
    uint32_t colour = terminal->parser.colour;
    terminal->palette[colour_of_ecma48(colour >> 24)] = colour & 0xffffff;
    show_palette(terminal);
}

static void reset_colours(struct terminal *terminal)
{
    memcpy(terminal->palette, colour_rgb, sizeof(terminal->palette));
    show_palette(terminal);
}

static void take_byte(struct terminal *terminal, char byte)
{
    if (terminal->utf8.missing && ((unsigned char)byte & 0xc0) != 0x80) {
        terminal->utf8.missing = 0;
        put(terminal, UTF8_REPLACEMENT);
    }
    switch (ecma48_feed(&terminal->parser, byte)) {
    case ECMA48_PRINT:
        put_byte(terminal, byte);
        break;
    case ECMA48_CONTROL:
        control(terminal, byte);
        break;
    case ECMA48_SEQUENCE:
        terminal_sequence(terminal, byte);
        break;
    case ECMA48_ESCAPE_SEQUENCE:
        terminal_escape_sequence(terminal, byte);
        break;
    case ECMA48_COLOUR_SET:
        set_colour(terminal);
        break;
    case ECMA48_COLOURS_RESET:
        reset_colours(terminal);
        break;
    case ECMA48_NOTHING:
        break;
    }
}

/* Takes a byte for which there is no shorter way. */
static NOINLINE void take(struct terminal *terminal, char byte)
{
    bool is_text = terminal->parser.state == ECMA48_GROUND;
    uint32_t character = is_text ? terminal_pc_character(terminal, (uint8_t)byte) : 0;
    if (character) {
        put(terminal, character);
        return;
    }
    if (byte == '\n' && terminal->lines)
        take_byte(terminal, '\r');
    take_byte(terminal, byte);
}

/* Takes a run of printable ASCII, or else one byte. Returns the number of bytes. */
static inline size_t take_some(struct terminal *terminal, const char *text, size_t length)
{
    bool between_characters =
        terminal->parser.state == ECMA48_GROUND && terminal->utf8.missing == 0;
    if (between_characters && *text >= ' ' && *text <= '~' && terminal->plain)
        return put_ascii(terminal, text, length);
    if (between_characters && *text == '\n' && terminal->lines)
        new_line(terminal);
    else
        take(terminal, *text);
    return 1;
}

static inline void flush(struct terminal *terminal)
{
    struct grid *grid = &terminal->grid;
    grid->display->flush(grid->display, terminal->cursor.row, terminal_column(terminal),
                         terminal->cursor_visible && grid->view == 0);
}

void terminal_write(struct terminal *terminal, const char *text, size_t length)
{
    if (terminal->grid.view)
        grid_move_view(&terminal->grid, -(int)terminal->grid.view);
    while (length) {
        size_t taken = take_some(terminal, text, length);
        text += taken;
        length -= taken;
    }
    flush(terminal);
}

void terminal_write_lines(struct terminal *terminal, const char *text, size_t length)
{
    terminal->lines = true;
    terminal_write(terminal, text, length);
    terminal->lines = false;
}

void terminal_view(struct terminal *terminal, int lines)
{
    grid_move_view(&terminal->grid, lines);
    flush(terminal);
}

void terminal_use_display(struct terminal *terminal, struct terminal_display *display)
{
    grid_use_display(&terminal->grid, display);
    show_palette(terminal);
    flush(terminal);
}

enum error terminal_init(struct terminal *terminal, struct terminal_display *display, void *memory,
                         size_t size)
{
    if (display->rows < 1 || display->columns < 2 || display->columns > TERMINAL_MAX_COLUMNS)
        return ERROR_INVALID;
    enum error error =
        grid_init(&terminal->grid, display, terminal_pen_blank(TERMINAL_PEN_DEFAULT), memory, size);
    if (error)
        return error;
    terminal->answer = NULL;
    terminal->lines = false;
    memcpy(terminal->palette, colour_rgb, sizeof(terminal->palette));
    terminal_reset(terminal);
    flush(terminal);
    return OK;
}
