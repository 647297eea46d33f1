/*
 * Universal Serial Bus Specification 2.0, chapter 9; xHCI 1.2, 4.3 (how a device is set up). The
 * port is reset, the device gets an address and describes itself, and a driver takes it.
 *
 * A device that was reset has address 0, and all devices behind a port of the controller hear what
 * is sent to that. So one of them after the other is reset and gets an address of its own.
 */
#include <drivers/usb/usb_enumeration.h>
#include <drivers/usb/usb_transfer.h>

enum { DEBOUNCE, TURN, RESET, RECOVERY, ENABLE_SLOT, ADDRESS, ADDRESS_RECOVERY };

enum { ENGLISH = 0x0409 /* the language of names */ };

/* --- From the port to the address ----------------------------------------------------------- */

static uint32_t port_status(const struct usb_device *device)
{
    return device->port->operations->status(device->port);
}

/* A port of USB 3 is enabled as soon as a device is there. */
static bool begin_reset(struct usb_device *device)
{
    if (port_status(device) & PORT_ENABLED && device->attempts == 0)
        return false;
    device->port->operations->reset(device->port);
    return true;
}

/* A hub's port knows the usual numbers of speeds. */
static uint8_t speed_of(const struct usb_device *device)
{
    const struct xhci_port *port = &device->xhci->ports[device->root_port - 1];
    return device->port->hub ? device->speed_number : port->speeds[device->speed_number];
}

/* The nearest hub of high speed translates for slower devices. */
static struct usb_translator translator_of(const struct usb_device *device)
{
    const struct usb_device *hub = device->port->hub;
    if (!hub || device->speed >= USB_HIGH)
        return (struct usb_translator){0};
    if (hub->speed != USB_HIGH)
        return hub->translator;
    return (struct usb_translator){hub->slot.id, (uint8_t)device->port->number, hub->hub.multi};
}

static enum error finish_reset(struct usb_device *device)
{
    uint32_t status = port_status(device);
    device->speed_number = status >> PORT_SPEED_SHIFT & PORT_SPEED_MASK;
    device->speed = speed_of(device);
    device->translator = translator_of(device);
    return status & PORT_ENABLED && device->speed ? OK : ERROR_DEVICE;
}

static bool begin_enable_slot(struct usb_device *device)
{
    usb_command(device, TRB_ENABLE_SLOT, 0, 0);
    return true;
}

static enum error finish_enable_slot(struct usb_device *device)
{
    enum error error = xhci_add_slot(device->xhci, &device->slot, device->command.slot);
    if (error)
        xhci_stop(device->xhci, "hands out a slot that cannot be");
    return error ? error : usb_get_pages(device);
}

static bool begin_address(struct usb_device *device)
{
    usb_address(device);
    return true;
}

static enum error finish_address_recovery(struct usb_device *device)
{
    usb_device_end_turn(device);
    return OK;
}

/* --- What the device is --------------------------------------------------------------------- */

static bool begin_first_bytes(struct usb_device *device)
{
    usb_get_descriptor(device, USB_DEVICE_DESCRIPTOR, 0, 0, 8);
    return true;
}

static enum error finish_first_bytes(struct usb_device *device)
{
    return usb_read_device(usb_data(device, USB_CONTROL_DATA), 8, &device->descriptor);
}

/* Only full speed leaves a choice (USB 2.0, 5.5.3). */
static bool begin_packet(struct usb_device *device)
{
    unsigned packet = device->descriptor.packet;
    bool can_be = packet == 16 || packet == 32 || packet == 64;
    if (device->speed != USB_FULL || !can_be)
        return false;
    usb_set_packet(device, packet);
    return true;
}

static bool begin_describe(struct usb_device *device)
{
    usb_get_descriptor(device, USB_DEVICE_DESCRIPTOR, 0, 0, USB_DEVICE_DESCRIPTOR_SIZE);
    return true;
}

static enum error finish_describe(struct usb_device *device)
{
    return usb_read_device(usb_data(device, USB_CONTROL_DATA), USB_DEVICE_DESCRIPTOR_SIZE,
                           &device->descriptor);
}

static bool begin_name(struct usb_device *device)
{
    if (device->descriptor.name)
        usb_get_descriptor(device, USB_STRING_DESCRIPTOR, device->descriptor.name, ENGLISH,
                           UINT8_MAX);
    return device->descriptor.name;
}

static enum error finish_name(struct usb_device *device)
{
    if (device->descriptor.name)
        usb_read_name(usb_data(device, USB_CONTROL_DATA), UINT8_MAX, device->name);
    return OK;
}

static bool begin_configuration_size(struct usb_device *device)
{
    usb_get_descriptor(device, USB_CONFIGURATION_DESCRIPTOR, 0, 0,
                       USB_CONFIGURATION_DESCRIPTOR_SIZE);
    return true;
}

static enum error finish_configuration_size(struct usb_device *device)
{
    uint16_t total;
    enum error error = usb_read_configuration_size(usb_data(device, USB_CONTROL_DATA),
                                                   USB_CONFIGURATION_DESCRIPTOR_SIZE, &total);
    if (!error)
        device->configuration_size = MIN(total, (uint16_t)USB_CONTROL_MAX);
    return error;
}

static bool begin_configuration(struct usb_device *device)
{
    usb_get_descriptor(device, USB_CONFIGURATION_DESCRIPTOR, 0, 0, device->configuration_size);
    return true;
}

static enum error finish_configuration(struct usb_device *device)
{
    enum error error =
        usb_device_probe(device, usb_data(device, USB_CONTROL_DATA), device->configuration_size);
    device->next = error == ERROR_NO_DEVICE ? usb_device_unused : NULL;
    if (!error)
        device->next = device->driver->steps;
    return error == ERROR_NO_DEVICE ? OK : error;
}

static const struct usb_step steps[] = {
    [DEBOUNCE] = USB_TIME("to be plugged in firmly", 100),
    [TURN] = {.name = "another device to get its address", .wait = USB_WAIT_TURN},
    [RESET] = {.name = "its port's reset",
               .wait = USB_WAIT_RESET,
               .milliseconds = 500,
               .begin = begin_reset,
               .finish = finish_reset},
    [RECOVERY] = USB_TIME("the end of the reset", 10),
    [ENABLE_SLOT] = USB_COMMAND("a slot", .begin = begin_enable_slot, .finish = finish_enable_slot),
    [ADDRESS] = USB_COMMAND("its address", .begin = begin_address),
    [ADDRESS_RECOVERY] = {.name = "its address to hold",
                          .wait = USB_WAIT_TIME,
                          .milliseconds = 2,
                          .finish = finish_address_recovery},
    USB_REQUEST("what it is", .begin = begin_first_bytes, .finish = finish_first_bytes),
    USB_COMMAND("its packets' size", .begin = begin_packet),
    USB_REQUEST("what it is", .begin = begin_describe, .finish = finish_describe),
    USB_REQUEST("its name", .optional = true, .begin = begin_name, .finish = finish_name),
    USB_REQUEST("what it can do", .begin = begin_configuration_size,
                .finish = finish_configuration_size),
    USB_REQUEST("what it can do", .begin = begin_configuration, .finish = finish_configuration),
};

enum error usb_attach(struct usb_port *port)
{
    return usb_device_spawn(port, &steps[DEBOUNCE], &steps[TURN]);
}
