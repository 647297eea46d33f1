#include <assert.h>
#include <lib/colour.h>

const uint32_t colour_rgb[16] = {
    0x000000, 0x0000aa, 0x00aa00, 0x00aaaa, 0xaa0000, 0xaa00aa, 0xaa5500, 0xaaaaaa,
    0x555555, 0x5555ff, 0x55ff55, 0x55ffff, 0xff5555, 0xff55ff, 0xffff55, 0xffffff,
};

static unsigned distance(uint32_t a, uint32_t b)
{
    unsigned sum = 0;
    for (unsigned shift = 0; shift < 24; shift += 8) {
        int difference = (int)(a >> shift & 0xff) - (int)(b >> shift & 0xff);
        sum += (unsigned)(difference * difference);
    }
    return sum;
}

uint8_t colour_nearest(uint32_t rgb)
{
    uint8_t nearest = 0;
    for (uint8_t colour = 1; colour < 16; colour++) {
        if (distance(rgb, colour_rgb[colour]) < distance(rgb, colour_rgb[nearest]))
            nearest = colour;
    }
    return nearest;
}

uint8_t colour_of_ecma48(unsigned index)
{
    ASSERT(index < 16);
    return (uint8_t)((index & (BRIGHT | GREEN)) | (index & 1) << 2 | (index & 4) >> 2);
}

uint8_t colour_of_256(unsigned index)
{
    static const uint8_t levels[6] = {0, 95, 135, 175, 215, 255};
    ASSERT(index < 256);
    if (index < 16)
        return colour_of_ecma48(index);
    if (index < 232) {
        unsigned cube = index - 16;
        return colour_nearest((uint32_t)levels[cube / 36] << 16 |
                              (uint32_t)levels[cube / 6 % 6] << 8 | levels[cube % 6]);
    }
    return colour_nearest((8 + 10 * (index - 232)) * 0x010101);
}
