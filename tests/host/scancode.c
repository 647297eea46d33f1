/*
 * From scancodes of both sets to keys that are pressed and released.
 */
#include <drivers/scancode.h>
#include <lib/random.h>
#include <lib/string.h>

#include "../test.h"
#include "ps2_machine.h"

/* Returns the change that the last of the scancodes makes; those before it must make none. */
static struct key_change decode(struct scancode_decoder *decoder, const uint8_t *codes,
                                size_t count)
{
    struct key_change change = {KEY_NONE, false};
    for (size_t i = 0; i < count; i++) {
        if (change.key != KEY_NONE)
            return (struct key_change){KEY_NONE, false};
        change = scancode_decode(decoder, codes[i]);
    }
    return change;
}

#define EXPECT_CHANGE(decoder, expected_key, expected_pressed, ...)              \
    do {                                                                         \
        const uint8_t codes[] = {__VA_ARGS__};                                   \
        struct key_change change = decode(&(decoder), codes, ARRAY_SIZE(codes)); \
        EXPECT_EQ(change.key, expected_key);                                     \
        EXPECT_EQ(change.pressed, expected_pressed);                             \
    } while (0)

/* Returns a key's code in set 2, by the i8042's own translation between the sets. The codes of F7
 * and Alt+Print Screen lie beyond its table. */
static uint8_t set_2_code(uint8_t key)
{
    uint8_t code = key & 0x7f;
    if (code == KEY_F7)
        return 0x83;
    if (code == KEY_SYSTEM_REQUEST)
        return 0x84;
    for (uint8_t i = 1; i < sizeof(ps2_machine_translation); i++) {
        if (ps2_machine_translation[i] == code)
            return i;
    }
    return 0;
}

static bool is_plain_key(uint8_t code)
{
    return (code >= KEY_ESCAPE && code <= KEY_SYSTEM_REQUEST) ||
           (code >= KEY_102ND && code <= KEY_F12) || code == KEY_HIRAGANA || code == KEY_RO ||
           code == KEY_HENKAN || code == KEY_MUHENKAN || code == KEY_YEN;
}

TEST(scancode, every_plain_key_of_both_sets_is_decoded)
{
    struct scancode_decoder one = {0}, two = {.state = SCANCODE_SET_2};
    unsigned keys = 0;
    for (uint8_t key = 1; key < 0x80; key++) {
        if (!is_plain_key(key))
            continue;
        EXPECT_CHANGE(one, key, true, key);
        EXPECT_CHANGE(one, key, false, key | 0x80);
        EXPECT(set_2_code(key));
        EXPECT_CHANGE(two, key, true, set_2_code(key));
        EXPECT_CHANGE(two, key, false, 0xf0, set_2_code(key));
        keys++;
    }
    EXPECT_EQ(keys, 92);
}

TEST(scancode, every_extended_key_of_both_sets_is_decoded)
{
    static const uint8_t keys[] = {
        KEY_KEYPAD_ENTER, KEY_RIGHT_CONTROL, KEY_KEYPAD_SLASH, KEY_PRINT_SCREEN, KEY_RIGHT_ALT,
        KEY_PAUSE,        KEY_HOME,          KEY_UP,           KEY_PAGE_UP,      KEY_LEFT,
        KEY_RIGHT,        KEY_END,           KEY_DOWN,         KEY_PAGE_DOWN,    KEY_INSERT,
        KEY_DELETE,       KEY_LEFT_META,     KEY_RIGHT_META,   KEY_MENU,         KEY_POWER,
        KEY_SLEEP,        KEY_WAKE};
    struct scancode_decoder one = {0}, two = {.state = SCANCODE_SET_2};
    for (size_t i = 0; i < sizeof(keys); i++) {
        uint8_t key = keys[i];
        EXPECT_CHANGE(one, key, true, 0xe0, key & 0x7f);
        EXPECT_CHANGE(one, key, false, 0xe0, key);
        EXPECT(set_2_code(key));
        EXPECT_CHANGE(two, key, true, 0xe0, set_2_code(key));
        EXPECT_CHANGE(two, key, false, 0xe0, 0xf0, set_2_code(key));
    }
}

TEST(scancode, left_and_right_are_two_keys)
{
    struct scancode_decoder one = {0}, two = {.state = SCANCODE_SET_2};
    EXPECT_CHANGE(one, KEY_LEFT_CONTROL, true, 0x1d);
    EXPECT_CHANGE(one, KEY_RIGHT_CONTROL, true, 0xe0, 0x1d);
    EXPECT_CHANGE(two, KEY_LEFT_ALT, true, 0x11);
    EXPECT_CHANGE(two, KEY_RIGHT_ALT, true, 0xe0, 0x11);
    EXPECT_CHANGE(two, KEY_LEFT_SHIFT, false, 0xf0, 0x12);
    EXPECT_CHANGE(two, KEY_RIGHT_SHIFT, false, 0xf0, 0x59);
}

/* Print Screen and the cursor keys send shifts that no one has pressed. */
TEST(scancode, fake_shifts_are_ignored)
{
    struct scancode_decoder one = {0}, two = {.state = SCANCODE_SET_2};
    EXPECT_CHANGE(one, KEY_PRINT_SCREEN, true, 0xe0, 0x2a, 0xe0, 0x37);
    EXPECT_CHANGE(one, KEY_NONE, false, 0xe0, 0xaa);
    EXPECT_CHANGE(one, KEY_HOME, false, 0xe0, 0xb6, 0xe0, 0xc7);
    EXPECT_CHANGE(one, KEY_NONE, true, 0xe0, 0x36);
    EXPECT_CHANGE(two, KEY_PRINT_SCREEN, true, 0xe0, 0x12, 0xe0, 0x7c);
    EXPECT_CHANGE(two, KEY_PRINT_SCREEN, false, 0xe0, 0xf0, 0x7c);
    EXPECT_CHANGE(two, KEY_NONE, false, 0xe0, 0xf0, 0x12);
    EXPECT_CHANGE(two, KEY_NONE, true, 0xe0, 0x59);
}

