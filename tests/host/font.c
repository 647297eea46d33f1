/*
 * Fonts: good files give glyphs, and broken files are refused.
 */
#include <lib/font.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"

/* The file that the functions below put together. */
static uint8_t file[4096];
static size_t used;
static struct font font;
static struct glyph glyph;

static void put8(unsigned value)
{
    file[used++] = (uint8_t)value;
}

static void put16(unsigned value)
{
    put8(value >> 8);
    put8(value);
}

static void put32(uint32_t value)
{
    put16(value >> 16);
    put16(value);
}

static void put_section(const char *tag, uint32_t length)
{
    memcpy(file + used, tag, 4);
    used += 4;
    put32(length);
}

static void put_entry(uint32_t code, unsigned flags, uint32_t offset)
{
    put32(code);
    put8(flags);
    put32(offset);
}

enum { FILE_PART = 12, ASCENT_PART = 10, DATA_PART = 8, ENTRY = 9 };

/* Writes everything before the glyphs; the first one then lies at `used`. */
static void begin(const uint32_t *codes, size_t count, const uint32_t *offsets)
{
    used = 0;
    put_section("FILE", 4);
    memcpy(file + used, "PFF2", 4);
    used += 4;
    put_section("NAME", 3); /* a section that is ignored */
    used += 3;
    put_section("ASCE", 2);
    put16(14);
    put_section("DESC", 2);
    put16(2);
    put_section("CHIX", (uint32_t)(count * ENTRY));
    uint32_t data = (uint32_t)(used + count * ENTRY + DATA_PART);
    for (size_t i = 0; i < count; i++)
        put_entry(codes[i], 0, data + offsets[i]);
    put_section("DATA", 0xffffffff);
}

static void put_box(unsigned width, unsigned height, int left, int up)
{
    put16(width);
    put16(height);
    put16((unsigned)left);
    put16((unsigned)up);
    put16(8);
}

/* A is three pixels wide and five high, on the base line; U+1F600 is sixteen wide and as high. */
static void make_two_glyphs(void)
{
    static const uint32_t codes[] = {'A', 0x1f600}, offsets[] = {0, 12};
    begin(codes, 2, offsets);
    put_box(3, 5, 2, 0);
    put8(0x57); /* .#. #.# ### #.# #.# */
    put8(0xda);
    put_box(16, 16, 0, -2);
    for (unsigned i = 0; i < 16; i++)
        put16(0x8001u + (i << 4));
}

TEST(font, glyphs_are_unpacked)
{
    make_two_glyphs();
    EXPECT_EQ(font_open(&font, file, used), OK);
    EXPECT_EQ(font.count, 2);
    EXPECT(font_glyph(&font, 'A', &glyph));
    static const uint16_t expected[16] = {[9] = 0x1000, 0x2800, 0x3800, 0x2800, 0x2800};
    for (unsigned y = 0; y < 16; y++)
        EXPECT_EQ(glyph.rows[y], expected[y]);
    EXPECT(font_glyph(&font, 0x1f600, &glyph));
    for (unsigned y = 0; y < 16; y++)
        EXPECT_EQ(glyph.rows[y], 0x8001u + (y << 4));
    EXPECT(!font_glyph(&font, 'B', &glyph));
    EXPECT(!font_glyph(&font, 0, &glyph));
    EXPECT(!font_glyph(&font, 0xffffffff, &glyph));
}

TEST(font, every_shorter_file_is_refused_or_lacks_glyphs)
{
    make_two_glyphs();
    size_t whole = used;
    for (size_t size = 0; size < whole; size++) {
        uint8_t *copy = malloc(size ? size : 1); /* AddressSanitizer reports reads beyond it */
        memcpy(copy, file, size);
        bool complete = font_open(&font, copy, size) == OK && font_glyph(&font, 'A', &glyph) &&
                        font_glyph(&font, 0x1f600, &glyph);
        free(copy);
        EXPECT(!complete);
    }
}

