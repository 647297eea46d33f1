/*
 * The driver keeps two pictures of the screen in RAM. Output changes the cells of `wanted` and
 * records the damaged rectangle. flush() compares this rectangle with `shown`, draws the cells that
 * differ, and copies them to `shown`. So a line that scrolls the screen draws only the cells that
 * change, and text that scrolls away before a flush is never drawn.
 *
 * A panic may interrupt any of these functions and draw with them. So a cell is copied to `shown`
 * only after it was drawn, and at each moment the state is such that the next call stays within the
 * arrays and the screen.
 */
#include <assert.h>
#include <drivers/framebuffer.h>
#include <layout.h>
#include <lib/colour.h>
#include <lib/string.h>
#include <lib/width.h>

enum {
    MAX_PIXELS = 16384, /* in each direction */
    WIDE_SCREEN = 1600, /* pixels of width for each step of the scale: 4K is scaled by 2 */
    MAX_SCALE = MAX_PIXELS / WIDE_SCREEN,
    CORNER_COLUMNS = 80, /* of a screen that has no memory for all its cells */
    CURSOR_LINES = 2,    /* at the foot of a cell */
};

/* The cursor is in this cell: in `shown`, and in `wanted` while flush() runs. The screen shows
 * something else than a cell: in `shown`. */
enum { CELL_CURSOR = 1 << 22, CELL_UNKNOWN = 1 << 23 };

_Static_assert(((CELL_CURSOR | CELL_UNKNOWN) & (CELL_CODE | CELL_RIGHT_HALF | CELL_COLOURS_MASK)) ==
                   0,
               "they have bits of their own");

enum { GLYPH_BITS = CELL_CODE | CELL_RIGHT_HALF, UNSHOWABLE = 0x25a0 /* ■ */ };

/* --- Glyphs --------------------------------------------------------------------------------- */

/* Fits a wide glyph's row into a narrow cell: two pixels become one. */
static uint8_t squeeze(uint16_t row)
{
    unsigned pairs = row | row << 1, squeezed = 0;
    for (unsigned i = 0; i < 8; i++)
        squeezed |= (pairs >> (2 * i + 1) & 1) << i;
    return (uint8_t)squeezed;
}

static bool is_wide(const struct glyph *glyph)
{
    unsigned right = 0;
    for (unsigned y = 0; y < GLYPH_HEIGHT; y++)
        right |= glyph->rows[y] & 0xff;
    return right != 0;
}

static void unpack_glyph(const struct framebuffer *framebuffer, terminal_cell_t cell,
                         struct framebuffer_glyph *to)
{
    struct glyph glyph;
    uint32_t code = cell & CELL_CODE;
    if (!font_glyph(framebuffer->font, code, &glyph) &&
        !font_glyph(framebuffer->font, UNSHOWABLE, &glyph))
        memset(&glyph, 0xff, sizeof(glyph));
    unsigned shift = cell & CELL_RIGHT_HALF ? 0 : GLYPH_WIDTH;
    bool squeezed = is_wide(&glyph) && character_width(code) < 2;
    for (unsigned y = 0; y < GLYPH_HEIGHT; y++)
        to->rows[y] = squeezed ? squeeze(glyph.rows[y]) : (uint8_t)(glyph.rows[y] >> shift);
    to->cell = cell;
}

/* Returns the rows of a glyph from the cache of unpacked glyphs. A code point has only one place in
 * the cache, where it replaces another one; those of Latin-1 all have different places. */
static const uint8_t *find_glyph(struct framebuffer *framebuffer, terminal_cell_t cell)
{
    enum { HALF = FRAMEBUFFER_GLYPHS / 2 };
    terminal_cell_t key = cell & GLYPH_BITS;
    unsigned place = key % HALF + (key & CELL_RIGHT_HALF ? HALF : 0);
    struct framebuffer_glyph *glyph = &framebuffer->glyphs[place];
    if (glyph->cell != key)
        unpack_glyph(framebuffer, key, glyph);
    return glyph->rows;
}

/* --- Drawing -------------------------------------------------------------------------------- */

static void make_pairs(struct framebuffer *framebuffer)
{
    terminal_cell_t colours = framebuffer->colours;
    pixel_pairs_set(&framebuffer->pairs, framebuffer->pairs.bytes,
                    framebuffer->palette[colours >> CELL_FOREGROUND_SHIFT & 15],
                    framebuffer->palette[colours >> CELL_BACKGROUND_SHIFT & 15]);
}

