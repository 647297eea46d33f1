/*
 * The framebuffer as a display. After each flush, the tests read the screen back pixel by pixel, on
 * screens of all depths and of odd sizes. Others pass framebuffers that have to be refused.
 */
#include <drivers/framebuffer.h>
#include <layout.h>
#include <lib/colour.h>
#include <lib/random.h>
#include <string.h>

#include "../test.h"
#include "physical_memory.h"

enum { ADDRESS = 0xfd000000, GUARD = 0xa5, GUARD_BYTES = 4096 };

static struct framebuffer framebuffer;
static struct font font;
static uint64_t cells[2 * 300 * 140 / 2];

static struct boot_framebuffer rgb(uint32_t width, uint32_t height, uint8_t bits, uint32_t pitch)
{
    struct boot_framebuffer info = {
        FRAMEBUFFER_RGB, ADDRESS, pitch, width, height, bits, 16, 8, 8, 8, 0, 8};
    if (bits == 16) {
        info.red_position = 11;
        info.green_position = 5;
        info.red_size = info.blue_size = 5;
        info.green_size = 6;
    }
    return info;
}

/* Starts a display on fresh memory, with guards around the screen. */
static enum error start(const struct boot_framebuffer *info, size_t size)
{
    enum error error = framebuffer_check(info);
    if (error)
        return error;
    physical_memory_reset();
    memset((uint8_t *)phys_to_virt(info->address) - GUARD_BYTES, GUARD,
           (size_t)info->pitch * info->height + (size_t)2 * GUARD_BYTES);
    font_open(&font, font_builtin, font_builtin_size);
    return framebuffer_init(&framebuffer, info, &font, cells, size);
}

static bool guards_hold(const struct boot_framebuffer *info)
{
    const uint8_t *screen = phys_to_virt(info->address);
    size_t size = (size_t)info->pitch * info->height,
           row = info->width * ((info->bits_per_pixel + 7u) / 8);
    for (size_t i = 0; i < GUARD_BYTES; i++) {
        if (screen[-1 - (ptrdiff_t)i] != GUARD || screen[size + i] != GUARD)
            return false;
    }
    for (unsigned y = 0; y < info->height; y++) {
        for (size_t x = row; x < info->pitch; x++) {
            if (screen[(size_t)y * info->pitch + x] != GUARD)
                return false;
        }
    }
    return true;
}

static uint32_t pixel_at(const struct boot_framebuffer *info, unsigned x, unsigned y)
{
    unsigned bytes = (info->bits_per_pixel + 7u) / 8;
    const uint8_t *at =
        (uint8_t *)phys_to_virt(info->address) + (size_t)y * info->pitch + x * bytes;
    uint32_t pixel = 0;
    memcpy(&pixel, at, bytes);
    return pixel;
}

/* Does the screen show this character there, in light grey on black? Compares every pixel. */
static bool shows(const struct boot_framebuffer *info, unsigned row, unsigned column, uint32_t code,
                  bool right_half, bool cursor)
{
    struct glyph glyph;
    if (!font_glyph(&font, code, &glyph))
        return false;
    unsigned scale = framebuffer.scale;
    for (unsigned y = 0; y < GLYPH_HEIGHT * scale; y++) {
        for (unsigned x = 0; x < GLYPH_WIDTH * scale; x++) {
            bool set = glyph.rows[y / scale] >> (15 - x / scale - (right_half ? 8 : 0)) & 1;
            set |= cursor && y / scale >= GLYPH_HEIGHT - 2;
            if (pixel_at(info, column * GLYPH_WIDTH * scale + x, row * GLYPH_HEIGHT * scale + y) !=
                framebuffer.palette[set ? LIGHT_GREY : BLACK])
                return false;
        }
    }
    return true;
}

static void write(unsigned row, unsigned column, const char *text)
{
    struct terminal_display *display = &framebuffer.display;
    display->draw_ascii(display, row, column, text, (unsigned)strlen(text),
                        CELL_COLOURS(LIGHT_GREY, BLACK));
}

