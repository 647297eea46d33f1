/*
 * A keyboard: from the scancodes that it sends to the bytes that a terminal would send for its
 * keys, step by step: scancode.h, modifiers.h, layout.h, compose.h, key_sequence.h.
 */
#ifndef DRIVERS_KEYBOARD_H
#define DRIVERS_KEYBOARD_H

#include <drivers/layout.h>
#include <drivers/modifiers.h>
#include <drivers/scancode.h>

enum { KEYBOARD_BYTES = 8 /* at most, for one key */ };

struct keyboard {
    struct scancode_decoder decoder;     /* for the PS/2 keyboard */
    struct scancode_decoder usb_decoder; /* for those on USB, all together */
    struct modifiers modifiers;
    const struct layout *layout; /* never NULL */
    uint16_t accent;             /* the symbol of a dead key that waits for the next; or 0 */
    uint64_t overruns; /* how often the keyboard has had no room left for what was typed */
};

/* Takes the next scancode, any value. Writes what its key types into `bytes`, which has room for
 * KEYBOARD_BYTES, and returns how many that are; 0 when it types nothing.
 *
 * Characters are UTF-8. Ctrl makes control characters, Alt puts ESC in front, Enter is \n and
 * Backspace \b; cursor and function keys are xterm's. Any context, one at a time. */
unsigned keyboard_type(struct keyboard *keyboard, uint8_t scancode, char *bytes);

/* The same for a scancode of usb_keyboard.h. */
unsigned keyboard_type_usb(struct keyboard *keyboard, uint8_t scancode, char *bytes);

/* Has the keys type what `layout` says, from the next one on: a dead key that waits is forgotten.
 * Any context, but not during keyboard_type(). */
void keyboard_set_layout(struct keyboard *keyboard, const struct layout *layout);

/* The lights that should be on, in bits as the keyboard's command for them has them: 0 is Scroll
 * Lock, 1 is Num Lock, 2 is Caps Lock. Any context. */
_Static_assert(MODIFIER_NUM_LOCK == MODIFIER_SCROLL_LOCK << 1, "as the lights are");
_Static_assert(MODIFIER_CAPS_LOCK == MODIFIER_SCROLL_LOCK << 2, "as the lights are");
static inline uint8_t keyboard_lights(const struct keyboard *keyboard)
{
    return keyboard->modifiers.active / MODIFIER_SCROLL_LOCK & 7;
}

#endif