static void select_colours(struct framebuffer *framebuffer, terminal_cell_t cell)
{
    terminal_cell_t wanted = cell & CELL_COLOURS_MASK;
    if (wanted == framebuffer->colours)
        return;
    framebuffer->colours = wanted;
    make_pairs(framebuffer);
}

/* Enlarges a row of eight pixels to `scale` times the width, and returns its `part`th eight. */
static uint8_t stretch(uint8_t row, unsigned part, size_t scale)
{
    unsigned stretched = 0;
    for (unsigned i = part * 8; i < part * 8 + 8; i++)
        stretched = stretched << 1 | (row >> (7 - i / scale) & 1);
    return (uint8_t)stretched;
}

static void draw_enlarged(const struct framebuffer *framebuffer, uint8_t *to, const uint8_t *rows)
{
    uint8_t enlarged[GLYPH_HEIGHT * MAX_SCALE];
    size_t scale = framebuffer->scale;
    for (unsigned part = 0; part < scale; part++) {
        for (unsigned y = 0; y < GLYPH_HEIGHT; y++)
            memset(enlarged + y * scale, stretch(rows[y], part, scale), scale);
        pixels_draw(&framebuffer->pairs, to + (size_t)part * 8 * framebuffer->pairs.bytes,
                    framebuffer->pitch, enlarged, GLYPH_HEIGHT * (unsigned)scale);
    }
}

static uint8_t *place_of(const struct framebuffer *framebuffer, unsigned row, unsigned column)
{
    size_t width = (size_t)framebuffer->scale * GLYPH_WIDTH * framebuffer->pairs.bytes;
    size_t height = (size_t)framebuffer->scale * GLYPH_HEIGHT * framebuffer->pitch;
    return framebuffer->pixels + row * height + column * width;
}

static void draw_cell(struct framebuffer *framebuffer, unsigned row, unsigned column,
                      terminal_cell_t cell)
{
    const uint8_t *rows = find_glyph(framebuffer, cell);
    uint8_t with_cursor[GLYPH_HEIGHT];
    if (cell & CELL_CURSOR) {
        memcpy(with_cursor, rows, GLYPH_HEIGHT);
        memset(with_cursor + GLYPH_HEIGHT - CURSOR_LINES, 0xff, CURSOR_LINES);
        rows = with_cursor;
    }
    select_colours(framebuffer, cell);
    uint8_t *to = place_of(framebuffer, row, column);
    if (framebuffer->scale == 1)
        pixels_draw(&framebuffer->pairs, to, framebuffer->pitch, rows, GLYPH_HEIGHT);
    else
        draw_enlarged(framebuffer, to, rows);
}

/* --- The picture that is wanted ------------------------------------------------------------- */

static terminal_cell_t *wanted_row(const struct framebuffer *framebuffer, unsigned row)
{
    const struct terminal_display *display = &framebuffer->display;
    unsigned place = framebuffer->first + row;
    if (place >= display->rows)
        place -= display->rows;
    return framebuffer->wanted + (size_t)place * display->columns;
}

static void note_damage(struct framebuffer *framebuffer, unsigned row, unsigned rows,
                        unsigned column, unsigned columns)
{
    ASSERT(row + rows <= framebuffer->display.rows);
    ASSERT(column + columns <= framebuffer->display.columns);
    framebuffer->damage.top = MIN(framebuffer->damage.top, row);
    framebuffer->damage.bottom = MAX(framebuffer->damage.bottom, row + rows);
    framebuffer->damage.left = MIN(framebuffer->damage.left, column);
    framebuffer->damage.right = MAX(framebuffer->damage.right, column + columns);
}

static void clear_damage(struct framebuffer *framebuffer)
{
    framebuffer->damage.top = framebuffer->display.rows;
    framebuffer->damage.left = framebuffer->display.columns;
    framebuffer->damage.bottom = framebuffer->damage.right = 0;
}

static struct framebuffer *from_display(struct terminal_display *display)
{
    return CONTAINER_OF(display, struct framebuffer, display);
}

/* --- The display's functions ---------------------------------------------------------------- */

static void draw(struct terminal_display *display, unsigned row, unsigned column,
                 const terminal_cell_t *cells, unsigned count)
{
    struct framebuffer *framebuffer = from_display(display);
    note_damage(framebuffer, row, 1, column, count);
    memcpy(wanted_row(framebuffer, row) + column, cells, count * sizeof(*cells));
}

