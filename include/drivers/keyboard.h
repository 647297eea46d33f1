/*
 * Turns a keyboard's scancodes into the bytes that a terminal sends for the same keys. The steps
 * are in scancode.h, modifiers.h, layout.h, compose.h and key_sequence.h.
 */
#ifndef DRIVERS_KEYBOARD_H
#define DRIVERS_KEYBOARD_H

#include <drivers/layout.h>
#include <drivers/modifiers.h>
#include <drivers/scancode.h>

enum { KEYBOARD_BYTES = 8 /* the most that one scancode types */ };

struct keyboard {
    struct scancode_decoder decoder;     /* for the PS/2 keyboard */
    struct scancode_decoder usb_decoder; /* for those on USB, all together */
    struct modifiers modifiers;
    const struct layout *layout; /* never NULL */
    uint16_t accent;             /* the dead symbol that waits for the next symbol; or 0 */
    uint64_t overruns;           /* how often the keyboard's own buffer has been full */
};

/* Takes the next scancode, any value. Writes the bytes that its key types to `bytes`, which has
 * room for KEYBOARD_BYTES, and returns their number; 0 when it types nothing.
 *
 * Characters are UTF-8. Ctrl makes control characters, Alt puts ESC in front, Enter is CR and
 * Backspace DEL; cursor and function keys send xterm's sequences. Any context, but one call at a
 * time for each keyboard. */
unsigned keyboard_type(struct keyboard *keyboard, uint8_t scancode, char *bytes);

/* The same for a scancode of usb_keyboard.h. */
unsigned keyboard_type_usb(struct keyboard *keyboard, uint8_t scancode, char *bytes);

/* Changes the layout from the next key on, and cancels a dead key. Any context, but not during
 * keyboard_type(). */
void keyboard_set_layout(struct keyboard *keyboard, const struct layout *layout);

/* Returns the lights that should be on, in the bits of the keyboard's command for them: 0 is Scroll
 * Lock, 1 is Num Lock, 2 is Caps Lock. Any context. */
_Static_assert(MODIFIER_NUM_LOCK == MODIFIER_SCROLL_LOCK << 1, "the locks have the lights' order");
_Static_assert(MODIFIER_CAPS_LOCK == MODIFIER_SCROLL_LOCK << 2, "the locks have the lights' order");
static inline uint8_t keyboard_lights(const struct keyboard *keyboard)
{
    return keyboard->modifiers.active / MODIFIER_SCROLL_LOCK & 7;
}

#endif
