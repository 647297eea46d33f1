/*
 * Bulk-only transport (Universal Serial Bus Mass Storage Class, Bulk-Only Transport 1.0): one SCSI
 * command at a time, its data, and how it ended.
 *
 * Everything here is for the task of a device whose driver's state begins with a struct
 * usb_bulk_only.
 */
#ifndef DRIVERS_USB_USB_BULK_ONLY_H
#define DRIVERS_USB_USB_BULK_ONLY_H

#include <drivers/usb/scsi.h>
#include <drivers/usb/usb_device.h>

enum { USB_BULK_ORDER = 3, USB_BULK_BUFFER = 4096 << USB_BULK_ORDER /* most data of a command */ };

/* How a command ended. */
enum usb_bulk_outcome {
    USB_BULK_PASSED = 0,
    USB_BULK_FAILED = 1, /* the device says so */
    USB_BULK_BROKEN = 2, /* the transport had to be reset */
};

struct usb_bulk_only {
    struct usb_interface interface;
    const struct usb_step *work; /* the driver's step that waits for work */
    struct scsi_command command; /* the one under way, or the last */
    uint32_t tag;
    uint32_t transferred; /* bytes of data */
    bool status_stalled;
    bool is_over; /* the command has ended; cleared by the driver, which looks at the outcome */
    enum usb_bulk_outcome outcome;
    unsigned recoveries; /* without a good command in between */
};

/* Searches a configuration for an interface with this transport. As a driver's probe(). */
enum error usb_bulk_probe(struct usb_device *device, const uint8_t *configuration, size_t size);

/* The driver's steps: endpoints, configuration and a buffer for data, and then `work`. */
extern const struct usb_step usb_bulk_steps[];

/* Starts a command, whose data is read from or written to `device->buffer`. `is_over` says that it
 * is done. In work(). */
void usb_bulk_start(struct usb_device *device, struct scsi_command command);

/* The data of the command. */
uint8_t *usb_bulk_data(const struct usb_device *device);

#endif
