/*
 * The screen is an array of cells in video memory: a character of code page 437 and an attribute
 * byte (foreground in the low four bits, background above). The cells are volatile: the compiler
 * may not know that somebody is looking.
 */
#include <drivers/vga_text.h>
#include <io.h>
#include <layout.h>
#include <lib/ecma48.h>

enum colour { BLACK = 0, LIGHT_GREY = 7, BRIGHT = 8 };

enum { TAB = 8, MAX_COLUMNS = 132, MAX_ROWS = 60, UNSHOWABLE = 0xfe /* ■ */ };

/* The cursor's place and shape are registers of the CRT controller, behind an index port (VGA,
 * 3d4h/3d5h). */
enum crtc {
    CRTC_INDEX = 0x3d4,
    CRTC_DATA = 0x3d5,
    CURSOR_START = 0x0a,
    CURSOR_END = 0x0b,
    CURSOR_HIGH = 0x0e,
    CURSOR_LOW = 0x0f
};

static struct vga_text {
    struct console_sink sink;
    volatile uint16_t *cells;
    unsigned columns, rows;
    unsigned column,
        row; /* of the cursor; column == columns: the line is full, the next character wraps */
    uint8_t attribute;
    struct ecma48 parser;
} screen;

static void crtc_write(uint8_t index, uint8_t value)
{
    outb(CRTC_INDEX, index);
    outb(CRTC_DATA, value);
}

static void update_cursor(void)
{
    unsigned column = MIN(screen.column, screen.columns - 1);
    unsigned offset = screen.row * screen.columns + column;
    crtc_write(CURSOR_HIGH, (uint8_t)(offset >> 8));
    crtc_write(CURSOR_LOW, (uint8_t)offset);
}

static uint16_t make_cell(uint8_t character)
{
    return (uint16_t)(screen.attribute << 8 | character);
}

/* Blanks the cells from `start` up to, not including, `end`. */
static void blank(unsigned start, unsigned end)
{
    for (unsigned i = start; i < end; i++)
        screen.cells[i] = make_cell(' ');
}

static void scroll(void)
{
    unsigned last_row = (screen.rows - 1) * screen.columns;
    for (unsigned i = 0; i < last_row; i++)
        screen.cells[i] = screen.cells[i + screen.columns];
    blank(last_row, last_row + screen.columns);
}

static void new_line(void)
{
    screen.column = 0;
    if (screen.row == screen.rows - 1)
        scroll();
    else
        screen.row++;
}

static inline void put(char byte)
{
    if (screen.column == screen.columns)
        new_line();
    uint8_t character = byte >= ' ' && byte <= '~' ? (uint8_t)byte : UNSHOWABLE;
    screen.cells[screen.row * screen.columns + screen.column++] = make_cell(character);
}

static void control(char byte)
{
    switch (byte) {
    case '\n':
        new_line();
        break;
    case '\r':
        screen.column = 0;
        break;
    case '\b':
        screen.column -= screen.column > 0;
        break;
    case '\t':
        screen.column = MIN(ALIGN_UP(screen.column + 1, TAB), screen.columns - 1);
        break;
    default:
        break;
    }
}

/* Erases before the cursor, after it, or both, within the cells from `start` to `end`
 * (ECMA-48 8.3.39, 8.3.41). */
static void erase(unsigned mode, unsigned start, unsigned end)
{
    unsigned cursor = screen.row * screen.columns + MIN(screen.column, screen.columns - 1);
    if (mode == 0)
        blank(cursor, end);
    else if (mode == 1)
        blank(start, cursor + 1);
    else if (mode == 2)
        blank(start, end);
}

