/*
 * The keyboard, with any scancodes. The input's first byte selects the set, whether the set is a
 * guess, and the layout; one byte changes the layout. No key may type more than KEYBOARD_BYTES, all
 * typed bytes are UTF-8, a byte presses at most one modifier, and a released modifier is released.
 */
#include <drivers/keyboard.h>
#include <lib/utf8.h>

#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct layout *nth_layout(unsigned index)
{
    unsigned count = 0;
    while (layout_name(count))
        count++;
    return layout_find(layout_name(index % count));
}

static void check_utf8(const char *text, unsigned length)
{
    struct utf8 utf8 = {0};
    uint32_t code;
    require(length <= KEYBOARD_BYTES);
    for (unsigned i = 0; i < length; i++) {
        enum utf8_event event = utf8_feed(&utf8, (uint8_t)text[i], &code);
        require(event == UTF8_PENDING || (event == UTF8_CHARACTER && code != UTF8_REPLACEMENT));
    }
    require(utf8.missing == 0);
}

/* Presses and releases left Shift twice, since the first stroke may end an unfinished sequence. */
static void strike_shift(struct keyboard *keyboard, char *text)
{
    bool set_2 = keyboard->decoder.state & SCANCODE_SET_2;
    for (unsigned i = 0; i < 2; i++) {
        keyboard_type(keyboard, set_2 ? 0x12 : 0x2a, text);
        if (set_2)
            keyboard_type(keyboard, 0xf0, text);
        keyboard_type(keyboard, set_2 ? 0x12 : 0xaa, text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    enum { NEXT_LAYOUT = 0x6f /* no key in either set */ };
    if (!size)
        return 0;
    struct keyboard keyboard = {.decoder.state = bytes[0] & (SCANCODE_SET_2 | SCANCODE_UNSURE),
                                .layout = nth_layout(bytes[0])};
    char text[KEYBOARD_BYTES];
    for (size_t i = 1; i < size; i++) {
        if (bytes[i] == NEXT_LAYOUT)
            keyboard_set_layout(&keyboard, nth_layout((unsigned)i));
        unsigned before = keyboard.modifiers.active;
        check_utf8(text, keyboard_type(&keyboard, bytes[i], text));
        require(__builtin_popcount(keyboard.modifiers.active & ~before & MODIFIERS_HELD) <= 1);
    }
    if (keyboard.decoder.state & SCANCODE_UNSURE)
        return 0;
    strike_shift(&keyboard, text);
    require(!(keyboard.modifiers.active & MODIFIER_LEFT_SHIFT));
    return 0;
}
