/*
 * The video memory has 16,384 cells. Each is a character of code page 437 and an attribute byte
 * (foreground in the low four bits, background above). The screen is a window on them: a register
 * of the CRT controller holds the number of its first cell. To scroll, the window moves down by a
 * row. When it reaches the end of the video memory, the rows that stay are copied back to the
 * start. A program that reads the cells from outside has to read that register, too.
 *
 * Video memory is slow, so four cells are written with one store. The pointer is not volatile:
 * other files call each function here through a pointer, so its stores are done when it returns.
 */
#include <drivers/vga_text.h>
#include <io.h>
#include <layout.h>
#include <lib/cp437.h>
#include <lib/string.h>

enum { VIDEO_MEMORY = 0xb8000, VIDEO_CELLS = 16384 /* 32 KiB */ };

/* IBM VGA Technical Reference, "CRT Controller". The data port follows the index port, so one
 * 16-bit write sets both. */
enum crtc {
    CRTC = 0x3d4,
    CURSOR_START = 0x0a, /* first scan line, and bit 5: no cursor */
    CURSOR_END = 0x0b,   /* last scan line */
    START_HIGH = 0x0c,
    START_LOW = 0x0d,
    CURSOR_HIGH = 0x0e,
    CURSOR_LOW = 0x0f,
    CURSOR_OFF = 0x20,
};

/* IBM VGA Technical Reference, "Attribute Controller". Writes to its port are an index and a value
 * by turns; after a read of the input status, the next write is an index. */
enum attribute_controller {
    ATTRIBUTE_WRITE = 0x3c0,
    ATTRIBUTE_READ = 0x3c1,
    INPUT_STATUS = 0x3da,
    PALETTE_IN_USE = 0x20, /* with the index; without it the screen is blank */
    MODE_CONTROL = 0x10,
    MODE_BLINK = 0x08, /* bit 7 of an attribute means "blinking", not a bright background */
};

/* IBM VGA Technical Reference, "Video Digital-to-Analog Converter". A colour's number to the first
 * port, then its parts, six bits each, to the second. */
enum dac { DAC_WRITE_INDEX = 0x3c8, DAC_DATA = 0x3c9, DAC_SHIFT = 2 };

static struct vga_text {
    struct terminal_display display;
    unsigned char *memory; /* the video memory, in the direct map */
    unsigned start;        /* the screen's first cell; start + rows * columns <= VIDEO_CELLS */
    /* The values in the registers, so that flush() writes only what has changed. */
    unsigned start_set, cursor_set;
    bool cursor_shown;
} vga;

static unsigned char *cell_at(unsigned row, unsigned column)
{
    size_t cell = vga.start + row * vga.display.columns + column;
    return vga.memory + 2 * cell;
}

static inline void store_four(unsigned char *to, uint64_t cells)
{
    __builtin_memcpy(to, &cells, sizeof(cells));
}

static inline void store_one(unsigned char *to, unsigned character, unsigned attribute)
{
    uint16_t cell = (uint16_t)(attribute << 8 | character);
    __builtin_memcpy(to, &cell, sizeof(cell));
}

_Static_assert(CELL_BACKGROUND_SHIFT == CELL_FOREGROUND_SHIFT + 4,
               "a cell has its colours in an attribute's order");

static inline unsigned attribute_of(terminal_cell_t cell)
{
    return cell >> CELL_FOREGROUND_SHIFT;
}

static inline unsigned character_of(terminal_cell_t cell)
{
    unsigned code = cell & (CELL_CODE | CELL_RIGHT_HALF);
    if (code - ' ' <= '~' - ' ')
        return code;
    return code & CELL_RIGHT_HALF ? ' ' : cp437_byte(code);
}

static void draw(struct terminal_display *display, unsigned row, unsigned column,
                 const terminal_cell_t *cells, unsigned count)
{
    (void)display;
    unsigned char *to = cell_at(row, column);
    for (; count; count--, cells++, to += 2)
        store_one(to, character_of(*cells), attribute_of(*cells));
}

/* The rows follow each other in memory, so a run of cells may cross their ends. */
static void fill(struct terminal_display *display, unsigned row, unsigned column,
                 terminal_cell_t cell, unsigned count)
{
    (void)display;
    unsigned char *to = cell_at(row, column);
    unsigned character = character_of(cell), attribute = attribute_of(cell);
    uint64_t fours = count / 4, four = (attribute << 8 | character) * UINT64_C(0x0001000100010001);
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(fours) : "a"(four) : "memory");
    for (count %= 4; count; count--, to += 2)
        store_one(to, character, attribute);
}

/* Four characters, moved from 8 to 16 bits apart in two steps: first pairs, then each. */
static inline uint64_t spread(uint32_t characters)
{
    uint64_t pairs = (characters | (uint64_t)characters << 16) & UINT64_C(0x0000ffff0000ffff);
    return (pairs | pairs << 8) & UINT64_C(0x00ff00ff00ff00ff);
}

static inline void draw_four(unsigned char *to, const char *text, uint64_t attributes)
{
    uint32_t characters;
    __builtin_memcpy(&characters, text, sizeof(characters));
    store_four(to, spread(characters) | attributes);
}

