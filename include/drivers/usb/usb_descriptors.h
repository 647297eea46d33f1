/*
 * Reads the descriptors in which a USB device describes itself (Universal Serial Bus Specification
 * 2.0, 9.6). Descriptors are outside data: whatever the bytes are, nothing beyond them is read.
 * Pure functions; any context.
 */
#ifndef DRIVERS_USB_USB_DESCRIPTORS_H
#define DRIVERS_USB_USB_DESCRIPTORS_H

#include <error.h>
#include <types.h>

enum usb_descriptor_type {
    USB_DEVICE_DESCRIPTOR = 1,
    USB_CONFIGURATION_DESCRIPTOR = 2,
    USB_STRING_DESCRIPTOR = 3,
    USB_INTERFACE_DESCRIPTOR = 4,
    USB_ENDPOINT_DESCRIPTOR = 5,
    USB_HUB_DESCRIPTOR = 0x29,
    USB_SUPER_HUB_DESCRIPTOR = 0x2a, /* of a hub with USB 3 */
};

enum {
    USB_DEVICE_DESCRIPTOR_SIZE = 18,
    USB_CONFIGURATION_DESCRIPTOR_SIZE = 9,
    USB_HUB_DESCRIPTOR_SIZE = 7, /* what is read of it */
    USB_NAME = 64,               /* bytes, a NUL included */
};

struct usb_device_descriptor {
    uint8_t class;
    uint8_t packet; /* the default endpoint's largest packet, as the descriptor has it */
    uint16_t vendor, product;
    uint8_t name; /* the index of the string with the product's name; 0: there is none */
};

/* Reads a device descriptor. If `size` is 8, only class and packet are filled in, and the rest is
 * 0. ERROR_DEVICE: it is no device descriptor. */
enum error usb_read_device(const uint8_t *bytes, size_t size, struct usb_device_descriptor *device);

/* Reads the length of all descriptors of a configuration together, from their first 9 bytes.
 * ERROR_DEVICE: it is no configuration descriptor. */
enum error usb_read_configuration_size(const uint8_t *bytes, size_t size, uint16_t *total);

enum usb_endpoint_type { USB_BULK = 2, USB_INTERRUPT = 3 };

struct usb_endpoint {
    uint8_t number;   /* 1 to 15; 0: there is none */
    bool in;          /* the device sends */
    uint8_t type;     /* enum usb_endpoint_type */
    uint16_t packet;  /* the largest one, 1 to 1,024 bytes */
    uint8_t interval; /* of an interrupt endpoint: as the descriptor has it, never 0 */
};

struct usb_interface {
    uint8_t configuration;
    uint8_t number;
    uint8_t alternate;
    struct usb_endpoint in, out; /* the first ones of the wanted type */
};

enum { USB_ANY = -1 };

/* An interface that a driver can work with. */
struct usb_wanted {
    int class, subclass, protocol; /* or USB_ANY */
    uint8_t type;                  /* of the endpoint from which the device sends */
    bool both_ways;                /* an endpoint to which the device listens is needed, too */
    bool any_alternate;            /* not only the first setting, which needs no request */
};

/* Searches a configuration for an interface. ERROR_NO_DEVICE: there is none; ERROR_DEVICE: the
 * descriptors contradict themselves. */
enum error usb_find_interface(const uint8_t *bytes, size_t size, const struct usb_wanted *wanted,
                              struct usb_interface *found);

struct usb_hub_descriptor {
    uint8_t port_count;   /* never 0 */
    uint8_t think_time;   /* of the transaction translators: 0 to 3 */
    uint16_t power_delay; /* milliseconds from the power to its being good, 510 at most */
};

/* Reads a hub's descriptor, which is of the given type. ERROR_DEVICE: it is none. */
enum error usb_read_hub(const uint8_t *bytes, size_t size, enum usb_descriptor_type type,
                        struct usb_hub_descriptor *hub);

/* Copies a string descriptor as ASCII. A character that is not printable becomes a question mark.
 */
void usb_read_name(const uint8_t *bytes, size_t size, char name[USB_NAME]);

#endif
