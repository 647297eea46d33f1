/*
 * From scancodes to bytes, except for the layouts' tables: tests/e2e/layouts.py compares each key
 * of each layout with X11's data.
 */
#include <drivers/compose.h>
#include <drivers/keyboard.h>
#include <lib/letter_case.h>
#include <lib/random.h>
#include <lib/string.h>
#include <lib/utf8.h>

#include "../test.h"

static struct keyboard fresh(const char *layout)
{
    return (struct keyboard){.layout = layout_find(layout)};
}

/* Returns the text that these scancodes (set 1) type. */
static const char *type(struct keyboard *keyboard, const uint8_t *codes, size_t count)
{
    static char text[256];
    size_t length = 0;
    for (size_t i = 0; i < count && length < sizeof(text) - KEYBOARD_BYTES; i++)
        length += keyboard_type(keyboard, codes[i], text + length);
    text[length] = '\0';
    return text;
}

#define EXPECT_TYPED(keyboard, expected, ...)                          \
    do {                                                               \
        const uint8_t codes[] = {__VA_ARGS__};                         \
        EXPECT_STR(type(&(keyboard), codes, sizeof(codes)), expected); \
    } while (0)

enum { SHIFT = 0x2a, CONTROL = 0x1d, ALT = 0x38, CAPS = 0x3a, NUM = 0x45, UP = 0x80 };

TEST(keyboard, letters_digits_and_editing_keys_are_typed)
{
    struct keyboard us = fresh("us");
    EXPECT_TYPED(us, "a1 \r\x7f\t\x1b", 0x1e, 0x9e, 0x02, 0x82, 0x39, 0xb9, 0x1c, 0x9c, 0x0e, 0x8e,
                 0x0f, 0x8f, 0x01, 0x81);
    EXPECT_TYPED(us, "aaa", 0x1e, 0x1e, 0x1e, 0x9e); /* it repeats */
    EXPECT_TYPED(us, "A!", SHIFT, 0x1e, 0x02, SHIFT | UP);
    EXPECT_TYPED(us, "A", 0x36, SHIFT, SHIFT | UP, 0x1e, 0xb6); /* one of two shifts is held */
    EXPECT_TYPED(us, "a", 0x1e);
}

TEST(keyboard, what_ps2_and_usb_both_hold_comes_up_with_the_second)
{
    struct keyboard us = fresh("us");
    char text[KEYBOARD_BYTES];
    EXPECT_TYPED(us, "", SHIFT);
    EXPECT_EQ(keyboard_type_usb(&us, SHIFT, text), 0);
    EXPECT_TYPED(us, "A", SHIFT | UP, 0x1e);
    EXPECT_TYPED(us, "A", SHIFT, 0x1e);
    EXPECT_EQ(keyboard_type_usb(&us, SHIFT | UP, text), 0);
    EXPECT_TYPED(us, "A", 0x1e);
    EXPECT_TYPED(us, "a", SHIFT | UP, 0x1e);
    EXPECT_EQ(keyboard_type_usb(&us, SHIFT, text), 0);
    EXPECT_TYPED(us, "A", 0xff, 0x1e); /* PS/2 has lost keys, and USB has not */
    EXPECT_EQ(keyboard_type_usb(&us, SHIFT | UP, text), 0);
    EXPECT_TYPED(us, "aA", 0x1e, CAPS, 0x1e);
    EXPECT_EQ(keyboard_type_usb(&us, CAPS, text), 0); /* it is down already */
    EXPECT_TYPED(us, "A", CAPS | UP, 0x1e);
}

TEST(keyboard, a_lock_that_repeats_toggles_once)
{
    struct keyboard us = fresh("us");
    EXPECT_TYPED(us, "A1", CAPS, CAPS, CAPS, CAPS, CAPS | UP, 0x1e, 0x02);
    EXPECT_EQ(keyboard_lights(&us), 4);
    EXPECT_TYPED(us, "a!", SHIFT, SHIFT, 0x1e, 0x02, SHIFT | UP);
    EXPECT_TYPED(us, "a", CAPS, CAPS | UP, 0x1e);
    EXPECT_TYPED(us, "", 0x46, 0xc6, NUM, NUM | UP);
    EXPECT_EQ(keyboard_lights(&us), 3);
}

