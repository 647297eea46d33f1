/*
 * Counts the controllers and devices that are still being set up. In tasks and set-up code.
 */
#ifndef DRIVERS_USB_USB_SET_UP_H
#define DRIVERS_USB_USB_SET_UP_H

#include <kernel/task/task.h>

/* A task that ends when every device that was plugged in at boot works or has failed, but after a
 * second at the latest. To be spawned once, if usb_present(), after the drivers have started. */
extern struct task usb_set_up;

/* The set-up of a controller or device begins, and ends. */
void usb_set_up_begin(void);
void usb_set_up_end(void);

#endif
