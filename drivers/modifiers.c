#include <drivers/modifiers.h>

const uint16_t modifiers_of_keys[KEY_COUNT] = {
    [KEY_LEFT_SHIFT] = MODIFIER_LEFT_SHIFT,     [KEY_RIGHT_SHIFT] = MODIFIER_RIGHT_SHIFT,
    [KEY_LEFT_CONTROL] = MODIFIER_LEFT_CONTROL, [KEY_RIGHT_CONTROL] = MODIFIER_RIGHT_CONTROL,
    [KEY_LEFT_ALT] = MODIFIER_LEFT_ALT,         [KEY_RIGHT_ALT] = MODIFIER_RIGHT_ALT,
    [KEY_LEFT_META] = MODIFIER_LEFT_META,       [KEY_RIGHT_META] = MODIFIER_RIGHT_META,
    [KEY_SCROLL_LOCK] = MODIFIER_SCROLL_LOCK,   [KEY_NUM_LOCK] = MODIFIER_NUM_LOCK,
    [KEY_CAPS_LOCK] = MODIFIER_CAPS_LOCK,       [KEY_OVERRUN] = MODIFIERS_HELD | MODIFIERS_LOCKED,
};

void modifiers_take(struct modifiers *modifiers, struct key_change change)
{
    uint16_t bits = modifiers_of_keys[change.key];
    uint16_t locks = bits & MODIFIERS_LOCKED;
    if (change.pressed) {
        modifiers->active ^= locks & (uint16_t)~modifiers->locks_down;
        modifiers->active |= bits & MODIFIERS_HELD;
        modifiers->locks_down |= locks;
    } else {
        modifiers->active &= (uint16_t) ~(bits & MODIFIERS_HELD);
        modifiers->locks_down &= (uint16_t)~locks;
    }
}