static void flush(unsigned row, unsigned column, bool visible)
{
    framebuffer.display.flush(&framebuffer.display, row, column, visible);
}

static void expect_text(const struct boot_framebuffer *info, unsigned row, unsigned column,
                        const char *text)
{
    for (unsigned i = 0; text[i]; i++)
        EXPECT(shows(info, row, column + i, (uint8_t)text[i], false, false));
}

/* Writes into all corners of a screen, and compares them. */
static void try_screen(struct boot_framebuffer info, unsigned rows, unsigned columns)
{
    EXPECT_EQ(start(&info, sizeof(cells)), OK);
    EXPECT_EQ(framebuffer.display.rows, rows);
    EXPECT_EQ(framebuffer.display.columns, columns);
    write(0, 0, "Ag");
    write(rows - 1, columns - 2, "yZ");
    flush(0, 1, true);
    EXPECT(shows(&info, 0, 1, 'g', false, true));
    flush(rows - 1, 0, false);
    expect_text(&info, 0, 0, "Ag ");
    expect_text(&info, rows - 1, columns - 3, " yZ");
    EXPECT(guards_hold(&info));
}

TEST(framebuffer, text_is_shown_at_every_depth_and_pitch)
{
    static const uint8_t depths[] = {16, 24, 32};
    for (unsigned i = 0; i < ARRAY_SIZE(depths); i++) {
        uint32_t bytes = depths[i] / 8u;
        try_screen(rgb(640, 480, depths[i], 640 * bytes), 30, 80);
        try_screen(rgb(800, 600, depths[i], 800 * bytes + 32), 37, 100);
        try_screen(rgb(1366, 768, depths[i], 1366 * bytes + 1), 48, 170);
        try_screen(rgb(1920, 1080, depths[i], 1920 * bytes), 67, 240);
        try_screen(rgb(55, 47, depths[i], 55 * bytes + 3), 2, 6);
    }
}

TEST(framebuffer, wide_screens_are_enlarged)
{
    try_screen(rgb(3840, 2160, 32, 3840 * 4), 67, 240);
    try_screen(rgb(5120, 1440, 24, 5120 * 3 + 5), 30, 213);
    try_screen(rgb(7680, 4320, 16, 7680 * 2), 67, 240);
    try_screen(rgb(16384, 40, 32, 16384 * 4), 1, 512);
}

TEST(framebuffer, other_orders_of_colours_are_shown)
{
    struct boot_framebuffer info = rgb(640, 480, 32, 2560);
    info.red_position = 24;
    info.green_position = 0;
    info.blue_position = 12;
    EXPECT_EQ(start(&info, sizeof(cells)), OK);
    struct terminal_display *display = &framebuffer.display;
    display->fill(display, 0, 0, CELL_COLOURS(BLACK, RED) | ' ', 1);
    display->fill(display, 0, 1, CELL_COLOURS(BLACK, BLUE | BRIGHT) | ' ', 1);
    flush(1, 0, true);
    EXPECT_EQ(pixel_at(&info, 0, 0), 0xaau << 24);
    EXPECT_EQ(pixel_at(&info, 8, 0), 0x55u << 24 | 0xffu << 12 | 0x55);
}

