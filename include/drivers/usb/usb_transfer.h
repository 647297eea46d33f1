/*
 * A USB device's requests to the controller: commands about the device's slot, and transfers at its
 * endpoints. Each function starts one; the device's task is woken when it is over.
 *
 * Everything here is for the device's task.
 */
#ifndef DRIVERS_USB_USB_TRANSFER_H
#define DRIVERS_USB_USB_TRANSFER_H

#include <drivers/usb/usb_device.h>

/* Requests (USB 2.0, 9.4; HID 1.11, 7.2). */
enum usb_request_type {
    USB_TO_DEVICE = 0x00,
    USB_FROM_DEVICE = 0x80,
    USB_TO_INTERFACE = 0x01,
    USB_TO_ENDPOINT = 0x02,
    USB_CLASS = 0x20, /* a request of the device's class, not a standard one */
    USB_TO_OTHER = 0x03,
    USB_TO_CLASS_INTERFACE = USB_CLASS | USB_TO_INTERFACE,
};

enum usb_request {
    USB_GET_STATUS = 0,
    USB_CLEAR_FEATURE = 1,
    USB_SET_FEATURE = 3,
    USB_GET_DESCRIPTOR = 6,
    USB_SET_CONFIGURATION = 9,
    USB_SET_INTERFACE = 11,
};

/* A device's memory for data: requests use the first part, the driver the second. */
enum usb_data { USB_CONTROL_DATA = 0, USB_CONTROL_MAX = 2048, USB_DRIVER_DATA = 2048 };

/* The endpoint for requests, and the index'th other one of the driver. */
static inline struct xhci_endpoint *usb_control_endpoint(struct usb_device *device)
{
    return &device->slot.endpoints[0];
}
static inline struct xhci_endpoint *usb_endpoint(struct usb_device *device, unsigned index)
{
    return &device->slot.endpoints[1 + index];
}

/* The device's memory for data, from `offset` on. */
uint8_t *usb_data(const struct usb_device *device, unsigned offset);

/* Has the last transfer at the endpoint gone well, even if it was shorter than it might be? */
bool usb_went_well(const struct xhci_endpoint *endpoint);

/* --- Memory --------------------------------------------------------------------------------- */

/* Allocates the device's pages except those of its driver's endpoints. ERROR_OUT_OF_FRAMES: some
 * are missing; usb_free_pages() frees the others. */
enum error usb_get_pages(struct usb_device *device);

/* Allocates `device->buffer`, 2^order pages, unless it is there. ERROR_OUT_OF_FRAMES: there are
 * none. */
enum error usb_get_buffer(struct usb_device *device, unsigned order);

/* Frees all pages and the buffer. The slot is disabled, or the controller is dead. */
void usb_free_pages(struct usb_device *device);

/* --- Commands ------------------------------------------------------------------------------- */

/* Starts a command about the slot, or about its endpoint with the ID `endpoint`, if that is not 0.
 */
void usb_command(struct usb_device *device, enum trb_type type, uint64_t parameter,
                 unsigned endpoint);

/* Gives the device an address; its endpoint for requests works from then on. */
void usb_address(struct usb_device *device);

/* Changes the size of the packets with which requests are made. */
void usb_set_packet(struct usb_device *device, unsigned packet);

/* Opens `count` endpoints of the driver at once, the first of which becomes usb_endpoint(device,
 * 0). If they are open already, they begin anew, halted or not; no transfer is under way. False: no
 * memory. */
bool usb_open_endpoints(struct usb_device *device, const struct usb_endpoint *endpoints,
                        unsigned count);

/* Tells the controller that the device is a hub, as `device->hub` describes it. */
void usb_tell_hub(struct usb_device *device);

/* --- Transfers ------------------------------------------------------------------------------ */

/* Starts a request with `length` bytes of data, USB_CONTROL_MAX at most, which come from or go to
 * usb_data(device, USB_CONTROL_DATA). */
void usb_control(struct usb_device *device, uint8_t type, uint8_t request, uint16_t value,
                 uint16_t index, uint16_t length);

/* Requests a descriptor of the device. */
void usb_get_descriptor(struct usb_device *device, uint8_t type, uint8_t number, uint16_t language,
                        uint16_t length);

/* Chooses a configuration of the device. */
void usb_set_configuration(struct usb_device *device, uint8_t configuration);

/* Makes the device end the halt of an endpoint. Returns true. */
bool usb_clear_halt(struct usb_device *device, const struct xhci_endpoint *endpoint);

/* Starts a transfer of up to `length` bytes at an endpoint of the driver. The memory belongs to the
 * device's pages or buffer, and does not cross a boundary of 64 KiB. */
void usb_transfer(struct usb_device *device, struct xhci_endpoint *endpoint, phys_addr_t memory,
                  uint32_t length);

#endif
