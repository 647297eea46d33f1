/*
 * A PF2 file is a sequence of sections. Each has a name of four letters, a length, and as many
 * bytes. All numbers are big-endian. The sections that matter are: FILE, which comes first and
 * contains "PFF2"; ASCE and DESC, the lines above and below the base line; CHIX, the index; DATA,
 * which has no length, comes last and holds the glyphs. An entry of the index has a code point, a
 * byte of flags (0: not compressed), and the glyph's offset from the start of the file. A glyph has
 * a header, and then its bits, the highest bit of a byte first, without padding between rows.
 */
#include <lib/bytes.h>
#include <lib/font.h>
#include <lib/string.h>

enum { SECTION_HEADER = 8, TAG = 4 };

/* An entry of the index. */
enum { ENTRY_CODE = 0, ENTRY_FLAGS = 4, ENTRY_OFFSET = 5, ENTRY_SIZE = 9 };

/* A glyph's header: the size of its box, and how far that is shifted right of the cell's left side
 * and up from the base line. The distance to the next glyph, at 8, is not needed in cells. */
enum { BOX_WIDTH = 0, BOX_HEIGHT = 2, BOX_X = 4, BOX_Y = 6, BOX_SIZE = 10 };

enum { CELL_WIDTH = 2 * GLYPH_WIDTH };

static bool is_tag(const uint8_t *section, const char *tag)
{
    return memcmp(section, tag, TAG) == 0;
}

/* Returns the content of the section with that name; NULL if it is missing or shorter than `least`
 * bytes. */
static const uint8_t *find_section(const struct font *font, const char *tag, size_t least,
                                   size_t *length)
{
    size_t at = 0;
    while (font->size - at >= SECTION_HEADER && !is_tag(font->file + at, "DATA")) {
        const uint8_t *section = font->file + at;
        size_t room = font->size - at - SECTION_HEADER;
        *length = get_big_32(section + TAG);
        if (*length > room)
            return NULL;
        if (is_tag(section, tag))
            return *length >= least ? section + SECTION_HEADER : NULL;
        at += SECTION_HEADER + *length;
    }
    return NULL;
}

static uint32_t code_at(const struct font *font, size_t entry)
{
    return get_big_32(font->index + entry * ENTRY_SIZE + ENTRY_CODE);
}

/* Is the index sorted, as a binary search needs it? */
static bool is_sorted(const struct font *font)
{
    for (size_t i = 1; i < font->count; i++) {
        if (code_at(font, i - 1) >= code_at(font, i))
            return false;
    }
    return true;
}

enum error font_open(struct font *font, const void *file, size_t size)
{
    *font = (struct font){.file = file, .size = size};
    size_t length;
    if (size < SECTION_HEADER || !is_tag(file, "FILE"))
        return ERROR_INVALID;
    const uint8_t *kind = find_section(font, "FILE", TAG, &length);
    const uint8_t *ascent = find_section(font, "ASCE", 2, &length);
    const uint8_t *descent = find_section(font, "DESC", 2, &length);
    font->index = find_section(font, "CHIX", ENTRY_SIZE, &length);
    if (!kind || !is_tag(kind, "PFF2") || !ascent || !descent || !font->index ||
        length % ENTRY_SIZE != 0)
        return ERROR_INVALID;
    font->count = length / ENTRY_SIZE;
    font->ascent = get_big_16(ascent);
    if (font->ascent + get_big_16(descent) > GLYPH_HEIGHT || !is_sorted(font))
        return ERROR_INVALID;
    return OK;
}

/* Returns the entry of a code point, or NULL. */
static const uint8_t *find_entry(const struct font *font, uint32_t code_point)
{
    size_t low = 0, high = font->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint32_t code = code_at(font, middle);
        if (code == code_point)
            return font->index + middle * ENTRY_SIZE;
        if (code < code_point)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Returns `count` <= 16 bits from number `first` on, out of `size` bytes. */
static uint32_t bits_at(const uint8_t *bits, size_t size, size_t first, unsigned count)
{
    uint32_t three = 0;
    for (size_t i = first / 8; i < first / 8 + 3; i++)
        three = three << 8 | (i < size ? bits[i] : 0);
    return three >> (24 - first % 8 - count) & ((1u << count) - 1);
}

bool font_glyph(const struct font *font, uint32_t code_point, struct glyph *glyph)
{
    const uint8_t *entry = find_entry(font, code_point);
    if (!entry || entry[ENTRY_FLAGS] != 0)
        return false;
    size_t offset = get_big_32(entry + ENTRY_OFFSET);
    if (offset > font->size || font->size - offset < BOX_SIZE)
        return false;
    const uint8_t *box = font->file + offset;
    unsigned width = get_big_16(box + BOX_WIDTH), height = get_big_16(box + BOX_HEIGHT);
    int left = (int16_t)get_big_16(box + BOX_X);
    int top = (int)font->ascent - (int16_t)get_big_16(box + BOX_Y) - (int)height;
    size_t bytes = ((size_t)width * height + 7) / 8;
    if (left < 0 || left + (int)width > CELL_WIDTH || top < 0 || top + (int)height > GLYPH_HEIGHT ||
        bytes > font->size - offset - BOX_SIZE)
        return false;

    *glyph = (struct glyph){0};
    for (unsigned y = 0; y < height; y++) {
        uint32_t row = bits_at(box + BOX_SIZE, bytes, (size_t)y * width, width);
        glyph->rows[(unsigned)top + y] = (uint16_t)(row << (CELL_WIDTH - width) >> left);
    }
    return true;
}