TEST(framebuffer, framebuffers_that_cannot_be_are_refused)
{
    struct boot_framebuffer good = rgb(640, 480, 32, 2560), info = good;
    EXPECT_EQ(framebuffer_check(&good), OK);
    EXPECT_EQ(framebuffer_check(&(struct boot_framebuffer){0}), ERROR_NO_DEVICE);
    info.kind = FRAMEBUFFER_TEXT;
    EXPECT_EQ(framebuffer_check(&info), ERROR_NO_DEVICE);
    info.kind = FRAMEBUFFER_INDEXED;
    EXPECT_EQ(framebuffer_check(&info), ERROR_UNSUPPORTED);

    static const struct {
        uint32_t width, height, pitch;
    } sizes[] = {{0, 480, 2560},       {640, 0, 2560},  {640, 480, 2559},       {640, 480, 0},
                 {15, 480, 2560},      {640, 15, 2560}, {16385, 480, 70000},    {640, 16385, 2560},
                 {0x40000001, 480, 8}, {640, 480, 640}, {0xffffffff, 480, 2560}};
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        info = rgb(sizes[i].width, sizes[i].height, 32, sizes[i].pitch);
        EXPECT_EQ(framebuffer_check(&info), ERROR_INVALID);
    }
    static const phys_addr_t addresses[] = {0, DIRECT_MAP_SIZE, DIRECT_MAP_SIZE - 4096, UINT64_MAX};
    for (unsigned i = 0; i < ARRAY_SIZE(addresses); i++) {
        info = good;
        info.address = addresses[i];
        EXPECT_EQ(framebuffer_check(&info), ERROR_INVALID);
    }
    info = good;
    info.bits_per_pixel = 8;
    EXPECT_EQ(framebuffer_check(&info), ERROR_UNSUPPORTED);
    info = good;
    info.blue_size = 9;
    EXPECT_EQ(framebuffer_check(&info), ERROR_INVALID);
}

TEST(framebuffer, little_memory_is_a_corner_of_the_screen)
{
    struct boot_framebuffer info = rgb(1024, 768, 32, 4096);
    EXPECT_EQ(FRAMEBUFFER_MEMORY(48, 128), 128 * 48 * 8);
    EXPECT_EQ(start(&info, 128 * 48 * 8), OK);
    EXPECT_EQ(framebuffer.display.columns, 128);
    EXPECT_EQ(start(&info, 80 * 25 * 8 + 79 * 8), OK);
    EXPECT_EQ(framebuffer.display.rows, 25);
    EXPECT_EQ(framebuffer.display.columns, 80);
    EXPECT_EQ(start(&info, 80 * 8 - 1), ERROR_FULL);
}

TEST(framebuffer, fills_on_in_the_rows_below)
{
    struct boot_framebuffer info = rgb(320, 80, 32, 1280);
    EXPECT_EQ(start(&info, sizeof(cells)), OK);
    struct terminal_display *display = &framebuffer.display;
    display->scroll(display, 2); /* so that the third row is the last one in memory */
    display->fill(display, 1, 38, CELL_COLOURS(LIGHT_GREY, BLACK) | '#', 40 + 4);
    flush(0, 0, false);
    expect_text(&info, 0, 0, " ");
    EXPECT(shows(&info, 1, 37, ' ', false, false));
    EXPECT(shows(&info, 1, 38, '#', false, false));
    EXPECT(shows(&info, 2, 0, '#', false, false));
    EXPECT(shows(&info, 2, 39, '#', false, false));
    EXPECT(shows(&info, 3, 1, '#', false, false));
    EXPECT(shows(&info, 3, 2, ' ', false, false));
}

TEST(framebuffer, what_scrolls_is_shown_at_the_next_flush)
{
    struct boot_framebuffer info = rgb(320, 80, 32, 1280);
    EXPECT_EQ(start(&info, sizeof(cells)), OK);
    struct terminal_display *display = &framebuffer.display;
    static const char *const lines[] = {"one", "two", "three", "four", "five"};
    for (unsigned i = 0; i < 5; i++)
        write(i, 0, lines[i]);
    flush(4, 4, true);
    display->scroll(display, 2);
    display->fill(display, 3, 0, CELL_COLOURS(LIGHT_GREY, BLACK) | ' ', 80);
    expect_text(&info, 0, 0, "one  "); /* not before the flush */
    flush(3, 0, true);
    expect_text(&info, 0, 0, "three");
    expect_text(&info, 1, 0, "four ");
    expect_text(&info, 2, 0, "five ");
    EXPECT(shows(&info, 3, 0, ' ', false, true));
    expect_text(&info, 4, 0, "     ");
    display->scroll(display, 5);
    for (unsigned i = 0; i < 5; i++)
        write(i, 0, "again");
    flush(0, 0, false);
    expect_text(&info, 0, 0, "again");
    expect_text(&info, 4, 0, "again");
}

