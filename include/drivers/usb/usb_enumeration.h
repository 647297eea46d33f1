/*
 * From a device that is plugged in to its driver.
 */
#ifndef DRIVERS_USB_USB_ENUMERATION_H
#define DRIVERS_USB_USB_ENUMERATION_H

#include <drivers/usb/usb_device.h>

/* Spawns a task for the device that is plugged into the port, where there is none yet. ERROR_FULL:
 * no memory. In tasks. */
enum error usb_attach(struct usb_port *port);

#endif
