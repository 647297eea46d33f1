/*
 * A machine with a controller of USB, whose tasks run and whose keyboards are read.
 */
#ifndef TESTS_HOST_USB_MACHINE_H
#define TESTS_HOST_USB_MACHINE_H

#include <drivers/keyboard.h>
#include <drivers/usb/usb.h>

#include "fake_xhci.h"

enum { USB_TYPED = 4096 };

enum usage { A = 4, B = 5, ONE = 30, CAPS_LOCK = 57, RIGHT = 79, TOO_MANY = 1 };

enum { SHIFT = 2 /* the left one, among a report's modifiers */ };

extern struct executor usb_executor;
extern struct keyboard usb_keys;
extern char usb_typed[USB_TYPED]; /* all that was typed since the reset, with a NUL */
extern size_t usb_typed_length;

/* A machine that was just switched on. */
void usb_reset(void);

/* The drivers start, and time goes by until devices that were plugged in work. */
void usb_start(void);

/* Both, with a keyboard at port 1. */
void usb_start_with_keyboard(enum usb_speed speed);

/* Time goes by; what is typed is read, or not. */
void usb_run(unsigned milliseconds);
void usb_run_unread(unsigned milliseconds);

/* Keys go down and come up, at the keyboard at a port or at any. */
void usb_strike(unsigned port, uint8_t modifiers, uint8_t key);
void usb_strike_at(struct fake_usb_device *device, uint8_t modifiers, uint8_t key);

/* Unplugs everything. Is nothing left but the controller's task? */
bool usb_ends_clean(void);

/* Waits. Has the controller been stopped, with a line that says so, and is nothing left of it? */
bool usb_was_stopped(void);

#endif
