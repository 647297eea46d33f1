#include <drivers/scancode.h>
#include <lib/string.h>

#include "../test.h"

/* What a row of scancodes types. */
static const char *type(struct scancode_decoder *decoder, const uint8_t *codes, size_t count)
{
    static char text[64];
    size_t length = 0;
    for (size_t i = 0; i < count && length < sizeof(text) - 1; i++) {
        char character = scancode_decode(decoder, codes[i]);
        if (character)
            text[length++] = character;
    }
    text[length] = '\0';
    return text;
}

#define EXPECT_TYPED(decoder, expected, ...)                          \
    do {                                                              \
        const uint8_t codes[] = {__VA_ARGS__};                        \
        EXPECT_STR(type(&(decoder), codes, sizeof(codes)), expected); \
    } while (0)

TEST(scancode, letters_digits_and_enter)
{
    struct scancode_decoder decoder = {0};
    EXPECT_TYPED(decoder, "a1 \n\b", 0x1e, 0x9e, 0x02, 0x82, 0x39, 0xb9, 0x1c, 0x9c, 0x0e, 0x8e);
    EXPECT_TYPED(decoder, "aaa", 0x1e, 0x1e, 0x1e, 0x9e);
    EXPECT_TYPED(decoder, "`\\,./;'[]-=", 0x29, 0x2b, 0x33, 0x34, 0x35, 0x27, 0x28, 0x1a, 0x1b,
                 0x0c, 0x0d);
}

TEST(scancode, both_shifts)
{
    struct scancode_decoder decoder = {0};
    EXPECT_TYPED(decoder, "A!", 0x2a, 0x1e, 0x02, 0xaa);
    EXPECT_TYPED(decoder, "a", 0x1e);
    EXPECT_TYPED(decoder, "A", 0x36, 0x2a, 0xaa, 0x1e, 0xb6);
    EXPECT_TYPED(decoder, "~|<>?:\"{}_+", 0x2a, 0x29, 0x2b, 0x33, 0x34, 0x35, 0x27, 0x28, 0x1a,
                 0x1b, 0x0c, 0x0d, 0xaa);
}

TEST(scancode, caps_lock_is_for_letters)
{
    struct scancode_decoder decoder = {0};
    EXPECT_TYPED(decoder, "A1", 0x3a, 0xba, 0x1e, 0x02);
    EXPECT_TYPED(decoder, "a!", 0x2a, 0x1e, 0x02, 0xaa);
    EXPECT_TYPED(decoder, "a", 0x3a, 0xba, 0x1e);
}

TEST(scancode, control)
{
    struct scancode_decoder decoder = {0};
    EXPECT_TYPED(decoder, "\x03", 0x1d, 0x2e, 0xae, 0x9d);
    EXPECT_TYPED(decoder, "\x15", 0xe0, 0x1d, 0x16, 0x96, 0xe0, 0x9d);
    EXPECT_TYPED(decoder, "c", 0x2e);
}

TEST(scancode, keypad_and_extended_keys)
{
    struct scancode_decoder decoder = {0};
    EXPECT_TYPED(decoder, "*-+", 0x37, 0x4a, 0x4e, 0x47, 0x53);
    EXPECT_TYPED(decoder, "70.", 0x45, 0xc5, 0x47, 0x52, 0x53);
    EXPECT_TYPED(decoder, "\n/", 0xe0, 0x1c, 0xe0, 0x9c, 0xe0, 0x35, 0xe0, 0xb5);
    /* Home with its fake shifts, then a letter that must not be shifted. */
    EXPECT_TYPED(decoder, "a", 0xe0, 0x2a, 0xe0, 0x47, 0xe0, 0xc7, 0xe0, 0xaa, 0x1e);
    EXPECT_TYPED(decoder, "\\", 0x56);
}

TEST(scancode, pause_types_nothing)
{
    struct scancode_decoder decoder = {0};
    EXPECT_TYPED(decoder, "a", 0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0x1e);
    EXPECT(!decoder.num_lock && !decoder.left_control);
}

/* Every byte in every state: the sanitizers are the expectation. */
TEST(scancode, any_byte_is_taken)
{
    struct scancode_decoder decoder = {0};
    for (unsigned pair = 0; pair < 65536; pair++) {
        scancode_decode(&decoder, (uint8_t)pair);
        scancode_decode(&decoder, (uint8_t)(pair >> 8));
    }
}
