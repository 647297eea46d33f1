/*
 * Keyboards on USB: turns their reports into scancodes. All keyboards together act as one, which
 * sends the scancodes of a PS/2 keyboard in set 1.
 *
 * Everything here is for tasks.
 */
#ifndef DRIVERS_USB_USB_KEYBOARD_H
#define DRIVERS_USB_USB_KEYBOARD_H

#include <kernel/task/sleep.h>
#include <kernel/task/stream.h>

enum { USB_KEYBOARD_REPORT = 8 /* bytes, in the boot protocol */ };

/* All zeros is a keyboard before usb_keyboard_begin(). */
struct usb_keyboard {
    struct list_node link;
    struct task *task; /* woken when the lights change, and when the stream has room again */
    uint8_t report[USB_KEYBOARD_REPORT]; /* the last one: the keys that are held */
    uint8_t repeats;     /* the key that repeats when it is held for long; KEY_NONE: none */
    struct sleep repeat; /* until it is typed again */
};

/* The scancodes of all keyboards, in set 1, for one reader. */
extern struct byte_stream usb_keyboard_scancodes;

/* Adds a keyboard on behalf of `task`. */
void usb_keyboard_begin(struct usb_keyboard *keyboard, struct task *task);

/* Removes a keyboard. Keys that are held are released. */
void usb_keyboard_end(struct usb_keyboard *keyboard);

/* Is there at least one? Any context. */
bool usb_keyboard_present(void);

/* Has the stream room for a report's keys? If not, the keyboards' tasks are woken when it has.
 * Until then a report has to wait, and its keyboard waits, too. */
bool usb_keyboard_has_room(void);

/* Takes a report, for which there is room: the keys that have changed become scancodes. A report
 * that is too short, or that says that too many keys are held, changes nothing. */
void usb_keyboard_report(struct usb_keyboard *keyboard, const uint8_t *report, size_t length);

/* Types the key that is held for long again, as often as is due. In the keyboard's task, when it is
 * polled. */
void usb_keyboard_poll_repeat(struct usb_keyboard *keyboard);

/* Makes the tasks of all keyboards set the lights soon: bit 0 is Scroll Lock, 1 is Num Lock, 2 is
 * Caps Lock. */
void usb_keyboard_set_lights(uint8_t lights);

/* Returns the lights as a keyboard's output report has them. */
uint8_t usb_keyboard_lights(void);

#endif
