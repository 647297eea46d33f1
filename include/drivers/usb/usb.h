/*
 * USB: the controllers, and the devices that are plugged into them.
 */
#ifndef DRIVERS_USB_USB_H
#define DRIVERS_USB_USB_H

#include <drivers/usb/usb_device.h>
#include <kernel/task/executor.h>

/* A task that ends when every device that was plugged in at boot works or has failed, but after a
 * second at the latest. To be spawned once, if usb_present(), after the drivers have started. */
extern struct task usb_set_up;

/* Is there a controller that has a driver? Any context. */
bool usb_present(void);

/* The index'th controller; NULL behind the last. Any context. */
struct xhci *usb_controller(size_t index);

#endif
