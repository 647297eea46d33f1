/*
 * Scancode set 1: a key sends its code when it goes down and the code with bit 7 set when it comes
 * up. Keys that the first PC did not have send E0 first; some of those wrap themselves in shift
 * codes with E0, which mean nothing.
 */
#include <drivers/scancode.h>

enum { RELEASED = 0x80, EXTENDED = 0xe0, PAUSE = 0xe1 };

enum key {
    KEY_CONTROL = 0x1d,
    KEY_LEFT_SHIFT = 0x2a,
    KEY_SLASH = 0x35,
    KEY_RIGHT_SHIFT = 0x36,
    KEY_CAPS_LOCK = 0x3a,
    KEY_ENTER = 0x1c,
    KEY_NUM_LOCK = 0x45,
    KEYPAD_FIRST = 0x47,
    KEYPAD_MINUS = 0x4a,
    KEYPAD_PLUS = 0x4e,
    KEYPAD_LAST = 0x53,
    KEY_102ND = 0x56,
};

/* By code, from 0; what types nothing is \0, and so is Escape. */
static const char plain[] = "\0\0"
                            "1234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] =
    "\0\0!@#$%^&*()_+\b\tQWERTYUIOP{}\n\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";
static const char keypad[] = "789-456+1230.";

_Static_assert(sizeof(plain) == 0x3a + 1 && sizeof(shifted) == sizeof(plain), "codes 0x00 to 0x39");
_Static_assert(sizeof(keypad) == KEYPAD_LAST - KEYPAD_FIRST + 1 + 1, "codes 0x47 to 0x53");

static bool is_letter(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

/* Keeps track of modifiers and locks; true when the key was one. */
static bool take_modifier(struct scancode_decoder *decoder, uint8_t key, bool pressed)
{
    switch (key) {
    case KEY_LEFT_SHIFT:
        if (!decoder->extended)
            decoder->left_shift = pressed;
        return true;
    case KEY_RIGHT_SHIFT:
        if (!decoder->extended)
            decoder->right_shift = pressed;
        return true;
    case KEY_CONTROL:
        if (decoder->extended)
            decoder->right_control = pressed;
        else
            decoder->left_control = pressed;
        return true;
    case KEY_CAPS_LOCK:
        decoder->caps_lock ^= pressed;
        return true;
    case KEY_NUM_LOCK:
        decoder->num_lock ^= pressed;
        return true;
    default:
        return false;
    }
}

static char extended_character(uint8_t key)
{
    switch (key) {
    case KEY_ENTER:
        return '\n';
    case KEY_SLASH:
        return '/';
    default:
        return 0;
    }
}

static char keypad_character(const struct scancode_decoder *decoder, uint8_t key)
{
    if (key == KEYPAD_MINUS || key == KEYPAD_PLUS || decoder->num_lock)
        return keypad[key - KEYPAD_FIRST];
    return 0;
}

static char main_character(const struct scancode_decoder *decoder, uint8_t key)
{
    bool shift = decoder->left_shift || decoder->right_shift;
    if (is_letter(plain[key]))
        shift ^= decoder->caps_lock;
    char character = shift ? shifted[key] : plain[key];
    if ((decoder->left_control || decoder->right_control) && is_letter(character))
        return character & 0x1f;
    return character;
}

char scancode_decode(struct scancode_decoder *decoder, uint8_t scancode)
{
    if (decoder->skip) {
        decoder->skip--;
        return 0;
    }
    if (scancode == EXTENDED || scancode == PAUSE) {
        decoder->extended = scancode == EXTENDED;
        decoder->skip = scancode == PAUSE ? 2 : 0;
        return 0;
    }
    uint8_t key = scancode & ~RELEASED;
    bool pressed = !(scancode & RELEASED);
    char character = 0;
    if (take_modifier(decoder, key, pressed) || !pressed)
        character = 0;
    else if (decoder->extended)
        character = extended_character(key);
    else if (key < sizeof(plain) - 1)
        character = main_character(decoder, key);
    else if (key >= KEYPAD_FIRST && key <= KEYPAD_LAST)
        character = keypad_character(decoder, key);
    else if (key == KEY_102ND)
        character = decoder->left_shift || decoder->right_shift ? '|' : '\\';
    decoder->extended = false;
    return character;
}