static void draw_ascii(struct terminal_display *display, unsigned row, unsigned column,
                       const char *text, unsigned count, terminal_cell_t colours)
{
    (void)display;
    unsigned char *to = cell_at(row, column);
    uint64_t attributes = attribute_of(colours) * UINT64_C(0x0100010001000100);
#pragma GCC unroll 4
    for (; count >= 4; count -= 4, text += 4, to += 8)
        draw_four(to, text, attributes);
    for (; count; count--, text++, to += 2)
        store_one(to, (unsigned char)*text, attribute_of(colours));
}

_Static_assert(2 * VGA_TEXT_MAX_ROWS * VGA_TEXT_MAX_COLUMNS <= VIDEO_CELLS,
               "what copy_back() copies lies in the second half, so it does not overlap");

/* Scrolls by copying the rows that stay to the start of the video memory. */
static void copy_back(unsigned lines)
{
    size_t kept = (size_t)(vga.display.rows - lines) * vga.display.columns;
    memcpy(vga.memory, cell_at(lines, 0), 2 * kept);
    vga.start = 0;
}

static void scroll(struct terminal_display *display, unsigned lines)
{
    unsigned start = vga.start + lines * display->columns;
    if (start + display->rows * display->columns <= VIDEO_CELLS)
        vga.start = start;
    else
        copy_back(lines);
}

static void crtc_write(uint8_t index, unsigned value)
{
    outw(CRTC, (uint16_t)(value << 8 | index));
}

/* Writes the two halves of `value` to two registers, if they differ from `*set`. */
static inline void crtc_update(uint8_t high, uint8_t low, unsigned *set, unsigned value)
{
    unsigned changed = *set ^ value;
    if (changed >> 8)
        crtc_write(high, value >> 8);
    if (changed & 0xff)
        crtc_write(low, value & 0xff);
    *set = value;
}

/* The cursor is an underline: the last two of a character's 16 scan lines. */
static void show_cursor(bool shown)
{
    crtc_write(CURSOR_START, shown ? 14 : 14 | CURSOR_OFF);
    vga.cursor_shown = shown;
}

static void flush(struct terminal_display *display, unsigned row, unsigned column,
                  bool cursor_visible)
{
    crtc_update(START_HIGH, START_LOW, &vga.start_set, vga.start);
    crtc_update(CURSOR_HIGH, CURSOR_LOW, &vga.cursor_set,
                vga.start + row * display->columns + column);
    if (cursor_visible != vga.cursor_shown)
        show_cursor(cursor_visible);
}

/* A register for each of the 16 colours holds its number in the converter. With such an index, the
 * screen is blank until the next one with PALETTE_IN_USE. */
static uint8_t converter_index(unsigned colour)
{
    inb(INPUT_STATUS);
    outb(ATTRIBUTE_WRITE, (uint8_t)colour);
    uint8_t index = inb(ATTRIBUTE_READ);
    inb(INPUT_STATUS);
    outb(ATTRIBUTE_WRITE, PALETTE_IN_USE);
    return index;
}

static void set_palette(struct terminal_display *display, const uint32_t colours[16])
{
    (void)display;
    for (unsigned i = 0; i < 16; i++) {
        outb(DAC_WRITE_INDEX, converter_index(i));
        for (int shift = 16; shift >= 0; shift -= 8)
            outb(DAC_DATA, (uint8_t)((colours[i] >> shift & 0xff) >> DAC_SHIFT));
    }
}

static void use_bright_backgrounds(void)
{
    inb(INPUT_STATUS);
    outb(ATTRIBUTE_WRITE, MODE_CONTROL | PALETTE_IN_USE);
    outb(ATTRIBUTE_WRITE, inb(ATTRIBUTE_READ) & (uint8_t)~MODE_BLINK);
}

/* Sets all registers that matter: their values after the loader are not known. */
static void set_registers(void)
{
    vga.start_set = vga.cursor_set = ~0u;
    crtc_write(CURSOR_END, 15);
    show_cursor(true);
    use_bright_backgrounds();
    flush(&vga.display, 0, 0, true);
}

enum error vga_text_init(const struct boot_framebuffer *framebuffer,
                         struct terminal_display **display)
{
    if (framebuffer->kind != FRAMEBUFFER_TEXT || framebuffer->width < 2 ||
        framebuffer->width > VGA_TEXT_MAX_COLUMNS || framebuffer->height < 1 ||
        framebuffer->height > VGA_TEXT_MAX_ROWS || framebuffer->pitch != 2 * framebuffer->width ||
        framebuffer->address != VIDEO_MEMORY)
        return ERROR_NO_DEVICE;
    vga.memory = phys_to_virt(framebuffer->address);
    vga.display = (struct terminal_display){
        .rows = framebuffer->height,
        .columns = framebuffer->width,
        .draw = draw,
        .fill = fill,
        .draw_ascii = draw_ascii,
        .scroll = scroll,
        .flush = flush,
        .set_palette = set_palette,
    };
    set_registers();
    *display = &vga.display;
    return OK;
}
