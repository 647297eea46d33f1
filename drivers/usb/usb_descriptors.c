#include <drivers/usb/usb_descriptors.h>
#include <lib/bytes.h>

enum { LENGTH = 0, TYPE = 1 };

enum device {
    DEVICE_CLASS = 4,
    DEVICE_PACKET = 7,
    DEVICE_VENDOR = 8,
    DEVICE_PRODUCT = 10,
    DEVICE_NAME = 15
};

enum configuration { CONFIGURATION_TOTAL = 2, CONFIGURATION_VALUE = 5 };

enum interface {
    INTERFACE_NUMBER = 2,
    INTERFACE_ALTERNATE = 3,
    INTERFACE_CLASS = 5,
    INTERFACE_SUBCLASS = 6,
    INTERFACE_PROTOCOL = 7,
    INTERFACE_SIZE = 9,
};

enum endpoint {
    ENDPOINT_ADDRESS = 2,
    ENDPOINT_ATTRIBUTES = 3,
    ENDPOINT_PACKET = 4,
    ENDPOINT_INTERVAL = 6,
    ENDPOINT_SIZE = 7,
    ADDRESS_IN = 0x80,
    ADDRESS_NUMBER = 15,
    ATTRIBUTES_TYPE = 3,
    PACKET_MASK = 0x7ff,
    PACKET_MAX = 1024,
};

/* USB 2.0, 11.23.2.1; USB 3.2, 10.15.2.1. */
enum hub { HUB_PORTS = 2, HUB_CHARACTERISTICS = 3, HUB_THINK_TIME_SHIFT = 5, HUB_POWER_DELAY = 5 };

static bool is(const uint8_t *bytes, size_t size, uint8_t type, size_t least)
{
    return size >= least && bytes[LENGTH] >= least && bytes[TYPE] == type;
}

enum error usb_read_device(const uint8_t *bytes, size_t size, struct usb_device_descriptor *device)
{
    enum { SHORT_SIZE = 8 };
    if (size < SHORT_SIZE || bytes[LENGTH] < USB_DEVICE_DESCRIPTOR_SIZE ||
        bytes[TYPE] != USB_DEVICE_DESCRIPTOR)
        return ERROR_DEVICE;
    *device = (struct usb_device_descriptor){bytes[DEVICE_CLASS], bytes[DEVICE_PACKET], 0, 0, 0};
    if (size >= USB_DEVICE_DESCRIPTOR_SIZE) {
        device->vendor = get_little_16(bytes + DEVICE_VENDOR);
        device->product = get_little_16(bytes + DEVICE_PRODUCT);
        device->name = bytes[DEVICE_NAME];
    }
    return OK;
}

enum error usb_read_configuration_size(const uint8_t *bytes, size_t size, uint16_t *total)
{
    if (!is(bytes, size, USB_CONFIGURATION_DESCRIPTOR, USB_CONFIGURATION_DESCRIPTOR_SIZE))
        return ERROR_DEVICE;
    *total = get_little_16(bytes + CONFIGURATION_TOTAL);
    return *total >= USB_CONFIGURATION_DESCRIPTOR_SIZE ? OK : ERROR_DEVICE;
}

static bool fits(int wanted, uint8_t value)
{
    return wanted == USB_ANY || wanted == value;
}

static bool is_wanted(const uint8_t *interface, const struct usb_wanted *wanted)
{
    return (wanted->any_alternate || interface[INTERFACE_ALTERNATE] == 0) &&
           fits(wanted->class, interface[INTERFACE_CLASS]) &&
           fits(wanted->subclass, interface[INTERFACE_SUBCLASS]) &&
           fits(wanted->protocol, interface[INTERFACE_PROTOCOL]);
}

static bool read_endpoint(const uint8_t *descriptor, struct usb_endpoint *endpoint)
{
    uint8_t address = descriptor[ENDPOINT_ADDRESS];
    *endpoint = (struct usb_endpoint){
        .number = address & ADDRESS_NUMBER,
        .in = address & ADDRESS_IN,
        .type = descriptor[ENDPOINT_ATTRIBUTES] & ATTRIBUTES_TYPE,
        .packet = get_little_16(descriptor + ENDPOINT_PACKET) & PACKET_MASK,
        .interval = descriptor[ENDPOINT_INTERVAL],
    };
    return endpoint->number && endpoint->packet && endpoint->packet <= PACKET_MAX &&
           (endpoint->type != USB_INTERRUPT || endpoint->interval);
}

/* Keeps an endpoint that is wanted. True: nothing is missing any more. */
static bool take_endpoint(const uint8_t *descriptor, const struct usb_wanted *wanted,
                          struct usb_interface *found)
{
    struct usb_endpoint endpoint;
    if (read_endpoint(descriptor, &endpoint) && endpoint.type == wanted->type) {
        struct usb_endpoint *kept = endpoint.in ? &found->in : &found->out;
        if (!kept->number)
            *kept = endpoint;
    }
    return found->in.number && (found->out.number || !wanted->both_ways);
}

enum error usb_find_interface(const uint8_t *bytes, size_t size, const struct usb_wanted *wanted,
                              struct usb_interface *found)
{
    uint16_t total;
    bool inside = false; /* of an interface that is wanted */
    enum error error = usb_read_configuration_size(bytes, size, &total);
    if (error)
        return error;
    size = MIN(size, (size_t)total);
    for (size_t at = bytes[LENGTH]; at < size; at += bytes[at + LENGTH]) {
        const uint8_t *descriptor = bytes + at;
        size_t left = size - at;
        if (left < 2 || descriptor[LENGTH] < 2 || descriptor[LENGTH] > left)
            return ERROR_DEVICE;
        if (is(descriptor, left, USB_INTERFACE_DESCRIPTOR, INTERFACE_SIZE)) {
            inside = is_wanted(descriptor, wanted);
            *found = (struct usb_interface){bytes[CONFIGURATION_VALUE],
                                            descriptor[INTERFACE_NUMBER],
                                            descriptor[INTERFACE_ALTERNATE],
                                            {0},
                                            {0}};
        } else if (inside && is(descriptor, left, USB_ENDPOINT_DESCRIPTOR, ENDPOINT_SIZE) &&
                   take_endpoint(descriptor, wanted, found)) {
            return OK;
        }
    }
    return ERROR_NO_DEVICE;
}

enum error usb_read_hub(const uint8_t *bytes, size_t size, enum usb_descriptor_type type,
                        struct usb_hub_descriptor *hub)
{
    if (!is(bytes, size, (uint8_t)type, USB_HUB_DESCRIPTOR_SIZE) || !bytes[HUB_PORTS])
        return ERROR_DEVICE;
    hub->port_count = bytes[HUB_PORTS];
    hub->think_time = get_little_16(bytes + HUB_CHARACTERISTICS) >> HUB_THINK_TIME_SHIFT & 3;
    hub->power_delay = (uint16_t)(2 * bytes[HUB_POWER_DELAY]);
    return OK;
}

void usb_read_name(const uint8_t *bytes, size_t size, char name[USB_NAME])
{
    size_t length = 0;
    if (is(bytes, size, USB_STRING_DESCRIPTOR, 2)) {
        size = MIN(size, (size_t)bytes[LENGTH]);
        for (size_t at = 2; at + 2 <= size && length < USB_NAME - 1; at += 2) {
            uint16_t unit = get_little_16(bytes + at);
            name[length++] = (char)(unit >= ' ' && unit <= '~' ? unit : '?');
        }
    }
    name[length] = '\0';
}
