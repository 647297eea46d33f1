#include <assert.h>
#include <drivers/layout.h>
#include <drivers/modifiers.h>
#include <lib/format.h>
#include <lib/letter_case.h>
#include <lib/string.h>
#include <section.h>

SECTION_ARRAY(struct layout, layouts);

const char *layout_name(size_t index)
{
    return index < SECTION_COUNT(layouts) ? __start_layouts[index].name : NULL;
}

const struct layout *layout_find(const char *name)
{
    section_for_each(struct layout, layout, layouts) {
        if (strcmp(layout->name, name) == 0)
            return layout;
    }
    return NULL;
}

void layout_list_names(char *text, size_t size)
{
    ASSERT(size);
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; layout_name(i) && length < size; i++)
        length +=
            (size_t)snprintf(text + length, size - length, "%s%s", i ? " " : "", layout_name(i));
}

static bool is_letter_and_capital(const uint16_t pair[2])
{
    return pair[0] != pair[1] && letter_to_upper(pair[0]) == pair[1];
}

static bool caps_is_shift(const struct layout *layout, uint8_t key)
{
    for (size_t i = 0; i < ARRAY_SIZE(layout->caps_is_shift); i++) {
        if (layout->caps_is_shift[i] == key)
            return true;
    }
    return false;
}

uint16_t layout_symbol(const struct layout *layout, uint8_t key, unsigned modifiers)
{
    if (key >= LAYOUT_KEYS)
        return 0;
    bool altgr = layout->altgr && (modifiers & MODIFIER_RIGHT_ALT);
    const uint16_t *pair = layout->keys[key] + (altgr ? 2 : 0);
    bool shift = modifiers & MODIFIERS_SHIFT;
    uint16_t symbol = pair[shift];
    if (!(modifiers & MODIFIER_CAPS_LOCK))
        return symbol;
    if (is_letter_and_capital(pair) || caps_is_shift(layout, key))
        return pair[!shift];
    return (uint16_t)letter_to_upper(symbol);
}
