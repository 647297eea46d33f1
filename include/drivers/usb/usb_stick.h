/*
 * Sticks, and other disks on USB. They are disks of the block layer.
 *
 * Everything here is for tasks.
 */
#ifndef DRIVERS_USB_USB_STICK_H
#define DRIVERS_USB_USB_STICK_H

#include <drivers/block/block.h>
#include <drivers/usb/usb_device.h>

/* Is the device a stick that has its driver? */
bool usb_is_stick(const struct usb_device *device);

/* A stick's disk; NULL: it has none, because it has no medium, cannot be used, or is not ready. */
const struct block_device *usb_stick_disk(const struct usb_device *device);

#endif
