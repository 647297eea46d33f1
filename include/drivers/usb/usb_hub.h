/*
 * Hubs: more ports for devices.
 */
#ifndef DRIVERS_USB_USB_HUB_H
#define DRIVERS_USB_USB_HUB_H

#include <drivers/usb/usb_device.h>

enum { USB_HUB_DEPTH = 5 /* hubs one behind the other */, USB_HUB_PORTS = 15 };

/* The index'th port of a device; NULL behind the last, and for devices that are not hubs. In tasks.
 */
const struct usb_port *usb_hub_port(const struct usb_device *device, unsigned index);

#endif
