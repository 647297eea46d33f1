/*
 * USB: the controllers, to whose ports the devices are plugged in.
 */
#ifndef DRIVERS_USB_USB_H
#define DRIVERS_USB_USB_H

#include <drivers/usb/usb_device.h>

/* Is there a controller that has a driver? Any context. */
bool usb_present(void);

/* The index'th controller; NULL behind the last. Any context. */
struct xhci *usb_controller(size_t index);

#endif
