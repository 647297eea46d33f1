/*
 * The devices of the fake machine. Each is made a keyboard, which a test, or what plugs it in, may
 * turn into something else: its descriptors are plain bytes. What is told apart here is only what
 * a device does: a stick's and a hub's commands and reports are theirs (fake_usb_stick.c,
 * fake_usb_hub.c), all others send the reports that a test has queued.
 */
#include "fake_usb.h"

#include <drivers/usb/xhci_registers.h>
#include <string.h>

struct fake_usb_device fake_usb_devices[FAKE_USB_DEVICES];

static const uint8_t keyboard_descriptor[18] = {18, 1, 0, 2, 0, 0, 0, 8, 0x27,
                                                6,  1, 0, 0, 1, 0, 1, 0, 1};

static const uint8_t keyboard_configuration[] = {9,    2,  34, 0, 1, 1,    0, 0xa0, 50,   9, 4, 0,
                                                 0,    1,  3,  1, 1, 0,    9, 0x21, 0x11, 1, 0, 1,
                                                 0x22, 63, 0,  7, 5, 0x81, 3, 8,    0,    10};

void fake_usb_make_keyboard(struct fake_usb_device *device, enum usb_speed speed)
{
    *device = (struct fake_usb_device){.there = true,
                                       .speed = (uint8_t)speed,
                                       .lights = 0xff,
                                       .protocol = 1,
                                       .report_size = 8,
                                       .depth = 0xffff};
    memcpy(device->descriptor, keyboard_descriptor, sizeof(keyboard_descriptor));
    device->descriptor[7] = speed == USB_HIGH ? 64 : speed >= USB_SUPER ? 9 : 8;
    memcpy(device->configuration, keyboard_configuration, sizeof(keyboard_configuration));
    device->configuration_size = sizeof(keyboard_configuration);
}

void fake_usb_take_away(struct fake_usb_device *device)
{
    device->there = false;
    for (unsigned i = FAKE_XHCI_PORTS; i < FAKE_USB_DEVICES; i++) {
        if (fake_usb_devices[i].there && fake_usb_devices[i].hub == device)
            fake_usb_take_away(&fake_usb_devices[i]);
    }
}

unsigned fake_usb_root_port(const struct fake_usb_device *device)
{
    return device->hub ? fake_usb_root_port(device->hub) : device->port;
}

uint32_t fake_usb_route(const struct fake_usb_device *device)
{
    unsigned depth = 0;
    if (!device->hub)
        return 0;
    for (const struct fake_usb_device *hub = device->hub; hub->hub; hub = hub->hub)
        depth++;
    return fake_usb_route(device->hub) | device->port << 4 * depth;
}

/* --- Requests ------------------------------------------------------------------------------- */

/* A descriptor of the device, up to `length` bytes of it; a stall if it has none of this type. */
static uint8_t get_descriptor(const struct fake_usb_device *device, uint8_t type, uint8_t *data,
                              size_t length)
{
    enum { DEVICE = 1, CONFIGURATION = 2, REPORT = 0x22 };
    if (type == DEVICE)
        memcpy(data, device->descriptor, MIN(length, sizeof(device->descriptor)));
    else if (type == CONFIGURATION)
        memcpy(data, device->configuration, MIN(length, device->configuration_size));
    else if (type == REPORT && device->report_descriptor)
        memcpy(data, device->report_descriptor, MIN(length, device->report_descriptor_size));
    else
        return XHCI_STALL;
    return XHCI_SUCCESS;
}

uint8_t fake_usb_answer(struct fake_usb_device *device, uint64_t setup, uint8_t *data)
{
    /* The same numbers mean something else in a request of a class. */
    enum { GET_DESCRIPTOR = 6, SET_CONFIGURATION = 9, SET_INTERFACE = 11 };
    enum { SET_REPORT = 9, SET_PROTOCOL = 11, STICK_RESET = 0xff, CLASS = 0x20 };
    uint8_t request = (uint8_t)(setup >> 8);
    uint16_t value = (uint16_t)(setup >> 16);
    if (request && request == device->refused_request)
        return XHCI_STALL;
    if (device->stick && request == STICK_RESET) {
        device->stick->resets++;
        device->stick->stage = FAKE_STICK_COMMAND;
        return XHCI_SUCCESS;
    }
    if (device->hub_ports && setup & CLASS)
        return fake_hub_answer(device, setup, data);
    if (request == GET_DESCRIPTOR)
        return get_descriptor(device, (uint8_t)(value >> 8), data, setup >> 48);
    if (request == SET_REPORT && setup & CLASS)
        device->lights = data[0];
    else if (request == SET_CONFIGURATION)
        device->configured = true;
    else if (request == SET_INTERFACE && device->hub_ports)
        device->alternate = (uint8_t)value;
    else if (request == SET_PROTOCOL)
        device->protocol = (uint8_t)value;
    return XHCI_SUCCESS;
}

/* --- Reports -------------------------------------------------------------------------------- */

uint8_t fake_usb_next_code(struct fake_usb_device *device)
{
    if (!device->errors)
        return XHCI_SUCCESS;
    device->errors--;
    return device->code;
}

static void run_reports(unsigned slot, unsigned endpoint, struct fake_usb_device *device)
{
    struct fake_transfer transfer;
    while ((device->report_count || device->errors) && fake_xhci_take(slot, endpoint, &transfer)) {
        uint8_t code = fake_usb_next_code(device);
        uint32_t sent = MIN(transfer.asked, device->report_size);
        if (code == XHCI_SUCCESS) {
            memcpy(transfer.data, device->reports[0], sent);
            device->report_count--;
            memmove(device->reports, device->reports[1], sizeof(device->reports) - FAKE_REPORT);
            code = sent < transfer.asked ? XHCI_SHORT_PACKET : XHCI_SUCCESS;
        }
        fake_xhci_end(slot, endpoint, &transfer, code, transfer.asked - sent);
    }
}

void fake_usb_transfer(unsigned slot, unsigned endpoint, struct fake_usb_device *device)
{
    if (device->stick)
        fake_stick_transfer(slot, endpoint, device);
    else if (device->hub_ports)
        fake_hub_transfer(slot, endpoint, device);
    else
        run_reports(slot, endpoint, device);
}

void fake_usb_send(struct fake_usb_device *device, const uint8_t *bytes, size_t size)
{
    uint8_t *report = device->reports[device->report_count++];
    memset(report, 0, FAKE_REPORT);
    memcpy(report, bytes, size);
    fake_xhci_run(device, FAKE_INTERRUPT_IN);
}

void fake_usb_report(struct fake_usb_device *device, uint8_t modifiers, uint8_t key, uint8_t other)
{
    const uint8_t report[] = {modifiers, 0, key, other};
    fake_usb_send(device, report, sizeof(report));
}

void fake_xhci_report(unsigned port, uint8_t modifiers, uint8_t key, uint8_t other)
{
    fake_usb_report(&fake_usb_devices[port - 1], modifiers, key, other);
}
