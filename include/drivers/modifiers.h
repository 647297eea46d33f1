/*
 * Keeps track of the modifier keys that are held, and of the locks that are on.
 */
#ifndef DRIVERS_MODIFIERS_H
#define DRIVERS_MODIFIERS_H

#include <drivers/key.h>

enum modifier {
    MODIFIER_LEFT_SHIFT = 1 << 0,
    MODIFIER_RIGHT_SHIFT = 1 << 1,
    MODIFIER_LEFT_CONTROL = 1 << 2,
    MODIFIER_RIGHT_CONTROL = 1 << 3,
    MODIFIER_LEFT_ALT = 1 << 4,
    MODIFIER_RIGHT_ALT = 1 << 5,
    MODIFIER_LEFT_META = 1 << 6,
    MODIFIER_RIGHT_META = 1 << 7,
    MODIFIERS_HELD = 0xff,

    MODIFIER_SCROLL_LOCK = 1 << 8,
    MODIFIER_NUM_LOCK = 1 << 9,
    MODIFIER_CAPS_LOCK = 1 << 10,
    MODIFIERS_LOCKED = 7 << 8,

    MODIFIERS_SHIFT = MODIFIER_LEFT_SHIFT | MODIFIER_RIGHT_SHIFT,
    MODIFIERS_CONTROL = MODIFIER_LEFT_CONTROL | MODIFIER_RIGHT_CONTROL,
    MODIFIERS_ALT = MODIFIER_LEFT_ALT | MODIFIER_RIGHT_ALT,
};

/* Keyboards that send scancodes of their own, and share one state. */
enum modifier_source { MODIFIERS_OF_PS2, MODIFIERS_OF_USB, MODIFIER_SOURCES };

/* All zeros is a state with no key held and no lock on. */
struct modifiers {
    uint16_t active; /* enum modifier: the keys that are held, the locks that are on */
    /* Which of these keys are down at each keyboard. A key that is down at both counts as held
     * until both release it. A lock's key that repeats does not toggle. */
    uint16_t down[MODIFIER_SOURCES];
};

/* The modifier of each key, or 0. KEY_OVERRUN is released as all of them at once: keys that came up
 * meanwhile are not known, and one that sticks is worse than one that is released too early. */
extern const uint16_t modifiers_of_keys[KEY_COUNT];

/* Takes a change of a key that has a modifier. Any context, but one call at a time. */
void modifiers_take(struct modifiers *modifiers, enum modifier_source source,
                    struct key_change change);

#endif
