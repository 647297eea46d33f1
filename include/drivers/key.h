/*
 * Keys by their position on the keyboard. Their names are the symbols of a US keyboard. A key's
 * code is its scancode in set 1, with KEY_EXTENDED for a key that sends E0 first.
 */
#ifndef DRIVERS_KEY_H
#define DRIVERS_KEY_H

#include <types.h>

enum key_position {
    KEY_NONE = 0,
    KEY_EXTENDED = 0x80,

    KEY_ESCAPE = 0x01,
    KEY_1,
    KEY_2,
    KEY_3,
    KEY_4,
    KEY_5,
    KEY_6,
    KEY_7,
    KEY_8,
    KEY_9,
    KEY_0,
    KEY_MINUS,
    KEY_EQUALS,
    KEY_BACKSPACE,
    KEY_TAB,
    KEY_Q,
    KEY_W,
    KEY_E,
    KEY_R,
    KEY_T,
    KEY_Y,
    KEY_U,
    KEY_I,
    KEY_O,
    KEY_P,
    KEY_LEFT_BRACKET,
    KEY_RIGHT_BRACKET,
    KEY_ENTER,
    KEY_LEFT_CONTROL,
    KEY_A,
    KEY_S,
    KEY_D,
    KEY_F,
    KEY_G,
    KEY_H,
    KEY_J,
    KEY_K,
    KEY_L,
    KEY_SEMICOLON,
    KEY_APOSTROPHE,
    KEY_GRAVE,
    KEY_LEFT_SHIFT,
    KEY_BACKSLASH,
    KEY_Z,
    KEY_X,
    KEY_C,
    KEY_V,
    KEY_B,
    KEY_N,
    KEY_M,
    KEY_COMMA,
    KEY_DOT,
    KEY_SLASH,
    KEY_RIGHT_SHIFT,
    KEY_KEYPAD_STAR,
    KEY_LEFT_ALT,
    KEY_SPACE,
    KEY_CAPS_LOCK,
    KEY_F1,
    KEY_F2,
    KEY_F3,
    KEY_F4,
    KEY_F5,
    KEY_F6,
    KEY_F7,
    KEY_F8,
    KEY_F9,
    KEY_F10,
    KEY_NUM_LOCK,
    KEY_SCROLL_LOCK,
    KEY_KEYPAD_7,
    KEY_KEYPAD_8,
    KEY_KEYPAD_9,
    KEY_KEYPAD_MINUS,
    KEY_KEYPAD_4,
    KEY_KEYPAD_5,
    KEY_KEYPAD_6,
    KEY_KEYPAD_PLUS,
    KEY_KEYPAD_1,
    KEY_KEYPAD_2,
    KEY_KEYPAD_3,
    KEY_KEYPAD_0,
    KEY_KEYPAD_DECIMAL,
    KEY_SYSTEM_REQUEST, /* sent by Print Screen while Alt is held */
    KEY_102ND = 0x56,   /* between left Shift and Z on European keyboards */
    KEY_F11,
    KEY_F12,
    KEY_HIRAGANA = 0x70, /* this and the four below are on Japanese keyboards only */
    KEY_RO = 0x73,       /* left of right Shift */
    KEY_HENKAN = 0x79,
    KEY_MUHENKAN = 0x7b,
    KEY_YEN = 0x7d, /* left of Backspace */

    KEY_KEYPAD_ENTER = KEY_EXTENDED | 0x1c,
    KEY_RIGHT_CONTROL = KEY_EXTENDED | 0x1d,
    KEY_KEYPAD_SLASH = KEY_EXTENDED | 0x35,
    KEY_PRINT_SCREEN = KEY_EXTENDED | 0x37,
    KEY_RIGHT_ALT = KEY_EXTENDED | 0x38,
    KEY_PAUSE = KEY_EXTENDED | 0x46, /* sent by Pause while Ctrl is held */
    KEY_HOME = KEY_EXTENDED | 0x47,
    KEY_UP,
    KEY_PAGE_UP,
    KEY_LEFT = KEY_EXTENDED | 0x4b,
    KEY_MIDDLE, /* the keypad's 5, without NumLock: no keyboard has it elsewhere */
    KEY_RIGHT = KEY_EXTENDED | 0x4d,
    KEY_END = KEY_EXTENDED | 0x4f,
    KEY_DOWN,
    KEY_PAGE_DOWN,
    KEY_INSERT,
    KEY_DELETE,
    KEY_LEFT_META = KEY_EXTENDED | 0x5b,
    KEY_RIGHT_META,
    KEY_MENU,
    KEY_POWER,
    KEY_SLEEP,
    KEY_WAKE = KEY_EXTENDED | 0x63,

    /* No key: the keyboard's own buffer was full, and keys were lost. */
    KEY_OVERRUN = 0xff,
    KEY_COUNT
};

_Static_assert(KEY_KEYPAD_DECIMAL == 0x53 && KEY_F12 == 0x58 && KEY_MENU == 0xdd,
               "the enum leaves out no key");

/* A key goes down (again and again while it repeats), or comes up. KEY_NONE: no change. */
struct key_change {
    uint8_t key;
    bool pressed;
};

#endif
