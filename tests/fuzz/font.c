/*
 * The reader of fonts, with any file.
 */
#include <lib/font.h>

#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct font font;
    struct glyph glyph;
    if (font_open(&font, bytes, size) != OK)
        return 0;
    require(font.count > 0 && font.count * 9 <= size);
    for (uint32_t code = 0; code < 256; code++)
        font_glyph(&font, code, &glyph);
    for (size_t i = 0; i < font.count; i++) {
        const uint8_t *entry = font.index + i * 9;
        font_glyph(&font,
                   (uint32_t)entry[0] << 24 | (uint32_t)entry[1] << 16 | (uint32_t)entry[2] << 8 |
                       entry[3],
                   &glyph);
    }
    return 0;
}
