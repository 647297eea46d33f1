/*
 * Device Class Definition for Human Interface Devices 1.11, appendix B (boot protocol) and C (how a
 * keyboard behaves); HID Usage Tables 1.12, chapter 10.
 *
 * A report says which keys are held; those that were not in the last one have gone down, and those
 * that are missing have come up. A keyboard on USB does not repeat a key. This file repeats it, as
 * often as a PS/2 keyboard does. A modifier that two keyboards hold comes up when the second one
 * releases it.
 */
#include <assert.h>
#include <drivers/key.h>
#include <drivers/usb/usb_keyboard.h>

enum { MODIFIERS = 0, FIRST_KEY = 2 /* in a report */, TOO_MANY_KEYS = 0x01 };

enum { FIRST_MODIFIER = 0xe0, MODIFIER_COUNT = 8 };

enum { REPEAT_DELAY = 500, REPEAT_PERIOD = 92 /* milliseconds */ };

/* By usage. Where two keys stand for one, they are the same key on different keyboards. */
static const uint8_t keys[256] = {
    [0x04] = KEY_A,
    KEY_B,
    KEY_C,
    KEY_D,
    KEY_E,
    KEY_F,
    KEY_G,
    KEY_H,
    KEY_I,
    KEY_J,
    KEY_K,
    KEY_L,
    KEY_M,
    KEY_N,
    KEY_O,
    KEY_P,
    KEY_Q,
    KEY_R,
    KEY_S,
    KEY_T,
    KEY_U,
    KEY_V,
    KEY_W,
    KEY_X,
    KEY_Y,
    KEY_Z,
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
    KEY_ENTER,
    KEY_ESCAPE,
    KEY_BACKSPACE,
    KEY_TAB,
    KEY_SPACE,
    KEY_MINUS,
    KEY_EQUALS,
    KEY_LEFT_BRACKET,
    KEY_RIGHT_BRACKET,
    KEY_BACKSLASH,
    KEY_BACKSLASH,
    KEY_SEMICOLON,
    KEY_APOSTROPHE,
    KEY_GRAVE,
    KEY_COMMA,
    KEY_DOT,
    KEY_SLASH,
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
    KEY_F11,
    KEY_F12,
    KEY_PRINT_SCREEN,
    KEY_SCROLL_LOCK,
    KEY_PAUSE,
    KEY_INSERT,
    KEY_HOME,
    KEY_PAGE_UP,
    KEY_DELETE,
    KEY_END,
    KEY_PAGE_DOWN,
    KEY_RIGHT,
    KEY_LEFT,
    KEY_DOWN,
    KEY_UP,
    KEY_NUM_LOCK,
    KEY_KEYPAD_SLASH,
    KEY_KEYPAD_STAR,
    KEY_KEYPAD_MINUS,
    KEY_KEYPAD_PLUS,
    KEY_KEYPAD_ENTER,
    KEY_KEYPAD_1,
    KEY_KEYPAD_2,
    KEY_KEYPAD_3,
    KEY_KEYPAD_4,
    KEY_KEYPAD_5,
    KEY_KEYPAD_6,
    KEY_KEYPAD_7,
    KEY_KEYPAD_8,
    KEY_KEYPAD_9,
    KEY_KEYPAD_0,
    KEY_KEYPAD_DECIMAL,
    KEY_102ND,
    KEY_MENU,
    KEY_POWER,
    [0x87] = KEY_RO,
    KEY_HIRAGANA,
    KEY_YEN,
    KEY_HENKAN,
    KEY_MUHENKAN,
    [FIRST_MODIFIER] = KEY_LEFT_CONTROL,
    KEY_LEFT_SHIFT,
    KEY_LEFT_ALT,
    KEY_LEFT_META,
    KEY_RIGHT_CONTROL,
    KEY_RIGHT_SHIFT,
    KEY_RIGHT_ALT,
    KEY_RIGHT_META,
};

static uint8_t storage[4096];

/* Room that no report may take. It is for releasing the keys that an unplugged keyboard has held.
 */
enum { RESERVE = sizeof(storage) / 2 };

static void resume(struct byte_stream *stream);
struct byte_stream usb_keyboard_scancodes =
    BYTE_STREAM_INIT(usb_keyboard_scancodes, storage, resume);

static struct list keyboards = LIST_INIT(keyboards);
static uint8_t wanted_lights;

/* --- All keyboards -------------------------------------------------------------------------- */

static void wake_all(void)
{
    list_for_each(node, &keyboards) {
        task_wake(CONTAINER_OF(node, struct usb_keyboard, link)->task);
    }
}

static void resume(struct byte_stream *stream)
{
    (void)stream;
    wake_all();
}

bool usb_keyboard_present(void)
{
    return !list_empty(&keyboards);
}