TEST(framebuffer, the_cursor_leaves_no_trace)
{
    struct boot_framebuffer info = rgb(320, 80, 24, 960);
    EXPECT_EQ(start(&info, sizeof(cells)), OK);
    struct terminal_display *display = &framebuffer.display;
    write(0, 0, "abc");
    flush(0, 3, true);
    EXPECT(shows(&info, 0, 3, ' ', false, true));
    flush(0, 1, true);
    EXPECT(shows(&info, 0, 1, 'b', false, true));
    expect_text(&info, 0, 2, "c ");
    display->scroll(display, 1);
    for (unsigned row = 0; row < 5; row++)
        write(row, 0, "xyz");
    flush(2, 2, false);
    for (unsigned row = 0; row < 5; row++)
        expect_text(&info, row, 0, "xyz ");
}

/* Draws over the screen from outside: only the cells that change afterwards are drawn again. */
TEST(framebuffer, cells_that_stay_are_not_drawn)
{
    struct boot_framebuffer info = rgb(320, 80, 32, 1280);
    EXPECT_EQ(start(&info, sizeof(cells)), OK);
    write(0, 0, "same text");
    flush(4, 0, true);
    uint8_t *screen = phys_to_virt(info.address);
    memset(screen, GUARD, 1280 * 64);
    write(0, 0, "same test");
    flush(4, 0, true);
    for (unsigned x = 0; x < 320; x++) {
        uint32_t pixel = pixel_at(&info, x, 3);
        EXPECT_EQ(pixel == 0xa5a5a5a5, x / 8 != 7);
    }
}

TEST(framebuffer, a_new_palette_is_drawn)
{
    struct boot_framebuffer info = rgb(320, 80, 32, 1280);
    uint32_t colours[16];
    memcpy(colours, colour_rgb, sizeof(colours));
    EXPECT_EQ(start(&info, sizeof(cells)), OK);
    write(0, 0, "text");
    flush(0, 2, true);
    colours[LIGHT_GREY] = 0x123456;
    framebuffer.display.set_palette(&framebuffer.display, colours);
    flush(0, 2, true);
    EXPECT_EQ(framebuffer.palette[LIGHT_GREY], 0x123456);
    EXPECT(shows(&info, 0, 0, 't', false, false));
    EXPECT(shows(&info, 0, 2, 'x', false, true));
    write(1, 0, "t");
    flush(1, 2, true);
    EXPECT(shows(&info, 1, 0, 't', false, false));
}

TEST(framebuffer, wide_and_missing_glyphs_are_drawn)
{
    /* U+25A0 with all its eight pixels, and U+4E00 and U+FFFD with 0xff01 as their only row. */
    static const uint8_t wide[] = "FILE\0\0\0\4PFF2ASCE\0\0\0\2\0\16DESC\0\0\0\2\0\2"
                                  "CHIX\0\0\0\33\0\0\45\240\0\0\0\0\113"
                                  "\0\0\116\0\0\0\0\0\126\0\0\377\375\0\0\0\0\126"
                                  "DATA\377\377\377\377\0\10\0\1\0\0\0\0\0\10\377"
                                  "\0\20\0\1\0\0\0\0\0\20\377\1";
    struct boot_framebuffer info = rgb(320, 80, 32, 1280);
    EXPECT_EQ(start(&info, sizeof(cells)), OK);
    EXPECT_EQ(font_open(&font, wide, sizeof(wide) - 1), OK);
    const terminal_cell_t colours = CELL_COLOURS(LIGHT_GREY, BLACK);
    const terminal_cell_t row[] = {colours | 0x4e00, colours | 0x4e00 | CELL_RIGHT_HALF,
                                   colours | 0x4e01, colours | 0xfffd};
    framebuffer.display.draw(&framebuffer.display, 1, 4, row, 4);
    flush(0, 0, false);
    EXPECT(shows(&info, 1, 4, 0x4e00, false, false));
    EXPECT(shows(&info, 1, 5, 0x4e00, true, false));
    EXPECT(shows(&info, 1, 6, 0x25a0, false, false));
    for (unsigned x = 0; x < 8; x++) /* U+FFFD is narrow: 0xff01, two pixels in one */
        EXPECT_EQ(pixel_at(&info, 7 * 8 + x, 16 + 13),
                  framebuffer.palette[0xf1 >> (7 - x) & 1 ? LIGHT_GREY : BLACK]);
    font.count = 0;
    framebuffer.display.draw(&framebuffer.display, 1, 4, &(terminal_cell_t){colours | 'x'}, 1);
    flush(0, 0, false);
    EXPECT_EQ(pixel_at(&info, 4 * 8 + 3, 16 + 5), framebuffer.palette[LIGHT_GREY]);
}

