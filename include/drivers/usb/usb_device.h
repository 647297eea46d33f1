/*
 * A device at a root port. Each device has a task, from the moment when it is plugged in until it
 * is unplugged.
 */
#ifndef DRIVERS_USB_USB_DEVICE_H
#define DRIVERS_USB_USB_DEVICE_H

#include <drivers/usb/usb_descriptors.h>
#include <drivers/usb/usb_keyboard.h>
#include <drivers/usb/xhci.h>

/* The speeds of PORTSC (xHCI 7.2.2.1.1). */
enum usb_speed { USB_FULL = 1, USB_LOW = 2, USB_HIGH = 3, USB_SUPER = 4, USB_SUPER_PLUS = 5 };

enum usb_page {
    USB_PAGE_CONTEXT,
    USB_PAGE_INPUT,
    USB_PAGE_CONTROL,
    USB_PAGE_REPORTS,
    USB_PAGE_DATA,
    USB_PAGES
};

enum { USB_REPORT_OFFSET = 2048 /* of a keyboard's report in the page of data */ };

struct usb_device {
    struct task task;
    struct xhci *xhci;
    unsigned port;
    uint8_t speed; /* enum usb_speed */
    struct xhci_slot slot;
    struct xhci_command command;
    phys_addr_t pages[USB_PAGES]; /* the controller may write to them until the slot is disabled */

    unsigned step;     /* of usb_device.c */
    unsigned after;    /* the step after a detour */
    bool begun;        /* the step has begun, and has not ended */
    unsigned tries;    /* of a transfer that fails */
    unsigned attempts; /* from the reset on */
    struct sleep sleep;
    bool settled;
    void (*on_settled)(void);

    struct usb_device_descriptor descriptor;
    uint16_t configuration_size;
    char name[USB_NAME];
    struct usb_boot_interface interface;
    struct usb_keyboard keyboard;
    bool is_keyboard; /* usb_keyboard_begin() has added it */
    uint8_t shown_lights;
};

/* Spawns a task for the device at a port, which frees its own memory at its end. `on_settled` is
 * called once, when the device works or has failed. ERROR_FULL: no memory. In tasks. */
enum error usb_device_attach(struct xhci *xhci, unsigned port, struct executor *executor,
                             void (*on_settled)(void));

/* The device at a port; NULL: there is none. In tasks. */
static inline const struct usb_device *usb_device_at(const struct xhci *xhci, unsigned port)
{
    struct task *task = xhci->ports[port - 1].task;
    return task ? CONTAINER_OF(task, struct usb_device, task) : NULL;
}

/* Describes in a few words what the device waits for. In tasks. */
const char *usb_device_state(const struct usb_device *device);

#endif