TEST(scancode, pause_has_a_sequence_of_its_own)
{
    struct scancode_decoder one = {0}, two = {.state = SCANCODE_SET_2};
    EXPECT_CHANGE(one, KEY_PAUSE, true, 0xe1, 0x1d, 0x45);
    EXPECT_CHANGE(one, KEY_PAUSE, false, 0xe1, 0x9d, 0xc5);
    EXPECT_CHANGE(two, KEY_PAUSE, true, 0xe1, 0x14, 0x77);
    EXPECT_CHANGE(two, KEY_PAUSE, false, 0xe1, 0xf0, 0x14, 0xf0, 0x77);
    EXPECT_CHANGE(one, KEY_PAUSE, true, 0xe0, 0x46); /* with Ctrl */
}

/* A byte that ends an unfinished sequence begins a new one, so that no release is lost. */
TEST(scancode, broken_sequences_lose_no_key)
{
    struct scancode_decoder one = {0}, two = {.state = SCANCODE_SET_2};
    EXPECT_CHANGE(one, KEY_LEFT_SHIFT, false, 0xe1, 0xaa);
    EXPECT_CHANGE(one, KEY_LEFT_SHIFT, false, 0xe1, 0x1d, 0xaa);
    EXPECT_CHANGE(one, KEY_UP, true, 0xe1, 0xe0, 0x48);
    EXPECT_CHANGE(one, KEY_UP, true, 0xe0, 0xe0, 0x48);
    EXPECT_CHANGE(two, KEY_LEFT_SHIFT, false, 0xe1, 0x14, 0xf0, 0x12);
    EXPECT_CHANGE(two, KEY_A, true, 0xf0, 0xe1, 0x1c);
    EXPECT_CHANGE(two, KEY_NONE, true, 0x02);
    EXPECT_CHANGE(two, KEY_NONE, true, 0xff);
}

TEST(scancode, an_overrun_is_told)
{
    struct scancode_decoder one = {0}, two = {.state = SCANCODE_SET_2};
    EXPECT_CHANGE(one, KEY_OVERRUN, false, 0xff);
    EXPECT_CHANGE(two, KEY_OVERRUN, false, 0xf0, 0x00);
    EXPECT_CHANGE(one, KEY_NONE, true, 0xe0, 0x7f); /* would be KEY_OVERRUN, but is no key */
    EXPECT_CHANGE(two, KEY_A, true, 0x1c);
}

/* While the set is a guess, the first key that comes up proves it, unless both sets may have it. */
TEST(scancode, the_set_is_detected)
{
    struct scancode_decoder decoder = {.state = SCANCODE_SET_2 | SCANCODE_UNSURE};
    EXPECT_CHANGE(decoder, KEY_F7, true, 0x83);
    EXPECT_CHANGE(decoder, KEY_PRINT_SCREEN, true, 0xe0, 0x7c);
    scancode_decode(&decoder, 0xaa);
    scancode_decode(&decoder, 0x84);
    EXPECT_EQ(decoder.state, SCANCODE_SET_2 | SCANCODE_UNSURE);
    EXPECT_CHANGE(decoder, KEY_UP, false, 0xe0, 0xc8); /* of set 1 */
    EXPECT_EQ(decoder.state, SCANCODE_SET_1);
    decoder.state = SCANCODE_SET_1 | SCANCODE_UNSURE;
    EXPECT_CHANGE(decoder, KEY_UP, false, 0xe0, 0xf0, 0x75);
    EXPECT_EQ(decoder.state, SCANCODE_SET_2);
    EXPECT_CHANGE(decoder, KEY_A, false, 0xf0, 0x1c);
    decoder.state = SCANCODE_SET_1 | SCANCODE_UNSURE;
    EXPECT_CHANGE(decoder, KEY_A, true, 0x1e);
    EXPECT_EQ(decoder.state, SCANCODE_SET_1 | SCANCODE_UNSURE);
    EXPECT_CHANGE(decoder, KEY_A, false, 0x9e);
    EXPECT_CHANGE(decoder, KEY_HIRAGANA, false, 0xf0); /* now this is a key */
}

/* After any bytes, a key that is pressed and released is reported as released. */
TEST(scancode, a_release_is_seen_after_any_bytes)
{
    uint64_t random = 1;
    for (unsigned round = 0; round < 200000; round++) {
        struct scancode_decoder one = {0}, two = {.state = SCANCODE_SET_2};
        for (unsigned i = 0; i < 6; i++) {
            uint8_t byte = (uint8_t)random_next(&random);
            scancode_decode(&one, byte);
            scancode_decode(&two, byte);
        }
        scancode_decode(&one, 0x1d);
        scancode_decode(&two, 0x14);
        EXPECT_CHANGE(one, KEY_LEFT_CONTROL, false, 0x9d);
        EXPECT_CHANGE(two, KEY_LEFT_CONTROL, false, 0xf0, 0x14);
        EXPECT_EQ(two.state, SCANCODE_SET_2);
    }
}
