/*
 * What the parts of the fake machine with USB share; tests use fake_xhci.h. The controller,
 * fake_xhci.c, hands a device what its driver asks of it, as requests and transfers; the device,
 * fake_usb_device.c, answers, and as a hub or a stick with fake_usb_hub.c and fake_usb_stick.c.
 */
#ifndef TESTS_HOST_FAKE_USB_H
#define TESTS_HOST_FAKE_USB_H

#include "fake_xhci.h"

enum { FAKE_INTERRUPT_IN = 3 }; /* the ID of the endpoint that sends reports: number 1, in */

/* --- The controller, for its devices -------------------------------------------------------- */

/* What the driver has asked of an endpoint: to fill or to read `asked` bytes at `data`. */
struct fake_transfer {
    phys_addr_t trb;
    uint8_t *data;
    uint32_t asked;
};

/* Takes the next transfer; false if there is none, or the endpoint is halted. */
bool fake_xhci_take(unsigned slot, unsigned endpoint, struct fake_transfer *transfer);

/* Tells the driver how the transfer has ended, `left` bytes before its end; an error halts the
 * endpoint. */
void fake_xhci_end(unsigned slot, unsigned endpoint, const struct fake_transfer *transfer,
                   uint8_t code, uint32_t left);

/* The device has something to say at its endpoint: it gets the transfers that wait there. */
void fake_xhci_run(const struct fake_usb_device *device, unsigned endpoint);

/* --- A device, for the controller and for hubs ---------------------------------------------- */

void fake_usb_make_keyboard(struct fake_usb_device *device, enum usb_speed speed);

/* Unplugs a device with all that is behind it. */
void fake_usb_take_away(struct fake_usb_device *device);

/* Where it is: the port of the controller, and the ports of the hubs from there (xHCI 8.9). */
unsigned fake_usb_root_port(const struct fake_usb_device *device);
uint32_t fake_usb_route(const struct fake_usb_device *device);

/* How the device ends its next transfer, if nothing else goes wrong. */
uint8_t fake_usb_next_code(struct fake_usb_device *device);

/* Answers a request, whose data is at `data`; returns how the transfer ends. */
uint8_t fake_usb_answer(struct fake_usb_device *device, uint64_t setup, uint8_t *data);

/* Does what waits at an endpoint that is not the one for requests. */
void fake_usb_transfer(unsigned slot, unsigned endpoint, struct fake_usb_device *device);

/* --- Hubs and sticks, for a device ---------------------------------------------------------- */

uint8_t fake_hub_answer(struct fake_usb_device *hub, uint64_t setup, uint8_t *data);
void fake_hub_transfer(unsigned slot, unsigned endpoint, struct fake_usb_device *hub);
void fake_stick_transfer(unsigned slot, unsigned endpoint, struct fake_usb_device *device);

#endif
