/*
 * A port of a controller or of a hub: a place where a device can be plugged in. The driver of the
 * controller or hub keeps it; the task of the device that is plugged in uses it.
 *
 * Everything here is for tasks.
 */
#ifndef DRIVERS_USB_USB_PORT_H
#define DRIVERS_USB_USB_PORT_H

#include <types.h>

struct usb_device;
struct usb_port;
struct xhci;

/* A port's state. The bits are those of PORTSC (xHCI 5.4.8), for hubs, too. */
enum usb_port_bit {
    PORT_CONNECTED = 1 << 0,
    PORT_ENABLED = 1 << 1,
    PORT_RESET = 1 << 4,
    PORT_POWER = 1 << 9,
    PORT_SPEED_SHIFT = 10,
    PORT_SPEED_MASK = 15,
    PORT_CONNECT_CHANGE = 1 << 17,
    PORT_RESET_CHANGE = 1 << 21,
    PORT_CHANGES = 0x7f << 17,
};

/* How fast a device is. The numbers are those that a controller uses for them if it does not say
 * otherwise (xHCI 7.2.2.1.1). */
enum usb_speed { USB_FULL = 1, USB_LOW = 2, USB_HIGH = 3, USB_SUPER = 4, USB_SUPER_PLUS = 5 };

struct usb_port_operations {
    /* Returns the port's state as far as it is known. */
    uint32_t (*status)(struct usb_port *port);
    /* Begins to reset the port. PORT_RESET_CHANGE in `changes` says that the reset is over. */
    void (*reset)(struct usb_port *port);
    /* Looks whether a device is plugged in now, after the task of the last one is over. */
    void (*look)(struct usb_port *port);
};

struct usb_port {
    const struct usb_port_operations *operations;
    struct xhci *xhci;
    struct usb_device *hub; /* NULL: it is a port of the controller */
    unsigned number;        /* of the controller or hub, from 1 */
    uint32_t changes;       /* seen since the device was plugged in, or since the last reset */
    struct task *task;      /* of the device that is plugged in; NULL: there is none */
};

#endif
