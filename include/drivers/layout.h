/*
 * Keyboard layouts: which symbol each key types. Each layout is a table in a file of its own below
 * drivers/layouts/, marked KEYBOARD_LAYOUT; the linker collects the tables in the order of the
 * files' names. Any context.
 */
#ifndef DRIVERS_LAYOUT_H
#define DRIVERS_LAYOUT_H

#include <drivers/key.h>

/* A symbol is a code point, or 0 for none. A dead key types nothing itself, but adds its accent to
 * the next character; its symbol is the combining character. Two dead keys add no accent, but turn
 * a letter into another one; their symbols are two code points of that block that no key types. */
enum dead_symbol {
    DEAD_FIRST = 0x300,
    DEAD_GRAVE = 0x300,
    DEAD_ACUTE = 0x301,
    DEAD_CIRCUMFLEX = 0x302,
    DEAD_TILDE = 0x303,
    DEAD_MACRON = 0x304,
    DEAD_BREVE = 0x306,
    DEAD_DOT_ABOVE = 0x307,
    DEAD_DIAERESIS = 0x308,
    DEAD_HOOK = 0x309,
    DEAD_RING_ABOVE = 0x30a,
    DEAD_DOUBLE_ACUTE = 0x30b,
    DEAD_CARON = 0x30c,
    DEAD_HORN = 0x31b,
    DEAD_DOT_BELOW = 0x323,
    DEAD_COMMA_BELOW = 0x326,
    DEAD_CEDILLA = 0x327,
    DEAD_OGONEK = 0x328,
    DEAD_MACRON_BELOW = 0x331,
    DEAD_STROKE = 0x335,
    DEAD_GREEK = 0x36e,
    DEAD_CURRENCY = 0x36f,
    DEAD_LAST = 0x36f,
};

enum { LAYOUT_KEYS = KEY_YEN + 1 };

/* Each field's default, zero, is right for a layout that does without it. */
struct layout {
    const char *name;       /* for `keymap`; one word, and no other layout has it */
    bool altgr;             /* the right Alt key is AltGr: it selects the third and fourth symbol */
    bool caps_is_backspace; /* the Caps Lock key is another Backspace */
    char decimal;           /* of the keypad, with Num Lock: '.' or ',' */
    /* Further keys that Caps Lock shifts, beside letters with their capitals; 0 ends the list. */
    uint8_t caps_is_shift[12];
    /* The symbols of each key (enum key): alone, with Shift, with AltGr, with both. */
    uint16_t keys[LAYOUT_KEYS][4];
};

/* Puts a `static const struct layout` into the list of layouts. */
#define KEYBOARD_LAYOUT __attribute__((used, section("layouts"), aligned(8)))

/* The layout until another one is chosen. */
extern const struct layout layout_us;

/* The symbol that a key types while `modifiers` (enum modifier) are active, or 0. Caps Lock acts as
 * Shift on a letter whose capital is on the same key, and on the keys in `caps_is_shift`. It turns
 * any other letter into its capital. */
uint16_t layout_symbol(const struct layout *layout, uint8_t key, unsigned modifiers);

/* The name of a layout, from index 0 on; NULL behind the last one. */
const char *layout_name(size_t index);

/* The layout of that name; NULL when there is none. */
const struct layout *layout_find(const char *name);

enum { LAYOUT_NAMES_MAX = 128 };

/* Writes all names, with a blank between them, as far as `size` (at least 1) bytes go. */
void layout_list_names(char *text, size_t size);

#endif
