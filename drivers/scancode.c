/*
 * IBM PS/2 Hardware Interface Technical Reference, "Keyboards (101- and 102-key)", scan code sets 1
 * and 2.
 *
 * In set 1, a key sends its code when it goes down, and the code with bit 7 set when it comes up.
 * In set 2, it sends its code when it goes down, and F0 and the code when it comes up; the keys
 * have other codes than in set 1. In both sets, keys that the first PC did not have send E0 first.
 * Some of these send E0 and a Shift key's code around their own, for the sake of old programs; that
 * Shift is ignored. Pause sends E1 and the codes of Ctrl and Num Lock, down and up at once.
 *
 * So a byte of set 2 is first translated to set 1's code, and both sets share the rest. When a
 * sequence breaks off, its bytes are dropped, and the next byte begins a new one.
 */
#include <drivers/scancode.h>

enum { RELEASED = 0x80, SET_2_RELEASED = 0xf0, EXTENDED = 0xe0, PAUSE = 0xe1 };

/* Sent in place of keys that the keyboard's buffer had no room for. */
enum { SET_1_OVERRUN = 0xff, SET_2_OVERRUN = 0x00 };

/* The bytes of a sequence that have come. */
enum sequence { START, AFTER_E0, AFTER_E1, AFTER_E1_CONTROL };
enum { SEQUENCE = 3 }; /* its bits in the decoder's state */

_Static_assert(((int)SCANCODE_SET_2 & SEQUENCE) == 0 && ((int)SCANCODE_UNSURE & SEQUENCE) == 0,
               "the set and the sequence share a byte");

static const uint8_t set_2_keys[] = {
    [0x01] = KEY_F9,
    [0x03] = KEY_F5,
    [0x04] = KEY_F3,
    [0x05] = KEY_F1,
    [0x06] = KEY_F2,
    [0x07] = KEY_F12,
    [0x09] = KEY_F10,
    [0x0a] = KEY_F8,
    [0x0b] = KEY_F6,
    [0x0c] = KEY_F4,
    [0x0d] = KEY_TAB,
    [0x0e] = KEY_GRAVE,
    [0x11] = KEY_LEFT_ALT,
    [0x12] = KEY_LEFT_SHIFT,
    [0x13] = KEY_HIRAGANA,
    [0x14] = KEY_LEFT_CONTROL,
    [0x15] = KEY_Q,
    [0x16] = KEY_1,
    [0x1a] = KEY_Z,
    [0x1b] = KEY_S,
    [0x1c] = KEY_A,
    [0x1d] = KEY_W,
    [0x1e] = KEY_2,
    [0x1f] = KEY_LEFT_META & ~KEY_EXTENDED,
    [0x21] = KEY_C,
    [0x22] = KEY_X,
    [0x23] = KEY_D,
    [0x24] = KEY_E,
    [0x25] = KEY_4,
    [0x26] = KEY_3,
    [0x27] = KEY_RIGHT_META & ~KEY_EXTENDED,
    [0x29] = KEY_SPACE,
    [0x2a] = KEY_V,
    [0x2b] = KEY_F,
    [0x2c] = KEY_T,
    [0x2d] = KEY_R,
    [0x2e] = KEY_5,
    [0x2f] = KEY_MENU & ~KEY_EXTENDED,
    [0x31] = KEY_N,
    [0x32] = KEY_B,
    [0x33] = KEY_H,
    [0x34] = KEY_G,
    [0x35] = KEY_Y,
    [0x36] = KEY_6,
    [0x37] = KEY_POWER & ~KEY_EXTENDED,
    [0x3a] = KEY_M,
    [0x3b] = KEY_J,
    [0x3c] = KEY_U,
    [0x3d] = KEY_7,
    [0x3e] = KEY_8,
    [0x3f] = KEY_SLEEP & ~KEY_EXTENDED,
    [0x41] = KEY_COMMA,
    [0x42] = KEY_K,
    [0x43] = KEY_I,
    [0x44] = KEY_O,
    [0x45] = KEY_0,
    [0x46] = KEY_9,
    [0x49] = KEY_DOT,
    [0x4a] = KEY_SLASH,
    [0x4b] = KEY_L,
    [0x4c] = KEY_SEMICOLON,
    [0x4d] = KEY_P,
    [0x4e] = KEY_MINUS,
    [0x51] = KEY_RO,
    [0x52] = KEY_APOSTROPHE,
    [0x54] = KEY_LEFT_BRACKET,
    [0x55] = KEY_EQUALS,
    [0x58] = KEY_CAPS_LOCK,
    [0x59] = KEY_RIGHT_SHIFT,
    [0x5a] = KEY_ENTER,
    [0x5b] = KEY_RIGHT_BRACKET,
    [0x5d] = KEY_BACKSLASH,
    [0x5e] = KEY_WAKE & ~KEY_EXTENDED,
    [0x61] = KEY_102ND,
    [0x64] = KEY_HENKAN,
    [0x66] = KEY_BACKSPACE,
    [0x67] = KEY_MUHENKAN,
    [0x69] = KEY_KEYPAD_1,
    [0x6a] = KEY_YEN,
    [0x6b] = KEY_KEYPAD_4,
    [0x6c] = KEY_KEYPAD_7,
    [0x70] = KEY_KEYPAD_0,
    [0x71] = KEY_KEYPAD_DECIMAL,
    [0x72] = KEY_KEYPAD_2,
    [0x73] = KEY_KEYPAD_5,
    [0x74] = KEY_KEYPAD_6,
    [0x75] = KEY_KEYPAD_8,
    [0x76] = KEY_ESCAPE,
    [0x77] = KEY_NUM_LOCK,
    [0x78] = KEY_F11,
    [0x79] = KEY_KEYPAD_PLUS,
    [0x7a] = KEY_KEYPAD_3,
    [0x7b] = KEY_KEYPAD_MINUS,
    [0x7c] = KEY_KEYPAD_STAR,
    [0x7d] = KEY_KEYPAD_9,
    [0x7e] = KEY_SCROLL_LOCK,
    [0x83] = KEY_F7,
    [0x84] = KEY_SYSTEM_REQUEST,
};

