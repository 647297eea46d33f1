/*
 * The screen is a part of the video memory's 16,384 cells, each a character of code page 437 and an
 * attribute byte (foreground in the low four bits, background above). A register of the CRT
 * controller says with which cell the screen begins, so scrolling is moving on by a row; at the end
 * of the video memory the screen is copied back to its start. Whoever reads the cells from outside
 * has to follow that register.
 *
 * Cells are written four at a time, as one word. The pointer is not volatile: each function here is
 * called through a pointer from another file, so its stores are done when it returns.
 */
#include <drivers/vga_text.h>
#include <io.h>
#include <layout.h>
#include <lib/cp437.h>
#include <lib/string.h>

enum { VIDEO_MEMORY = 0xb8000, VIDEO_CELLS = 16384 /* 32 KiB */ };

/* IBM VGA Technical Reference, "CRT Controller": an index port and a data port right above it, so
 * that one 16-bit write does both. */
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

/* "Attribute Controller": index and data go through one port in turns; reading the input status
 * makes the next write an index. */
enum attribute_controller {
    ATTRIBUTE_WRITE = 0x3c0,
    ATTRIBUTE_READ = 0x3c1,
    INPUT_STATUS = 0x3da,
    PALETTE_IN_USE = 0x20, /* with the index; without it the screen is blank */
    MODE_CONTROL = 0x10,
    MODE_BLINK = 0x08, /* bit 7 of an attribute blinks, instead of being the background's */
};

static struct vga_text {
    struct terminal_display display;
    unsigned char *memory;
    unsigned start; /* the cell that the screen begins with */
    /* What the registers hold. */
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

_Static_assert(CELL_BACKGROUND_SHIFT == CELL_FOREGROUND_SHIFT + 4, "as in an attribute");

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

/* The rows lie one behind the other. */
static void fill(struct terminal_display *display, unsigned row, unsigned column,
                 terminal_cell_t cell, unsigned count)
{
    (void)display;
    unsigned char *to = cell_at(row, column);
    unsigned character = character_of(cell), attribute = attribute_of(cell);
    uint64_t four = (attribute << 8 | character) * UINT64_C(0x0001000100010001);
    for (; count >= 16; count -= 16, to += 32) {
        store_four(to, four);
        store_four(to + 8, four);
        store_four(to + 16, four);
        store_four(to + 24, four);
    }
    for (; count; count--, to += 2)
        store_one(to, character, attribute);
}

/* For moving four bytes 8 bits apart in two steps: first two and two, then each. A multiplication
 * copies what lies too low to where it belongs, a mask takes the rest away; below 0x80 nothing
 * carries. */
struct spreader {
    uint64_t copy_16_up, copy_8_up;
};

static inline void draw_four(struct spreader spreader, unsigned char *to, const char *text,
                             uint64_t attributes)
{
    uint32_t four;
    __builtin_memcpy(&four, text, sizeof(four));
    uint64_t pairs = four * spreader.copy_16_up & UINT64_C(0x0000ffff0000ffff);
    uint64_t characters = pairs * spreader.copy_8_up & UINT64_C(0x00ff00ff00ff00ff);
    store_four(to, characters | attributes);
}

static void draw_ascii(struct terminal_display *display, unsigned row, unsigned column,
                       const char *text, unsigned count, terminal_cell_t colours)
{
    (void)display;
    unsigned char *to = cell_at(row, column);
    uint64_t attributes = attribute_of(colours) * UINT64_C(0x0100010001000100);
    struct spreader spreader = {.copy_16_up = 0x10001, .copy_8_up = 0x101};
    /* The compiler would make a shift and an addition of a multiplication that it knows. */
    __asm__("" : "+r"(spreader.copy_16_up), "+r"(spreader.copy_8_up));
    for (; count >= 16; count -= 16, text += 16, to += 32) {
        draw_four(spreader, to, text, attributes);
        draw_four(spreader, to + 8, text + 4, attributes);
        draw_four(spreader, to + 16, text + 8, attributes);
        draw_four(spreader, to + 24, text + 12, attributes);
    }
    for (; count; count--, text++, to += 2)
        store_one(to, (unsigned char)*text, attribute_of(colours));
}

_Static_assert(2 * VGA_TEXT_MAX_ROWS * VGA_TEXT_MAX_COLUMNS <= VIDEO_CELLS,
               "copy_back() copies out of the second half into the first");

/* What stays on the screen goes to the start of the video memory. */
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

/* Sets two registers that hold the halves of a number, as far as they have changed. */
static inline void crtc_update(uint8_t high, uint8_t low, unsigned *set, unsigned value)
{
    unsigned changed = *set ^ value;
    if (changed >> 8)
        crtc_write(high, value >> 8);
    if (changed & 0xff)
        crtc_write(low, value & 0xff);
    *set = value;
}

/* An underline at the foot of the 16 scan lines that a character has. */
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

static void use_bright_backgrounds(void)
{
    inb(INPUT_STATUS);
    outb(ATTRIBUTE_WRITE, MODE_CONTROL | PALETTE_IN_USE);
    outb(ATTRIBUTE_WRITE, inb(ATTRIBUTE_READ) & (uint8_t)~MODE_BLINK);
}

/* The loader may have left anything in the registers. */
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
    };
    set_registers();
    *display = &vga.display;
    return OK;
}
