/*
 * USB: the controllers, and what is plugged into them.
 */
#ifndef DRIVERS_USB_USB_H
#define DRIVERS_USB_USB_H

#include <drivers/usb/usb_device.h>
#include <kernel/task/executor.h>

/* The task that ends when all that was plugged in at boot works or is known not to, but after a
 * second at the latest. To be spawned once, if usb_present(), after the drivers have started. */
extern struct task usb_set_up;

/* Is there a controller that a driver was found for? Any context. */
bool usb_present(void);

/* The index'th controller; NULL behind the last. Any context. */
struct xhci *usb_controller(size_t index);

#endif