static void fill_in_row(struct framebuffer *framebuffer, unsigned row, unsigned column,
                        terminal_cell_t cell, unsigned count)
{
    note_damage(framebuffer, row, 1, column, count);
    terminal_cell_t *to = wanted_row(framebuffer, row) + column;
    for (unsigned i = 0; i < count; i++)
        to[i] = cell;
}

static void fill(struct terminal_display *display, unsigned row, unsigned column,
                 terminal_cell_t cell, unsigned count)
{
    struct framebuffer *framebuffer = from_display(display);
    for (; count > display->columns - column; row++, column = 0) {
        fill_in_row(framebuffer, row, column, cell, display->columns - column);
        count -= display->columns - column;
    }
    fill_in_row(framebuffer, row, column, cell, count);
}

static void draw_ascii(struct terminal_display *display, unsigned row, unsigned column,
                       const char *text, unsigned count, terminal_cell_t colours)
{
    struct framebuffer *framebuffer = from_display(display);
    note_damage(framebuffer, row, 1, column, count);
    terminal_cell_t *to = wanted_row(framebuffer, row) + column;
    for (unsigned i = 0; i < count; i++)
        to[i] = colours | (uint8_t)text[i];
}

static void scroll(struct terminal_display *display, unsigned lines)
{
    struct framebuffer *framebuffer = from_display(display);
    note_damage(framebuffer, 0, display->rows, 0, display->columns);
    framebuffer->first = (framebuffer->first + lines) % display->rows;
}

/* Draws the cells of columns `from` to `to` - 1 that differ from those on the screen. */
static void show_cells(struct framebuffer *framebuffer, unsigned row, unsigned from, unsigned to)
{
    const terminal_cell_t *wanted = wanted_row(framebuffer, row);
    terminal_cell_t *shown = framebuffer->shown + (size_t)row * framebuffer->display.columns;
    for (unsigned column = from; column < to; column++) {
        if (wanted[column] == shown[column])
            continue;
        draw_cell(framebuffer, row, column, wanted[column]);
        shown[column] = wanted[column];
    }
}

static void show_damage(struct framebuffer *framebuffer)
{
    unsigned left = framebuffer->damage.left, right = framebuffer->damage.right;
    for (unsigned row = framebuffer->damage.top; row < framebuffer->damage.bottom; row++)
        show_cells(framebuffer, row, left, right);
    clear_damage(framebuffer);
}

