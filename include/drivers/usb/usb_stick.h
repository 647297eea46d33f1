/*
 * Sticks, and other disks on USB: blocks that are read and written.
 *
 * Everything here is for tasks.
 */
#ifndef DRIVERS_USB_USB_STICK_H
#define DRIVERS_USB_USB_STICK_H

#include <drivers/partition_table.h>
#include <drivers/usb/usb_device.h>
#include <kernel/task/event.h>
#include <kernel/task/future.h>

struct usb_stick {
    uint64_t block_count; /* 0: it cannot be used, for there is no medium in it, or not yet */
    uint32_t block_size;  /* 512 or 4,096 bytes */
    struct partition_table partitions;
};

enum usb_stick_operation { USB_STICK_READ, USB_STICK_WRITE, USB_STICK_FLUSH };

/* The future of an operation. The fields are usb_stick.c's, except `future` and `error`. */
struct usb_stick_request {
    struct future future;
    enum error error; /* once it is ready: ERROR_INVALID, ERROR_DEVICE, or ERROR_NO_DEVICE: the
                         stick has been unplugged, or cannot be used */
    struct list_node link;
    struct usb_stick *stick; /* NULL: it is over */
    enum usb_stick_operation operation;
    uint64_t block;
    uint32_t count, done;
    uint8_t *buffer;
    struct event over;
};

/* The stick that a device is; NULL: it is none, or has no driver yet. It exists until the device's
 * task has seen that it is unplugged. */
struct usb_stick *usb_stick_of(const struct usb_device *device);

/* Begins to read `count` blocks into `buffer`, or to write them from there. To flush makes what was
 * written before survive a loss of power. Operations are done one after the other. The buffer must
 * stay until the future is ready or cancelled. */
void usb_stick_begin(struct usb_stick_request *request, struct usb_stick *stick,
                     enum usb_stick_operation operation, uint64_t block, uint32_t count,
                     void *buffer);

#endif