TEST(keyboard, control_makes_control_characters)
{
    struct keyboard us = fresh("us");
    EXPECT_TYPED(us, "\x03\x03\x1b\x1f\x7f", CONTROL, 0x2e, SHIFT, 0x2e, SHIFT | UP, 0x1a, SHIFT,
                 0x0c, 0x35, SHIFT | UP, CONTROL | UP);
    EXPECT_TYPED(us,
                 "\x15"
                 "1",
                 0xe0, CONTROL, 0x16, 0x02, 0xe0, CONTROL | UP);
    char bytes[KEYBOARD_BYTES] = "x";
    EXPECT_TYPED(us, "", CONTROL);
    EXPECT_EQ(keyboard_type(&us, 0x39, bytes), 1); /* Ctrl+Space is NUL */
    EXPECT_EQ(bytes[0], 0);
    struct keyboard dvorak = fresh("dvorak");
    EXPECT_TYPED(dvorak, "\x03", CONTROL, 0x17);
}

TEST(keyboard, alt_puts_escape_in_front)
{
    struct keyboard us = fresh("us"), de = fresh("de");
    EXPECT_TYPED(us, "\033a\033B\033\x7f", ALT, 0x1e, SHIFT, 0x30, SHIFT | UP, 0x0e, ALT | UP);
    EXPECT_TYPED(us, "\033a", 0xe0, ALT, 0x1e, 0xe0, ALT | UP); /* no AltGr here */
    EXPECT_TYPED(de, "\033ä", ALT, 0x28, ALT | UP);
}

/* Ctrl+Alt is not AltGr. */
TEST(keyboard, altgr_selects_the_third_symbol)
{
    struct keyboard de = fresh("de");
    EXPECT_TYPED(de, "@", 0xe0, ALT, 0x10, 0xe0, ALT | UP);
    EXPECT_TYPED(de, "\033\x11", CONTROL, ALT, 0x10, ALT | UP, CONTROL | UP);
    EXPECT_TYPED(de, "\x1d", CONTROL, 0xe0, ALT, 0x0a, 0xe0, ALT | UP, CONTROL | UP); /* Ctrl+] */
    EXPECT_TYPED(de, "\033@", ALT, 0xe0, ALT, 0x10, 0xe0, ALT | UP, ALT | UP);
    EXPECT_TYPED(de, "\033[A", 0xe0, ALT, 0xe0, 0x48, 0xe0, ALT | UP); /* it modifies no arrow */
}

TEST(keyboard, dead_keys_combine_with_the_next_key)
{
    struct keyboard de = fresh("de");
    enum { ACUTE = 0x0d, CIRCUMFLEX = 0x29 };
    EXPECT_TYPED(de, "éÉ", ACUTE, 0x12, ACUTE, SHIFT, 0x12, SHIFT | UP);
    EXPECT_TYPED(de, "'´", ACUTE, 0x39, ACUTE, ACUTE);
    EXPECT_TYPED(de, "^^", CIRCUMFLEX, 0x39, CIRCUMFLEX, CIRCUMFLEX);
    EXPECT_TYPED(de, "´x", ACUTE, 0x2d);              /* there is no such letter */
    EXPECT_TYPED(de, "´ê", ACUTE, CIRCUMFLEX, 0x12);  /* the second dead key waits */
    EXPECT_TYPED(de, "e", ACUTE, 0x0e, 0x8e, 0x12);   /* Backspace cancels a dead key */
    EXPECT_TYPED(de, "\re", ACUTE, 0x1c, 0x9c, 0x12); /* Enter cancels it and is typed */
    EXPECT_TYPED(de, "\033[Ae", ACUTE, 0xe0, 0x48, 0x12);
    EXPECT_TYPED(de,
                 "\x03"
                 "e",
                 CIRCUMFLEX, CONTROL, 0x2e, CONTROL | UP, 0x12); /* Ctrl+C is no accented letter */
    EXPECT_TYPED(de, "Ê", CIRCUMFLEX, CAPS, CAPS | UP, 0x12);    /* a lock in between does not */
}

TEST(keyboard, the_keypad_follows_num_lock_and_shift)
{
    struct keyboard de = fresh("de"), us = fresh("us");
    EXPECT_TYPED(us, "*-+/\r", 0x37, 0x4a, 0x4e, 0xe0, 0x35, 0xe0, 0x1c);
    EXPECT_TYPED(us, "\033[H\033[A\033[5~\033[3~", 0x47, 0x48, 0x49, 0x53);
    EXPECT_TYPED(us, "\033[E", 0x4c);
    EXPECT_TYPED(us, "75.", NUM, NUM | UP, 0x47, 0x4c, 0x53);
    EXPECT_TYPED(us, "\033[1;2H", SHIFT, 0x47, SHIFT | UP);
    EXPECT_TYPED(us, "\033[H", 0xe0, SHIFT | UP, 0xe0, 0x47, 0xe0, 0xc7, 0xe0,
                 SHIFT); /* the other */
    EXPECT_TYPED(de, "0,", NUM, NUM | UP, 0x52, 0x53);
}

