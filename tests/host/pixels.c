/*
 * Pixels of every width, with usual and unusual orders of the colours.
 */
#include <lib/pixels.h>
#include <string.h>

#include "../test.h"

static struct pixel_format format_rgb(unsigned bits, struct channel red, struct channel green,
                                      struct channel blue)
{
    return (struct pixel_format){bits, red, green, blue};
}

static enum error check(unsigned bits, struct channel red, struct channel green,
                        struct channel blue)
{
    struct pixel_format format = format_rgb(bits, red, green, blue);
    return pixel_format_check(&format);
}

#define CHANNEL(position, size) \
    (struct channel)            \
    {                           \
        position, size          \
    }

TEST(pixels, good_formats_are_accepted)
{
    EXPECT_EQ(check(32, CHANNEL(16, 8), CHANNEL(8, 8), CHANNEL(0, 8)), OK);
    EXPECT_EQ(check(32, CHANNEL(20, 10), CHANNEL(10, 10), CHANNEL(0, 10)), OK);
    EXPECT_EQ(check(32, CHANNEL(16, 16), CHANNEL(8, 8), CHANNEL(0, 8)), OK);
    EXPECT_EQ(check(24, CHANNEL(0, 8), CHANNEL(16, 8), CHANNEL(8, 8)), OK);
    EXPECT_EQ(check(16, CHANNEL(11, 5), CHANNEL(5, 6), CHANNEL(0, 5)), OK);
    EXPECT_EQ(check(15, CHANNEL(10, 5), CHANNEL(5, 5), CHANNEL(0, 5)), OK);
}

TEST(pixels, bad_formats_are_refused)
{
    const struct channel red = {16, 8}, green = {8, 8}, blue = {0, 8};
    for (unsigned bits = 0; bits < 256; bits++)
        if (bits != 24 && bits != 32)
            EXPECT(check(bits, red, green, blue) != OK);
    EXPECT_EQ(check(8, red, green, blue), ERROR_UNSUPPORTED);
    EXPECT_EQ(check(64, red, green, blue), ERROR_UNSUPPORTED);
    EXPECT_EQ(check(32, CHANNEL(16, 0), green, blue), ERROR_INVALID);
    EXPECT_EQ(check(32, red, CHANNEL(15, 8), blue), ERROR_INVALID);
    EXPECT_EQ(check(32, red, green, CHANNEL(1, 8)), ERROR_INVALID);
    EXPECT_EQ(check(32, CHANNEL(25, 8), green, blue), ERROR_INVALID);
    EXPECT_EQ(check(32, CHANNEL(255, 255), green, blue), ERROR_INVALID);
    EXPECT_EQ(check(32, red, green, CHANNEL(32, 1)), ERROR_INVALID);
    EXPECT_EQ(check(24, CHANNEL(17, 8), green, blue), ERROR_INVALID);
}

TEST(pixels, colours_are_packed)
{
    struct pixel_format rgb = format_rgb(32, CHANNEL(16, 8), CHANNEL(8, 8), CHANNEL(0, 8));
    EXPECT_EQ(pixel_pack(&rgb, 0x123456), 0x123456);
    struct pixel_format bgr = format_rgb(24, CHANNEL(0, 8), CHANNEL(8, 8), CHANNEL(16, 8));
    EXPECT_EQ(pixel_pack(&bgr, 0x123456), 0x563412);
    struct pixel_format narrow = format_rgb(16, CHANNEL(11, 5), CHANNEL(5, 6), CHANNEL(0, 5));
    EXPECT_EQ(pixel_pack(&narrow, 0xffffff), 0xffff);
    EXPECT_EQ(pixel_pack(&narrow, 0x84fc08), 16 << 11 | 63 << 5 | 1);
    struct pixel_format deep = format_rgb(32, CHANNEL(20, 10), CHANNEL(10, 10), CHANNEL(0, 10));
    EXPECT_EQ(pixel_pack(&deep, 0xffffff), 0x3fffffff);
    EXPECT_EQ(pixel_pack(&deep, 0x800000), 0x202u << 20);
}

enum { PITCH = 77, ROWS = 5, GUARD = 0xa5 };

static const uint8_t pattern[ROWS] = {0x00, 0xff, 0x81, 0x81, 0x5c};

/* Returns the pixel at (x, y). */
static uint32_t pixel_at(const uint8_t *memory, unsigned bytes, unsigned x, unsigned y)
{
    uint32_t pixel = 0;
    for (unsigned i = bytes; i > 0; i--)
        pixel = pixel << 8 | memory[y * PITCH + x * bytes + i - 1];
    return pixel;
}

/* Draws the pattern at `shift` bytes after an aligned address, and compares every byte. */
static void expect_drawn(unsigned bytes, unsigned shift)
{
    _Alignas(8) uint8_t memory[PITCH * (ROWS + 1)];
    uint32_t mask = (uint32_t)((UINT64_C(1) << 8 * bytes) - 1);
    uint32_t foreground = 0x89abcdef & mask, background = 0x12345678 & mask;
    struct pixel_pairs pairs;
    memset(memory, GUARD, sizeof(memory));
    pixel_pairs_set(&pairs, bytes, foreground, background);
    pixels_draw(&pairs, memory + shift, PITCH, pattern, ROWS);
    for (unsigned y = 0; y < ROWS; y++) {
        for (unsigned x = 0; x < 8; x++)
            EXPECT_EQ(pixel_at(memory + shift, bytes, x, y),
                      pattern[y] >> (7 - x) & 1 ? foreground : background);
    }
    for (unsigned i = 0; i < sizeof(memory); i++) {
        bool inside = i >= shift && (i - shift) % PITCH < 8 * bytes && (i - shift) / PITCH < ROWS;
        EXPECT(inside || memory[i] == GUARD);
    }
}

TEST(pixels, drawing_changes_eight_pixels_of_each_row)
{
    for (unsigned bytes = 2; bytes <= 4; bytes++) {
        for (unsigned shift = 0; shift <= 8 && !test_failed(); shift++)
            expect_drawn(bytes, shift);
    }
}
