#include <assert.h>
#include <lib/colour.h>

const uint32_t colour_rgb[16] = {
    0x000000, 0x0000aa, 0x00aa00, 0x00aaaa, 0xaa0000, 0xaa00aa, 0xaa5500, 0xaaaaaa,
    0x555555, 0x5555ff, 0x55ff55, 0x55ffff, 0xff5555, 0xff55ff, 0xffff55, 0xffffff,
};

uint8_t colour_of_ecma48(unsigned index)
{
    ASSERT(index < 16);
    return (uint8_t)((index & (BRIGHT | GREEN)) | (index & 1) << 2 | (index & 4) >> 2);
}

uint32_t colour_of_256(unsigned index)
{
    enum { CUBE = 16, GREYS = 232, LEVELS = 6 };
    ASSERT(index < 256);
    if (index < CUBE) {
        unsigned full = index & BRIGHT ? 0xff : 0xaa, none = index & BRIGHT ? 0x55 : 0;
        return (index & 1 ? full : none) << 16 | (index & 2 ? full : none) << 8 |
               (index & 4 ? full : none);
    }
    if (index >= GREYS)
        return (8 + 10 * (index - GREYS)) * 0x010101;
    unsigned cube = index - CUBE;
    return cube / (LEVELS * LEVELS) * 255 / LEVELS << 16 |
           cube / LEVELS % LEVELS * 255 / LEVELS << 8 | cube % LEVELS * 255 / LEVELS;
}