_Static_assert(sizeof(set_2_keys) <= EXTENDED, "no key's code is a prefix");

/* Returns the key of a code after E0. Shift is ignored; E0 7F would be taken for KEY_OVERRUN. */
static uint8_t extended_key(uint8_t code)
{
    if (code == KEY_NONE || code == KEY_LEFT_SHIFT || code == KEY_RIGHT_SHIFT ||
        (code | KEY_EXTENDED) == KEY_OVERRUN)
        return KEY_NONE;
    return code | KEY_EXTENDED;
}

static bool is_set_1(const struct scancode_decoder *decoder)
{
    return !(decoder->state & SCANCODE_SET_2);
}

static void set_sequence(struct scancode_decoder *decoder, enum sequence sequence)
{
    decoder->state = (uint8_t)((decoder->state & ~SEQUENCE) | sequence);
}

/* Returns the key of set 1's code, after the bytes that came before it. */
static uint8_t find_key(struct scancode_decoder *decoder, uint8_t code)
{
    enum sequence sequence = decoder->state & SEQUENCE;
    set_sequence(decoder, START);
    if (sequence == AFTER_E0)
        return extended_key(code);
    if (sequence == AFTER_E1 && code == KEY_LEFT_CONTROL) {
        set_sequence(decoder, AFTER_E1_CONTROL);
        return KEY_NONE;
    }
    if (sequence == AFTER_E1_CONTROL && code == KEY_NUM_LOCK)
        return KEY_PAUSE;
    return code;
}

static struct key_change begin(struct scancode_decoder *decoder, enum sequence sequence,
                               uint8_t key)
{
    set_sequence(decoder, sequence);
    decoder->released = false;
    return (struct key_change){key, false};
}

static struct key_change decode_set_2(struct scancode_decoder *decoder, uint8_t byte)
{
    if (byte == SET_2_RELEASED) {
        decoder->released = true;
        return (struct key_change){KEY_NONE, false};
    }
    bool pressed = !decoder->released;
    decoder->released = false;
    uint8_t code = byte < sizeof(set_2_keys) ? set_2_keys[byte] : KEY_NONE;
    return (struct key_change){find_key(decoder, code), pressed};
}

/* Finds out the set when the first key comes up: set 2 sends F0, and set 1 a byte above 80. In set
 * 1, F0 is the release of a Japanese key, which is hardly the first one. Three bytes above 80 are
 * no proof: two are codes of set 2, and one comes from a keyboard that has just been plugged in. */
static void detect_set(struct scancode_decoder *decoder, uint8_t byte)
{
    enum { F7 = 0x83, PRINT_SCREEN_WITH_ALT = 0x84, PLUGGED_IN = 0xaa };
    uint8_t sequence = decoder->state & SEQUENCE;
    if (byte == SET_2_RELEASED)
        decoder->state = SCANCODE_SET_2 | sequence;
    else if (byte > RELEASED && byte < EXTENDED && byte != F7 && byte != PRINT_SCREEN_WITH_ALT &&
             byte != PLUGGED_IN)
        decoder->state = SCANCODE_SET_1 | sequence;
}

struct key_change scancode_decode(struct scancode_decoder *decoder, uint8_t byte)
{
    if (decoder->state == SCANCODE_SET_1 && byte < EXTENDED) /* most keys by far */
        return (struct key_change){byte & ~RELEASED, !(byte & RELEASED)};
    if (decoder->state & SCANCODE_UNSURE)
        detect_set(decoder, byte);
    if (byte == EXTENDED)
        return begin(decoder, AFTER_E0, KEY_NONE);
    if (byte == PAUSE)
        return begin(decoder, AFTER_E1, KEY_NONE);
    if (byte == (is_set_1(decoder) ? SET_1_OVERRUN : SET_2_OVERRUN))
        return begin(decoder, START, KEY_OVERRUN);
    if (!is_set_1(decoder))
        return decode_set_2(decoder, byte);
    return (struct key_change){find_key(decoder, byte & ~RELEASED), !(byte & RELEASED)};
}