bool usb_keyboard_has_room(void)
{
    bool room = ring_count(&usb_keyboard_scancodes.ring) <= sizeof(storage) - RESERVE;
    usb_keyboard_scancodes.stopped |= !room;
    return room;
}

void usb_keyboard_set_lights(uint8_t lights)
{
    wanted_lights = lights;
    wake_all();
}

/* A report has Num Lock in bit 0, then Caps Lock and Scroll Lock (HID 1.11, B.1). */
uint8_t usb_keyboard_lights(void)
{
    unsigned scroll = wanted_lights & 1, num = wanted_lights >> 1 & 1,
             caps = wanted_lights >> 2 & 1;
    return (uint8_t)(num | caps << 1 | scroll << 2);
}

/* --- Keys ----------------------------------------------------------------------------------- */

static void push(uint8_t key, bool pressed)
{
    enum { EXTENDED = 0xe0, RELEASED = 0x80 };
    if (key & KEY_EXTENDED)
        stream_push(&usb_keyboard_scancodes, EXTENDED);
    stream_push(&usb_keyboard_scancodes,
                (uint8_t)((key & ~KEY_EXTENDED) | (pressed ? 0 : RELEASED)));
}

static bool holds(const uint8_t *report, uint8_t usage)
{
    if (usage >= FIRST_MODIFIER)
        return usage < FIRST_MODIFIER + MODIFIER_COUNT &&
               report[MODIFIERS] >> (usage - FIRST_MODIFIER) & 1;
    for (unsigned i = FIRST_KEY; i < USB_KEYBOARD_REPORT; i++) {
        if (report[i] == usage)
            return true;
    }
    return false;
}

static bool another_holds(const struct usb_keyboard *keyboard, uint8_t usage)
{
    list_for_each(node, &keyboards) {
        const struct usb_keyboard *other = CONTAINER_OF(node, struct usb_keyboard, link);
        if (other != keyboard && holds(other->report, usage))
            return true;
    }
    return false;
}

static void press(struct usb_keyboard *keyboard, uint8_t usage)
{
    if (!keys[usage])
        return;
    push(keys[usage], true);
    if (usage >= FIRST_MODIFIER)
        return;
    keyboard->repeats = keys[usage];
    sleep_for(&keyboard->repeat, REPEAT_DELAY * NANOSECONDS_PER_MILLISECOND);
}

static void release(struct usb_keyboard *keyboard, uint8_t usage)
{
    if (keys[usage] && !another_holds(keyboard, usage))
        push(keys[usage], false);
    if (keys[usage] && keys[usage] == keyboard->repeats)
        keyboard->repeats = KEY_NONE;
}

/* Calls `change` for each key that `report` holds and `other` does not. */
static void for_each_missing(struct usb_keyboard *keyboard, const uint8_t *report,
                             const uint8_t *other,
                             void (*change)(struct usb_keyboard *keyboard, uint8_t usage))
{
    for (unsigned i = 0; i < MODIFIER_COUNT; i++) {
        uint8_t usage = (uint8_t)(FIRST_MODIFIER + i);
        if (holds(report, usage) && !holds(other, usage))
            change(keyboard, usage);
    }
    for (unsigned i = FIRST_KEY; i < USB_KEYBOARD_REPORT; i++) {
        if (report[i] < FIRST_MODIFIER && !holds(other, report[i]))
            change(keyboard, report[i]);
    }
}

void usb_keyboard_report(struct usb_keyboard *keyboard, const uint8_t *report, size_t length)
{
    if (length < USB_KEYBOARD_REPORT || holds(report, TOO_MANY_KEYS))
        return;
    for_each_missing(keyboard, keyboard->report, report, release);
    for_each_missing(keyboard, report, keyboard->report, press);
    __builtin_memcpy(keyboard->report, report, USB_KEYBOARD_REPORT);
}

void usb_keyboard_poll_repeat(struct usb_keyboard *keyboard)
{
    if (keyboard->repeats == KEY_NONE) {
        sleep_cancel(&keyboard->repeat);
        return;
    }
    while (sleep_poll(&keyboard->repeat, keyboard->task) == POLL_READY) {
        if (usb_keyboard_has_room())
            push(keyboard->repeats, true);
        sleep_for(&keyboard->repeat, REPEAT_PERIOD * NANOSECONDS_PER_MILLISECOND);
    }
}

/* --- One keyboard --------------------------------------------------------------------------- */

void usb_keyboard_begin(struct usb_keyboard *keyboard, struct task *task)
{
    *keyboard = (struct usb_keyboard){.task = task};
    list_push_back(&keyboards, &keyboard->link);
}

void usb_keyboard_end(struct usb_keyboard *keyboard)
{
    static const uint8_t nothing[USB_KEYBOARD_REPORT];
    usb_keyboard_report(keyboard, nothing, sizeof(nothing));
    sleep_cancel(&keyboard->repeat);
    list_remove(&keyboard->link);
}
