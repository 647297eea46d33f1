/*
 * In Unicode, a capital lies at a fixed distance before its small letter; from Latin Extended-A on,
 * the two are neighbours. The few exceptions are listed.
 */
#include <lib/letter_case.h>

/* Small letters from `first` to `last`, each with its capital `distance` before it. In a range of
 * pairs, every second code point from `first` on is a small letter. */
static const struct {
    uint16_t first, last;
    uint8_t distance;
    bool pairs;
} ranges[] = {
    {'a', 'z', 32, false},     {0xe0, 0xf6, 32, false},   {0xf8, 0xfe, 32, false},
    {0x101, 0x12f, 1, true},   {0x133, 0x137, 1, true},   {0x13a, 0x148, 1, true},
    {0x14b, 0x177, 1, true},   {0x17a, 0x17e, 1, true},   {0x1ce, 0x1dc, 1, true},
    {0x1df, 0x1ef, 1, true},   {0x1f9, 0x21f, 1, true},   {0x3b1, 0x3c1, 32, false},
    {0x3c3, 0x3cb, 32, false}, {0x1e01, 0x1e95, 1, true}, {0x1ea1, 0x1eff, 1, true},
};

static const struct {
    uint16_t small, capital;
} others[] = {
    {0xdf, 0x1e9e}, /* sharp s */
    {0xff, 0x178},  /* y with diaeresis */
    {0x17f, 'S'},   /* long s */
    {0x259, 0x18f}, /* schwa */
    {0x292, 0x1b7}, /* ezh */
};

uint32_t letter_to_upper(uint32_t code)
{
    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
        bool within = code >= ranges[i].first && code <= ranges[i].last;
        if (within && (!ranges[i].pairs || (code - ranges[i].first) % 2 == 0))
            return code - ranges[i].distance;
    }
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        if (others[i].small == code)
            return others[i].capital;
    }
    return code;
}

uint32_t letter_to_lower(uint32_t code)
{
    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
        uint32_t small = code + ranges[i].distance;
        bool within = small >= ranges[i].first && small <= ranges[i].last;
        if (within && (!ranges[i].pairs || (small - ranges[i].first) % 2 == 0))
            return small;
    }
    return code;
}