static void set_colour(unsigned code)
{
    /* ECMA-48 orders the colours red, green, blue from the lowest bit up; the VGA has blue lowest.
     */
    static const uint8_t vga_colour[8] = {0, 4, 2, 6, 1, 5, 3, 7};
    unsigned colour = code % 10;
    if (code == 0)
        screen.attribute = LIGHT_GREY;
    else if (colour > 7)
        return;
    else if (code / 10 == 3)
        screen.attribute = (uint8_t)((screen.attribute & 0xf0) | vga_colour[colour]);
    else if (code / 10 == 4)
        screen.attribute = (uint8_t)((screen.attribute & 0x0f) | vga_colour[colour] << 4);
    else if (code / 10 == 9)
        screen.attribute = (uint8_t)((screen.attribute & 0xf0) | vga_colour[colour] | BRIGHT);
    else if (code / 10 == 10)
        screen.attribute =
            (uint8_t)((screen.attribute & 0x0f) | (vga_colour[colour] | BRIGHT) << 4);
}

static void set_colours(void)
{
    if (screen.parser.count == 0)
        set_colour(0);
    for (unsigned i = 0; i < screen.parser.count; i++)
        set_colour(ecma48_parameter(&screen.parser, i, 0));
}

static void sequence(char final)
{
    const struct ecma48 *parser = &screen.parser;
    unsigned line = screen.row * screen.columns;
    unsigned count = ecma48_parameter(parser, 0, 1);
    unsigned last_column = screen.columns - 1, last_row = screen.rows - 1;
    switch (final) {
    case 'A':
        screen.row -= MIN(count, screen.row);
        break;
    case 'B':
        screen.row = MIN(screen.row + count, last_row);
        break;
    case 'C':
        screen.column = MIN(screen.column + count, last_column);
        break;
    case 'D':
        screen.column -= MIN(count, screen.column);
        break;
    case 'H':
        screen.row = MIN(count - 1, last_row);
        screen.column = MIN(ecma48_parameter(parser, 1, 1) - 1, last_column);
        break;
    case 'J':
        erase(ecma48_parameter(parser, 0, 0), 0, screen.rows * screen.columns);
        break;
    case 'K':
        erase(ecma48_parameter(parser, 0, 0), line, line + screen.columns);
        break;
    case 'm':
        set_colours();
        break;
    default:
        break;
    }
}

static void write(struct console_sink *sink, const char *text, size_t length)
{
    (void)sink;
    for (; length; length--, text++) {
        if (screen.parser.state == ECMA48_GROUND && *text >= ' ' && *text <= '~') {
            put(*text); /* nearly always; the parser would say the same */
            continue;
        }
        switch (ecma48_feed(&screen.parser, *text)) {
        case ECMA48_PRINT:
            put(*text);
            break;
        case ECMA48_CONTROL:
            control(*text);
            break;
        case ECMA48_SEQUENCE:
            sequence(*text);
            break;
        case ECMA48_ESCAPE_SEQUENCE:
        case ECMA48_NOTHING:
            break;
        }
    }
    update_cursor();
}

enum error vga_text_init(const struct boot_framebuffer *framebuffer, struct console_sink **sink)
{
    if (framebuffer->kind != FRAMEBUFFER_TEXT || framebuffer->width < 1 ||
        framebuffer->width > MAX_COLUMNS || framebuffer->height < 1 ||
        framebuffer->height > MAX_ROWS || framebuffer->pitch != 2 * framebuffer->width ||
        framebuffer->address >= GIB(4))
        return ERROR_NO_DEVICE;
    screen.cells = phys_to_virt(framebuffer->address);
    screen.columns = framebuffer->width;
    screen.rows = framebuffer->height;
    screen.attribute = LIGHT_GREY;
    screen.sink.write = write;
    screen.sink.rows = screen.rows;
    screen.sink.columns = screen.columns;
    blank(0, screen.rows * screen.columns);
    /* An underline at the foot of the 16 scan lines that a character has; the loader may have left
     * the cursor off. */
    crtc_write(CURSOR_START, 14);
    crtc_write(CURSOR_END, 15);
    update_cursor();
    *sink = &screen.sink;
    return OK;
}