TEST(font, an_index_out_of_order_is_refused)
{
    static const uint32_t codes[] = {'B', 'A'}, twice[] = {'A', 'A'}, offsets[] = {0, 0};
    begin(codes, 2, offsets);
    put_box(1, 1, 0, 0);
    put8(0x80);
    EXPECT_EQ(font_open(&font, file, used), ERROR_INVALID);
    begin(twice, 2, offsets);
    put_box(1, 1, 0, 0);
    put8(0x80);
    EXPECT_EQ(font_open(&font, file, used), ERROR_INVALID);
}

static bool glyph_fits(unsigned width, unsigned height, int left, int up)
{
    static const uint32_t codes[] = {'A'}, offsets[] = {0};
    begin(codes, 1, offsets);
    put_box(width, height, left, up);
    used += 64;
    return font_open(&font, file, used) == OK && font_glyph(&font, 'A', &glyph);
}

TEST(font, boxes_outside_of_the_cell_are_no_glyphs)
{
    EXPECT(glyph_fits(16, 16, 0, -2));
    EXPECT(glyph_fits(0, 0, 0, 0)); /* a space */
    EXPECT(!glyph_fits(17, 1, 0, 0));
    EXPECT(!glyph_fits(16, 1, 1, 0));
    EXPECT(!glyph_fits(1, 1, -1, 0));
    EXPECT(!glyph_fits(1, 17, 0, -2));
    EXPECT(!glyph_fits(1, 1, 0, 14));
    EXPECT(!glyph_fits(1, 1, 0, -3));
    EXPECT(!glyph_fits(0xffff, 0xffff, 0, 0));
    EXPECT(!glyph_fits(1, 0xffff, 0, -32768));
}

TEST(font, a_font_too_high_or_of_another_format_is_refused)
{
    make_two_glyphs();
    uint8_t *ascent = file + FILE_PART + 11 + 8;
    ascent[1] = 15;
    EXPECT_EQ(font_open(&font, file, used), ERROR_INVALID);
    ascent[1] = 14;
    EXPECT_EQ(font_open(&font, file, used), OK);
    file[8] = 'Q';
    EXPECT_EQ(font_open(&font, file, used), ERROR_INVALID);
    EXPECT_EQ(font_open(&font, "\x1f\x8b\x08 still gzipped", 16), ERROR_INVALID);
}

TEST(font, compressed_glyphs_and_wild_offsets_are_no_glyphs)
{
    make_two_glyphs();
    uint8_t *entry = file + used - (12 + 42) - DATA_PART - 2 * ENTRY;
    EXPECT_EQ(font_open(&font, file, used), OK);
    entry[4] = 1;
    EXPECT(!font_glyph(&font, 'A', &glyph));
    entry[4] = 0;
    EXPECT(font_glyph(&font, 'A', &glyph));
    memset(entry + 5, 0xff, 4);
    EXPECT(!font_glyph(&font, 'A', &glyph));
}

TEST(font, random_damage_does_no_harm)
{
    srand(42);
    for (unsigned round = 0; round < 20000; round++) {
        make_two_glyphs();
        size_t size = 1 + (size_t)rand() % used;
        uint8_t *copy = malloc(size);
        memcpy(copy, file, size);
        for (unsigned i = 0; i < 4; i++)
            copy[(size_t)rand() % size] = (uint8_t)rand();
        if (font_open(&font, copy, size) == OK) {
            font_glyph(&font, 'A', &glyph);
            font_glyph(&font, 0x1f600, &glyph);
        }
        free(copy);
    }
}

TEST(font, the_built_in_font_has_latin_1)
{
    EXPECT_EQ(font_open(&font, font_builtin, font_builtin_size), OK);
    for (uint32_t code = 0x20; code <= 0xff; code++)
        EXPECT_EQ(font_glyph(&font, code, &glyph), code < 0x7f || code >= 0xa0);
    EXPECT(font_glyph(&font, 0x25a0, &glyph) && font_glyph(&font, 0xfffd, &glyph));
    EXPECT(font_glyph(&font, 0x2588, &glyph)); /* a full block */
    for (unsigned y = 0; y < GLYPH_HEIGHT; y++)
        EXPECT_EQ(glyph.rows[y], 0xff00);
}