/* These code points share a place in the cache of unpacked glyphs. */
TEST(framebuffer, glyphs_that_share_a_place_in_the_cache_are_drawn)
{
    static const uint32_t codes[] = {'A', 0x2541, 'A', 0x2541};
    struct boot_framebuffer info = rgb(320, 80, 32, 1280);
    EXPECT_EQ(start(&info, sizeof(cells)), OK);
    for (unsigned i = 0; i < ARRAY_SIZE(codes); i++)
        framebuffer.display.fill(&framebuffer.display, 0, i,
                                 CELL_COLOURS(LIGHT_GREY, BLACK) | codes[i], 1);
    flush(1, 0, false);
    for (unsigned i = 0; i < ARRAY_SIZE(codes); i++)
        EXPECT(shows(&info, 0, i, codes[i], false, false));
}

/* Compares the screen after random output with a simple model, cell by cell. */
TEST(framebuffer, random_output_agrees_with_a_model)
{
    enum { ROWS = 6, COLUMNS = 20 };
    struct boot_framebuffer info = rgb(COLUMNS * 8 + 5, ROWS * 16 + 7, 24, 700);
    char model[ROWS][COLUMNS];
    memset(model, ' ', sizeof(model));
    EXPECT_EQ(start(&info, sizeof(cells)), OK);
    struct terminal_display *display = &framebuffer.display;
    uint64_t random = 7;
    for (unsigned round = 0; round < 3000; round++) {
        unsigned row = random_below(&random, ROWS), column = random_below(&random, COLUMNS);
        unsigned count = 1 + random_below(&random, COLUMNS - column);
        char byte = (char)('!' + random_below(&random, 90));
        if (random_below(&random, 8) == 0) {
            unsigned lines = 1 + random_below(&random, ROWS);
            display->scroll(display, lines);
            memmove(model, model[lines % ROWS], (ROWS - lines) * sizeof(model[0]));
            for (unsigned i = ROWS - lines; i < ROWS; i++) {
                memset(model[i], byte, COLUMNS);
                display->fill(display, i, 0, CELL_COLOURS(LIGHT_GREY, BLACK) | (uint8_t)byte,
                              COLUMNS);
            }
        }
        memset(model[row] + column, byte, count);
        display->fill(display, row, column, CELL_COLOURS(LIGHT_GREY, BLACK) | (uint8_t)byte, count);
        if (random_below(&random, 4))
            continue;
        bool visible = random_below(&random, 2);
        flush(row, column, visible);
        for (unsigned i = 0; i < ROWS * COLUMNS; i++)
            EXPECT(shows(&info, i / COLUMNS, i % COLUMNS, (uint8_t)model[i / COLUMNS][i % COLUMNS],
                         false, visible && i == row * COLUMNS + column));
    }
    EXPECT(guards_hold(&info));
}
