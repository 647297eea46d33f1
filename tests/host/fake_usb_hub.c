/*
 * The hubs of the fake machine (USB 2.0, 11.23 and 11.24; USB 3.2, 10.13 to 10.16). A hub keeps
 * the status of its ports and what of it has changed, tells the changes at its interrupt endpoint,
 * and connects, resets and powers its ports as it is asked. Which device is at a port is looked up
 * among all devices: each knows its hub.
 */
#include "fake_usb.h"

#include <drivers/usb/xhci_registers.h>
#include <string.h>

enum hub_status {
    HUB_CONNECTED = 1 << 0,
    HUB_ENABLED = 1 << 1,
    HUB_RESET_CHANGE = 1 << 4,
    HUB_LOW_SPEED = 1 << 9,
    HUB_HIGH_SPEED = 1 << 10,
};

/* A hub with translators has two settings, the second of which uses them. */
static void make_hub(struct fake_usb_device *device, unsigned ports, bool multi)
{
    static const uint8_t configuration[] = {9, 2, 25, 0, 1, 1, 0, 0xe0, 0, 9, 4, 0, 0,
                                            1, 9, 0,  0, 0, 7, 5, 0x81, 3, 2, 0, 12};
    static const uint8_t second[] = {9, 4, 0, 1, 1, 9, 0, 2, 0, 7, 5, 0x81, 3, 2, 0, 12};
    memcpy(device->configuration, configuration, sizeof(configuration));
    device->configuration_size = sizeof(configuration);
    device->descriptor[4] = 9;
    if (multi) {
        memcpy(device->configuration + sizeof(configuration), second, sizeof(second));
        device->configuration_size += sizeof(second);
        device->configuration[2] = (uint8_t)device->configuration_size;
    }
    device->hub_ports = ports;
    device->says_ports = (uint8_t)ports;
}

struct fake_usb_device *fake_xhci_plug_hub(unsigned port, enum usb_speed speed, unsigned ports,
                                           bool multi)
{
    struct fake_usb_device *device = fake_xhci_plug(port, speed);
    make_hub(device, ports, multi);
    return device;
}

struct fake_usb_device *fake_hub_device(const struct fake_usb_device *hub, unsigned port)
{
    for (unsigned i = FAKE_XHCI_PORTS; i < FAKE_USB_DEVICES; i++) {
        struct fake_usb_device *device = &fake_usb_devices[i];
        if (device->there && device->hub == hub && device->port == port)
            return device;
    }
    return NULL;
}

void fake_hub_change(struct fake_usb_device *hub, unsigned port, unsigned change)
{
    hub->changes[port] |= (uint16_t)change;
    fake_xhci_run(hub, FAKE_INTERRUPT_IN);
}

/* Two devices that hear what is sent to address 0 both answer. */
static void give_address_0(struct fake_usb_device *device)
{
    for (unsigned i = 0; i < FAKE_USB_DEVICES; i++) {
        const struct fake_usb_device *other = &fake_usb_devices[i];
        fake_xhci.conflicts += other != device && other->there && other->has_address_0 &&
                               fake_usb_root_port(other) == fake_usb_root_port(device);
    }
    device->has_address_0 = true;
}

static void reset_hub_port(struct fake_usb_device *hub, unsigned port)
{
    struct fake_usb_device *device = fake_hub_device(hub, port);
    if (!device || hub->hides_resets)
        return;
    hub->status[port] |= HUB_ENABLED;
    give_address_0(device);
    fake_hub_change(hub, port, HUB_RESET_CHANGE);
}

static void connect(struct fake_usb_device *hub, unsigned port)
{
    const struct fake_usb_device *device = fake_hub_device(hub, port);
    hub->status[port] = 0;
    if (device)
        hub->status[port] =
            (uint16_t)(HUB_CONNECTED | (device->speed >= USB_SUPER ? HUB_ENABLED : 0) |
                       (device->speed == USB_LOW    ? HUB_LOW_SPEED
                        : device->speed == USB_HIGH ? HUB_HIGH_SPEED
                                                    : 0));
    fake_hub_change(hub, port, HUB_CONNECTED);
}

static void set_hub_feature(struct fake_usb_device *hub, unsigned port, unsigned feature)
{
    enum { RESET = 4, POWER = 8 };
    if (port == 0 || port > FAKE_HUB_PORTS)
        return;
    if (feature == RESET)
        reset_hub_port(hub, port);
    if (feature == POWER && fake_hub_device(hub, port))
        connect(hub, port);
}

