#include <drivers/modifiers.h>

const uint16_t modifiers_of_keys[KEY_COUNT] = {
    [KEY_LEFT_SHIFT] = MODIFIER_LEFT_SHIFT,     [KEY_RIGHT_SHIFT] = MODIFIER_RIGHT_SHIFT,
    [KEY_LEFT_CONTROL] = MODIFIER_LEFT_CONTROL, [KEY_RIGHT_CONTROL] = MODIFIER_RIGHT_CONTROL,
    [KEY_LEFT_ALT] = MODIFIER_LEFT_ALT,         [KEY_RIGHT_ALT] = MODIFIER_RIGHT_ALT,
    [KEY_LEFT_META] = MODIFIER_LEFT_META,       [KEY_RIGHT_META] = MODIFIER_RIGHT_META,
    [KEY_SCROLL_LOCK] = MODIFIER_SCROLL_LOCK,   [KEY_NUM_LOCK] = MODIFIER_NUM_LOCK,
    [KEY_CAPS_LOCK] = MODIFIER_CAPS_LOCK,       [KEY_OVERRUN] = MODIFIERS_HELD | MODIFIERS_LOCKED,
};

static uint16_t all_down(const struct modifiers *modifiers)
{
    return modifiers->down[MODIFIERS_OF_PS2] | modifiers->down[MODIFIERS_OF_USB];
}

void modifiers_take(struct modifiers *modifiers, enum modifier_source source,
                    struct key_change change)
{
    uint16_t bits = modifiers_of_keys[change.key];
    uint16_t locks = modifiers->active & MODIFIERS_LOCKED;
    if (change.pressed) {
        locks ^= bits & MODIFIERS_LOCKED & (uint16_t)~all_down(modifiers);
        modifiers->down[source] |= bits;
    } else {
        modifiers->down[source] &= (uint16_t)~bits;
    }
    modifiers->active = locks | (all_down(modifiers) & MODIFIERS_HELD);
}