static void flush(struct terminal_display *display, unsigned row, unsigned column,
                  bool cursor_visible)
{
    struct framebuffer *framebuffer = from_display(display);
    terminal_cell_t *under = wanted_row(framebuffer, row) + column;
    unsigned old_row = framebuffer->cursor_row, old_column = framebuffer->cursor_column;
    if (cursor_visible)
        *under |= CELL_CURSOR;
    show_damage(framebuffer);
    show_cells(framebuffer, old_row, old_column, old_column + 1);
    show_cells(framebuffer, row, column, column + 1);
    *under &= ~(terminal_cell_t)CELL_CURSOR;
    framebuffer->cursor_row = row;
    framebuffer->cursor_column = column;
    /* The processor's write-combining buffers go out now. Else that would happen at the next
     * interrupt, and after a panic there is none (Intel SDM 3A 12.3.1). */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Cells that have one of the new colours are drawn again. */
static void set_palette(struct terminal_display *display, const uint32_t colours[16])
{
    struct framebuffer *framebuffer = from_display(display);
    size_t cells = (size_t)display->rows * display->columns;
    unsigned changed = 0; /* a bit for each colour */
    for (unsigned i = 0; i < ARRAY_SIZE(framebuffer->palette); i++) {
        uint32_t pixel = pixel_pack(&framebuffer->format, colours[i]);
        changed |= (unsigned)(pixel != framebuffer->palette[i]) << i;
        framebuffer->palette[i] = pixel;
    }
    if (!changed)
        return;
    for (size_t i = 0; i < cells; i++) {
        terminal_cell_t cell = framebuffer->shown[i];
        if ((changed >> (cell >> CELL_FOREGROUND_SHIFT & 15) |
             changed >> (cell >> CELL_BACKGROUND_SHIFT & 15)) &
            1)
            framebuffer->shown[i] = CELL_UNKNOWN;
    }
    make_pairs(framebuffer);
    note_damage(framebuffer, 0, display->rows, 0, display->columns);
}

/* --- Set-up --------------------------------------------------------------------------------- */

static struct pixel_format format_of(const struct boot_framebuffer *info)
{
    return (struct pixel_format){
        .bits_per_pixel = info->bits_per_pixel,
        .red = {info->red_position, info->red_size},
        .green = {info->green_position, info->green_size},
        .blue = {info->blue_position, info->blue_size},
    };
}

static unsigned scale_of(const struct boot_framebuffer *info)
{
    return MAX(MIN(info->width / WIDE_SCREEN, info->height / GLYPH_HEIGHT), 1u);
}

enum error framebuffer_check(const struct boot_framebuffer *info)
{
    if (info->kind == FRAMEBUFFER_INDEXED)
        return ERROR_UNSUPPORTED;
    if (info->kind != FRAMEBUFFER_RGB)
        return ERROR_NO_DEVICE;
    struct pixel_format format = format_of(info);
    enum error error = pixel_format_check(&format);
    if (error)
        return error;
    if (info->address == 0 || info->address >= DIRECT_MAP_SIZE || info->width > MAX_PIXELS ||
        info->height > MAX_PIXELS || info->width < 2 * GLYPH_WIDTH || info->height < GLYPH_HEIGHT ||
        info->pitch < info->width * pixel_bytes(&format) ||
        (uint64_t)info->pitch * info->height > DIRECT_MAP_SIZE - info->address)
        return ERROR_INVALID;
    return OK;
}

void framebuffer_size(const struct boot_framebuffer *info, unsigned *rows, unsigned *columns)
{
    unsigned scale = scale_of(info);
    *rows = info->height / (GLYPH_HEIGHT * scale);
    *columns = info->width / (GLYPH_WIDTH * scale);
    *columns = MIN(*columns, (unsigned)TERMINAL_MAX_COLUMNS);
}

static void choose_grid(struct terminal_display *display, const struct boot_framebuffer *info,
                        size_t size)
{
    framebuffer_size(info, &display->rows, &display->columns);
    if (size >= FRAMEBUFFER_MEMORY(display->rows, display->columns))
        return;
    display->columns = MIN(display->columns, (unsigned)CORNER_COLUMNS);
    display->rows = (unsigned)MIN(display->rows, size / FRAMEBUFFER_MEMORY(1, display->columns));
}

static void clear_screen(struct framebuffer *framebuffer, const struct boot_framebuffer *info)
{
    terminal_cell_t blank = CELL_COLOURS(LIGHT_GREY, BLACK) | ' ';
    size_t cells = (size_t)framebuffer->display.rows * framebuffer->display.columns;
    for (size_t i = 0; i < cells; i++)
        framebuffer->wanted[i] = framebuffer->shown[i] = blank;
    for (unsigned y = 0; y < info->height; y++)
        memset(framebuffer->pixels + (size_t)y * info->pitch, 0,
               (size_t)info->width * framebuffer->pairs.bytes);
    clear_damage(framebuffer);
}

enum error framebuffer_init(struct framebuffer *framebuffer, const struct boot_framebuffer *info,
                            const struct font *font, void *memory, size_t size)
{
    struct terminal_display *display = &framebuffer->display;
    ASSERT(framebuffer_check(info) == OK);
    ASSERT(IS_ALIGNED((uintptr_t)memory, 8));
    memset(framebuffer, 0, sizeof(*framebuffer));
    choose_grid(display, info, size);
    if (display->rows == 0)
        return ERROR_FULL;
    display->draw = draw;
    display->fill = fill;
    display->draw_ascii = draw_ascii;
    display->scroll = scroll;
    display->flush = flush;
    display->set_palette = set_palette;
    framebuffer->format = format_of(info);
    framebuffer->pixels = phys_to_virt(info->address);
    framebuffer->pitch = info->pitch;
    framebuffer->scale = scale_of(info);
    framebuffer->font = font;
    framebuffer->wanted = memory;
    framebuffer->shown = framebuffer->wanted + (size_t)display->rows * display->columns;
    for (unsigned i = 0; i < ARRAY_SIZE(colour_rgb); i++)
        framebuffer->palette[i] = pixel_pack(&framebuffer->format, colour_rgb[i]);
    framebuffer->pairs.bytes = pixel_bytes(&framebuffer->format);
    make_pairs(framebuffer); /* for black on black, which is all zeros */
    clear_screen(framebuffer, info);
    return OK;
}