TEST(keyboard, cursor_and_function_keys_send_xterms_sequences)
{
    struct keyboard us = fresh("us");
    EXPECT_TYPED(us, "\033[A\033[B\033[C\033[D", 0xe0, 0x48, 0xe0, 0x50, 0xe0, 0x4d, 0xe0, 0x4b);
    EXPECT_TYPED(us, "\033[H\033[F\033[2~\033[3~\033[5~\033[6~", 0xe0, 0x47, 0xe0, 0x4f, 0xe0, 0x52,
                 0xe0, 0x53, 0xe0, 0x49, 0xe0, 0x51);
    EXPECT_TYPED(us, "\033OP\033OS\033[15~\033[24~", 0x3b, 0x3e, 0x3f, 0x58);
    EXPECT_TYPED(us, "\033[1;5C\033[1;5P\033[24;5~", CONTROL, 0xe0, 0x4d, 0x3b, 0x58, CONTROL | UP);
    EXPECT_TYPED(us, "\033[5;2~\033[6;2~\033[Z", SHIFT, 0xe0, 0x49, 0xe0, 0x51, 0x0f, SHIFT | UP);
    EXPECT_TYPED(us, "\033[1;8D", SHIFT, ALT, CONTROL, 0xe0, 0x4b, SHIFT | UP, ALT | UP,
                 CONTROL | UP);
}

TEST(keyboard, keys_without_a_symbol_type_nothing)
{
    struct keyboard jp = fresh("jp106");
    EXPECT_TYPED(jp, "a", 0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0xe0, 0x2a, 0xe0, 0x37, 0xe0, 0xb7,
                 0xe0, 0xaa, 0x54, 0xd4, 0xe0, 0x5b, 0xe0, 0xdb, 0xe0, 0x5d, 0x79, 0xf9, 0x7b, 0xfb,
                 0x70, 0xf0, 0x29, 0xa9, 0x46, 0xc6, 0x1e);
    EXPECT_EQ(jp.modifiers.active & MODIFIERS_HELD, 0);
    EXPECT_EQ(keyboard_lights(&jp), 1);
}

/* A key that is held when the keyboard's buffer is full may come up unnoticed. */
TEST(keyboard, an_overrun_is_counted_and_releases_modifiers)
{
    struct keyboard us = fresh("us");
    EXPECT_TYPED(us, "AA", CAPS, CAPS | UP, 0x1e, SHIFT, CONTROL, 0xff, 0x1e);
    EXPECT_EQ(us.overruns, 1);
    EXPECT_TYPED(us, "a", CAPS, 0xff, CAPS, CAPS | UP, CAPS, CAPS | UP,
                 0x1e); /* it came up unseen */
    EXPECT_EQ(us.overruns, 2);
}

TEST(keyboard, layouts_switch_at_once)
{
    struct keyboard keyboard = fresh("us");
    EXPECT_TYPED(keyboard, "yY", CAPS, CAPS | UP, SHIFT, 0x15, SHIFT | UP, 0x15);
    keyboard_set_layout(&keyboard, layout_find("de"));
    EXPECT_TYPED(keyboard, "Z", 0x15, 0x95, 0x0d);
    keyboard_set_layout(&keyboard, layout_find("colemak"));
    EXPECT_EQ(keyboard_lights(&keyboard), 0);
    EXPECT_TYPED(keyboard, "j\x7f", 0x15, CAPS, CAPS | UP);
}

TEST(keyboard, layouts_have_names_of_their_own)
{
    for (size_t i = 0; layout_name(i); i++)
        EXPECT_STR(layout_find(layout_name(i))->name, layout_name(i));
    for (size_t i = 1; layout_name(i); i++)
        EXPECT(layout_find(layout_name(i)) != layout_find(layout_name(i - 1)));
    EXPECT(layout_find("us") == &layout_us);
    EXPECT(!layout_find("") && !layout_find("d") && !layout_find("dee"));
}