/* The bit that a feature acknowledges: of a hub, of its ports, of those with USB 3. */
static unsigned change_bit(unsigned feature)
{
    switch (feature) {
    case 29:
        return 5;
    case 25:
    case 26:
        return feature - 19;
    default:
        return feature & 7;
    }
}

/* A request is for the device, and port 0, or for "other", and one of the ports (USB 2.0, 11.24.2).
 */
static bool is_for_a_part(unsigned recipient, unsigned port)
{
    enum { DEVICE = 0, OTHER = 3 };
    return recipient == (port ? OTHER : DEVICE);
}

uint8_t fake_hub_answer(struct fake_usb_device *hub, uint64_t setup, uint8_t *data)
{
    enum { GET_STATUS = 0, CLEAR_FEATURE = 1, SET_FEATURE = 3, GET_DESCRIPTOR = 6, SET_DEPTH = 12 };
    uint16_t value = (uint16_t)(setup >> 16), port = (uint16_t)(setup >> 32);
    size_t length = setup >> 48;
    uint8_t type = hub->speed >= USB_SUPER ? 0x2a : 0x29;
    const uint8_t descriptor[] = {9, type, hub->says_ports, 2 << 5, 0, 10, 0, 0, 0};
    if (!is_for_a_part(setup & 0x1f, port))
        return XHCI_STALL;
    switch ((uint8_t)(setup >> 8)) {
    case GET_DESCRIPTOR:
        if (value >> 8 != type)
            return XHCI_STALL;
        memcpy(data, descriptor, MIN(length, sizeof(descriptor)));
        return XHCI_SUCCESS;
    case GET_STATUS:
        if (port > FAKE_HUB_PORTS || length != 4)
            return XHCI_STALL;
        memcpy(data, &hub->status[port], 2);
        memcpy(data + 2, &hub->changes[port], 2);
        return XHCI_SUCCESS;
    case SET_FEATURE:
        set_hub_feature(hub, port, value);
        return XHCI_SUCCESS;
    case CLEAR_FEATURE:
        if (port > FAKE_HUB_PORTS)
            return XHCI_STALL;
        hub->changes[port] &= (uint16_t) ~(1u << change_bit(value));
        return XHCI_SUCCESS;
    case SET_DEPTH:
        hub->depth = value;
        return XHCI_SUCCESS;
    default:
        return XHCI_STALL;
    }
}

static struct fake_usb_device *plug(struct fake_usb_device *hub, unsigned port,
                                    enum usb_speed speed)
{
    for (unsigned i = FAKE_XHCI_PORTS; i < FAKE_USB_DEVICES; i++) {
        struct fake_usb_device *device = &fake_usb_devices[i];
        if (device->there)
            continue;
        fake_usb_make_keyboard(device, speed);
        device->hub = hub;
        device->port = port;
        return device;
    }
    return NULL;
}

struct fake_usb_device *fake_hub_plug(struct fake_usb_device *hub, unsigned port,
                                      enum usb_speed speed)
{
    struct fake_usb_device *device = plug(hub, port, speed);
    connect(hub, port);
    return device;
}

struct fake_usb_device *fake_hub_plug_hub(struct fake_usb_device *hub, unsigned port,
                                          enum usb_speed speed, unsigned ports)
{
    struct fake_usb_device *device = plug(hub, port, speed);
    if (device)
        make_hub(device, ports, false);
    connect(hub, port);
    return device;
}

void fake_hub_unplug(struct fake_usb_device *hub, unsigned port)
{
    struct fake_usb_device *device = fake_hub_device(hub, port);
    if (device)
        fake_usb_take_away(device);
    connect(hub, port);
}

/* The bits of the ports that have changed, sent when there is one. */
void fake_hub_transfer(unsigned slot, unsigned endpoint, struct fake_usb_device *hub)
{
    struct fake_transfer transfer;
    uint16_t bits = 0;
    for (unsigned port = 0; port <= FAKE_HUB_PORTS; port++)
        bits |= (uint16_t)(((hub->changes[port] & (port ? 0xff : 3)) != 0) << port);
    if (!bits || !fake_xhci_take(slot, endpoint, &transfer))
        return;
    uint32_t sent = MIN(transfer.asked, (uint32_t)sizeof(bits));
    memcpy(transfer.data, &bits, sent);
    fake_xhci_end(slot, endpoint, &transfer, fake_usb_next_code(hub), transfer.asked - sent);
}
