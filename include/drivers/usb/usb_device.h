/*
 * The life of a device at a root port: a task for each, from its being plugged in to its being
 * unplugged.
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
    bool begun;        /* the step is under way */
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
    bool is_keyboard; /* it takes part in usb_keyboard.c */
    uint8_t shown_lights;
};

/* Begins the life of the device at a port, in a task of its own that gives the memory back.
 * `on_settled` is called once: the device works, or is known not to. ERROR_FULL: no memory. In
 * tasks. */
enum error usb_device_attach(struct xhci *xhci, unsigned port, struct executor *executor,
                             void (*on_settled)(void));

/* The device at a port; NULL: there is none. In tasks. */
static inline const struct usb_device *usb_device_at(const struct xhci *xhci, unsigned port)
{
    struct task *task = xhci->ports[port - 1].task;
    return task ? CONTAINER_OF(task, struct usb_device, task) : NULL;
}

/* What the device is waiting for, in a few words. In tasks. */
const char *usb_device_state(const struct usb_device *device);

#endif