TEST(keyboard, layouts_are_listed)
{
    char names[LAYOUT_NAMES_MAX], few[6];
    layout_list_names(names, sizeof(names));
    const char *name = names;
    for (size_t i = 0; layout_name(i); i++) {
        size_t length = strlen(layout_name(i));
        EXPECT_EQ(strncmp(name, layout_name(i), length), 0);
        EXPECT_EQ(name[length], layout_name(i + 1) ? ' ' : '\0');
        name += length + 1;
    }
    layout_list_names(few, sizeof(few));
    EXPECT_EQ(strlen(few), sizeof(few) - 1);
    EXPECT_EQ(strncmp(few, names, sizeof(few) - 1), 0);
}

static const struct layout *nth_layout(size_t index)
{
    size_t count = 0;
    while (layout_name(count))
        count++;
    return layout_find(layout_name(index % count));
}

static const uint8_t modifier_keys[][2] = {{0, SHIFT}, {0, 0x36},   {0, CONTROL}, {0xe0, CONTROL},
                                           {0, ALT},   {0xe0, ALT}, {0xe0, 0x5b}, {0xe0, 0x5c},
                                           {0, CAPS},  {0, NUM},    {0, 0x46}};

/* Presses and releases every modifier, in set 1. */
static void stroke_modifiers(struct keyboard *keyboard, char *bytes)
{
    for (size_t i = 0; i < ARRAY_SIZE(modifier_keys); i++) {
        for (unsigned up = 0; up <= UP; up += UP) {
            if (modifier_keys[i][0])
                keyboard_type(keyboard, modifier_keys[i][0], bytes);
            keyboard_type(keyboard, (uint8_t)(modifier_keys[i][1] | up), bytes);
        }
    }
}

/* E0 7F is no key of set 1, and would be KEY_OVERRUN if it were taken for one. */
TEST(keyboard, a_code_without_a_key_holds_no_modifiers)
{
    struct keyboard us = fresh("us");
    EXPECT_TYPED(us, "a", 0xe0, 0x7f, 0x1e);
    EXPECT_EQ(us.overruns, 0);
    EXPECT_EQ(keyboard_lights(&us), 0);
}

/* With random bytes, no key types more than KEYBOARD_BYTES, all typed bytes are UTF-8, no byte
 * presses two modifiers, and each modifier that is released is released. */
TEST(keyboard, any_bytes_type_utf8_and_leave_no_modifier)
{
    uint64_t random = 7;
    for (unsigned round = 0; round < 3000; round++) {
        struct keyboard keyboard = {.layout = nth_layout(round),
                                    .decoder.state = round & 1 ? SCANCODE_SET_2 : SCANCODE_SET_1};
        struct utf8 utf8 = {0};
        char bytes[KEYBOARD_BYTES];
        for (unsigned i = 0; i < 300; i++) {
            unsigned before = keyboard.modifiers.active;
            unsigned length = keyboard_type(&keyboard, (uint8_t)random_next(&random), bytes);
            unsigned pressed = keyboard.modifiers.active & ~before & MODIFIERS_HELD;
            EXPECT(__builtin_popcount(pressed) <= 1);
            EXPECT(length <= KEYBOARD_BYTES);
            for (unsigned j = 0; j < length; j++) {
                uint32_t code = 0;
                EXPECT(utf8_feed(&utf8, (uint8_t)bytes[j], &code) != UTF8_BROKEN);
                EXPECT(code != UTF8_REPLACEMENT);
            }
            EXPECT_EQ(utf8.missing, 0);
        }
        if (round & 1)
            continue;
        stroke_modifiers(&keyboard, bytes);
        EXPECT_EQ(keyboard.modifiers.active & MODIFIERS_HELD, 0);
        EXPECT_EQ(keyboard.modifiers.down[MODIFIERS_OF_PS2], 0);
    }
}

TEST(keyboard, letters_have_capitals)
{
    static const uint16_t pairs[] = u"aAzZàÀöÖøØþÞÿŸāĀżŻĺĹňŇſSαΑωΩəƏʒƷßẞạẠ÷÷××µµıı1199";
    for (const uint16_t *pair = pairs; *pair; pair += 2)
        EXPECT_EQ(letter_to_upper(pair[0]), pair[1]);
}

/* compose() knows every dead key of every layout. */
TEST(keyboard, every_dead_key_is_known)
{
    for (size_t index = 0; layout_name(index); index++) {
        const struct layout *layout = layout_find(layout_name(index));
        for (unsigned i = 0; i < LAYOUT_KEYS * 4; i++) {
            uint16_t symbol = layout->keys[i / 4][i % 4];
            EXPECT(!symbol_is_dead(symbol) || compose_alone(symbol));
        }
    }
}
