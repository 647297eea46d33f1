/*
 * Universal Serial Bus Specification 2.0, chapter 11 (hubs, and their transaction translators);
 * 3.2, chapter 10. A hub has an endpoint that says which ports have changed. The hub's task then
 * reads the state of each and acknowledges the changes; it also resets the ports for the tasks of
 * the devices that are plugged in there. It makes one request at a time:
 *
 *     WORK -> PORT_STATUS -> ACKNOWLEDGE for each change -> WORK
 *     WORK -> PORT_RESET -> WORK
 *
 * The task outlives those of the devices behind it: when the hub is unplugged, they go first.
 */
#include <assert.h>
#include <drivers/usb/usb_enumeration.h>
#include <drivers/usb/usb_hub.h>
#include <drivers/usb/usb_transfer.h>
#include <kernel/log/log.h>
#include <lib/string.h>

enum request { SET_DEPTH = 12 };

enum feature { PORT_RESET_FEATURE = 4, PORT_POWER_FEATURE = 8 };

/* A port's status and its changes, as the hub has them. The bits of PORTSC that are missing here
 * are the same (USB 2.0, 11.24.2.7; USB 3.2, 10.16.2.6). */
enum hub_port_bit {
    STATUS_LOW_SPEED = 1 << 9,
    STATUS_HIGH_SPEED = 1 << 10,
    CHANGE_CONNECTION = 1 << 0,
    CHANGE_RESET = 1 << 4,
    CHANGE_WARM_RESET = 1 << 5,
};

/* The features that acknowledge a port's changes, by their bits, and the hub's own. */
static const uint8_t port_changes[] = {16, 17, 18, 19, 20, 29, 25, 26};
static const uint8_t hub_changes[] = {0, 1};

struct hub_port {
    struct usb_port usb;
    uint32_t status; /* when it was last read, with the bits of PORTSC */
    bool wants_reset;
};

struct hub {
    struct usb_interface interface;
    struct usb_hub_descriptor descriptor;
    uint32_t to_look_at;  /* bit n: the n'th port, from 1; bit 0: the hub itself */
    unsigned current;     /* the port of the step under way; 0: it is about the hub itself */
    unsigned unconfirmed; /* its changes that are not acknowledged yet */
    unsigned port_count;
    struct hub_port ports[USB_HUB_PORTS];
};

enum {
    OPEN,
    CONFIGURE,
    TRANSLATORS,
    DEPTH,
    DESCRIBE,
    TELL,
    POWER,
    POWER_DELAY,
    WORK,
    PORT_STATUS,
    ACKNOWLEDGE,
    RESET,
    STEPS
};

static const struct usb_step steps[STEPS];

static struct hub *hub_of(const struct usb_device *device)
{
    return device->state;
}

static bool is_super(const struct usb_device *device)
{
    return device->speed >= USB_SUPER;
}

/* A request about a port, or about the hub if `port` is 0. */
static bool request(struct usb_device *device, uint8_t direction, enum usb_request request,
                    uint16_t value, unsigned port, uint16_t length)
{
    uint8_t type = direction | USB_CLASS | (port ? USB_TO_OTHER : USB_TO_DEVICE);
    usb_control(device, type, (uint8_t)request, value, (uint16_t)port, length);
    return true;
}

/* --- The ports, for the devices behind them ------------------------------------------------- */

static struct hub_port *hub_port_of(struct usb_port *port)
{
    return CONTAINER_OF(port, struct hub_port, usb);
}

static uint32_t status_of(struct usb_port *port)
{
    return hub_port_of(port)->status;
}

static void reset_port(struct usb_port *port)
{
    port->changes &= ~(uint32_t)PORT_RESET_CHANGE;
    hub_port_of(port)->wants_reset = true;
    task_wake(&port->hub->task);
}

static void look_at(struct usb_port *port)
{
    hub_of(port->hub)->to_look_at |= UINT32_C(1) << port->number;
    task_wake(&port->hub->task);
}

static const struct usb_port_operations operations = {
    .status = status_of, .reset = reset_port, .look = look_at};

const struct usb_port *usb_hub_port(const struct usb_device *device, unsigned index)
{
    const struct hub *hub = device->hub.port_count ? hub_of(device) : NULL;
    return hub && index < hub->port_count ? &hub->ports[index].usb : NULL;
}

/* --- The set-up ----------------------------------------------------------------------------- */

/* A hub with a translator for each port has a second setting that uses them (USB 2.0, 11.23.1). */
static enum error probe(struct usb_device *device, const uint8_t *configuration, size_t size)
{
    static const struct usb_wanted wanted[] = {
        {.class = 9, .subclass = 0, .protocol = 2, .type = USB_INTERRUPT, .any_alternate = true},
        {.class = 9, .subclass = 0, .protocol = USB_ANY, .type = USB_INTERRUPT},
    };
    enum error error = ERROR_NO_DEVICE;
    for (size_t i = 0; i < ARRAY_SIZE(wanted) && error == ERROR_NO_DEVICE; i++) {
        error = usb_find_interface(configuration, size, &wanted[i], &hub_of(device)->interface);
        device->hub.multi = !error && i == 0;
    }
    if (!error && device->depth >= USB_HUB_DEPTH) {
        log_warn("usb: hub %s is more than five hubs deep; left alone", device->name);
        return ERROR_NO_DEVICE;
    }
    return error;
}

static bool begin_open(struct usb_device *device)
{
    return usb_open_endpoints(device, &hub_of(device)->interface.in, 1);
}

static bool begin_configure(struct usb_device *device)
{
    usb_set_configuration(device, hub_of(device)->interface.configuration);
    return true;
}

static bool begin_translators(struct usb_device *device)
{
    const struct usb_interface *interface = &hub_of(device)->interface;
    if (interface->alternate)
        usb_control(device, USB_TO_INTERFACE, USB_SET_INTERFACE, interface->alternate,
                    interface->number, 0);
    return interface->alternate;
}

static bool begin_depth(struct usb_device *device)
{
    if (is_super(device))
        request(device, 0, (enum usb_request)SET_DEPTH, (uint16_t)device->depth, 0, 0);
    return is_super(device);
}

static enum usb_descriptor_type descriptor_type(const struct usb_device *device)
{
    return is_super(device) ? USB_SUPER_HUB_DESCRIPTOR : USB_HUB_DESCRIPTOR;
}

static bool begin_describe(struct usb_device *device)
{
    return request(device, USB_FROM_DEVICE, USB_GET_DESCRIPTOR,
                   (uint16_t)(descriptor_type(device) << 8), 0, USB_HUB_DESCRIPTOR_SIZE);
}

static enum error finish_describe(struct usb_device *device)
{
    struct hub *hub = hub_of(device);
    enum error error = usb_read_hub(usb_data(device, USB_CONTROL_DATA), USB_HUB_DESCRIPTOR_SIZE,
                                    descriptor_type(device), &hub->descriptor);
    if (error)
        return error;
    hub->port_count = MIN(hub->descriptor.port_count, (uint8_t)USB_HUB_PORTS);
    for (unsigned i = 0; i < hub->port_count; i++)
        hub->ports[i].usb = (struct usb_port){
            .operations = &operations, .xhci = device->xhci, .hub = device, .number = i + 1};
    device->hub.port_count = (uint8_t)hub->port_count;
    device->hub.think_time = device->speed == USB_HIGH ? hub->descriptor.think_time : 0;
    hub->current = 1;
    return OK;
}

static bool begin_tell(struct usb_device *device)
{
    usb_tell_hub(device);
    return true;
}

static bool begin_power(struct usb_device *device)
{
    return request(device, 0, USB_SET_FEATURE, PORT_POWER_FEATURE, hub_of(device)->current, 0);
}

static enum error finish_power(struct usb_device *device)
{
    struct hub *hub = hub_of(device);
    if (hub->current < hub->port_count) {
        hub->current++;
        device->next = &steps[POWER];
    }
    return OK;
}

static bool begin_power_delay(struct usb_device *device)
{
    sleep_for(&device->sleep, hub_of(device)->descriptor.power_delay * NANOSECONDS_PER_MILLISECOND);
    return true;
}

static enum error finish_power_delay(struct usb_device *device)
{
    struct hub *hub = hub_of(device);
    hub->to_look_at = (UINT32_C(2) << hub->port_count) - 1;
    log_info("usb: hub %s (%04x:%04x), %u ports", device->name, device->descriptor.vendor,
             device->descriptor.product, hub->port_count);
    return OK;
}

/* --- The state of a port -------------------------------------------------------------------- */

static bool begin_port_status(struct usb_device *device)
{
    return request(device, USB_FROM_DEVICE, USB_GET_STATUS, 0, hub_of(device)->current, 4);
}

static enum usb_speed port_speed(const struct usb_device *device, unsigned status)
{
    if (is_super(device))
        return USB_SUPER;
    if (status & STATUS_LOW_SPEED)
        return USB_LOW;
    return status & STATUS_HIGH_SPEED ? USB_HIGH : USB_FULL;
}

/* Wakes the task of the device at the port, or makes one for a device that has none. */
static void take_port_status(struct usb_device *device, struct hub_port *port, unsigned status,
                             unsigned changes)
{
    port->status = (status & (PORT_CONNECTED | PORT_ENABLED | PORT_RESET)) |
                   (uint32_t)port_speed(device, status) << PORT_SPEED_SHIFT;
    if (changes & (CHANGE_RESET | CHANGE_WARM_RESET))
        port->usb.changes |= PORT_RESET_CHANGE;
    if (changes & CHANGE_CONNECTION || !(status & PORT_CONNECTED))
        port->usb.changes |= PORT_CONNECT_CHANGE;
    if (port->usb.task)
        task_wake(port->usb.task);
    else if (status & PORT_CONNECTED && usb_attach(&port->usb))
        log_error("usb: no memory for a device at a hub");
}

static enum error finish_port_status(struct usb_device *device)
{
    struct hub *hub = hub_of(device);
    const uint8_t *bytes = usb_data(device, USB_CONTROL_DATA);
    unsigned status = bytes[0] | (unsigned)bytes[1] << 8, changes = bytes[2];
    if (hub->current)
        take_port_status(device, &hub->ports[hub->current - 1], status, changes);
    hub->unconfirmed = changes & (hub->current ? 0xff : 3);
    device->next = &steps[hub->unconfirmed ? ACKNOWLEDGE : WORK];
    return OK;
}

static bool begin_acknowledge(struct usb_device *device)
{
    const struct hub *hub = hub_of(device);
    unsigned bit = (unsigned)__builtin_ctz(hub->unconfirmed);
    ASSERT(bit < (hub->current ? ARRAY_SIZE(port_changes) : ARRAY_SIZE(hub_changes)));
    return request(device, 0, USB_CLEAR_FEATURE,
                   hub->current ? port_changes[bit] : hub_changes[bit], hub->current, 0);
}

static enum error finish_acknowledge(struct usb_device *device)
{
    struct hub *hub = hub_of(device);
    hub->unconfirmed &= hub->unconfirmed - 1;
    device->next = &steps[hub->unconfirmed ? ACKNOWLEDGE : WORK];
    return OK;
}

static bool begin_reset(struct usb_device *device)
{
    return request(device, 0, USB_SET_FEATURE, PORT_RESET_FEATURE, hub_of(device)->current, 0);
}

/* --- The work ------------------------------------------------------------------------------- */

static void ask_for_changes(struct usb_device *device)
{
    usb_transfer(device, usb_endpoint(device, 0), device->pages[USB_PAGE_DATA] + USB_DRIVER_DATA,
                 hub_of(device)->interface.in.packet);
}

/* A bit for the hub, and one for each port. */
static void take_changes(struct usb_device *device, const struct xhci_endpoint *endpoint)
{
    struct hub *hub = hub_of(device);
    const uint8_t *bytes = usb_data(device, USB_DRIVER_DATA);
    uint32_t length = endpoint->length - endpoint->left, bits = 0;
    for (unsigned i = 0; i < MIN(length, (uint32_t)sizeof(bits)); i++)
        bits |= (uint32_t)bytes[i] << 8 * i;
    hub->to_look_at |= bits & ((UINT32_C(2) << hub->port_count) - 1);
}

static bool find_reset(struct hub *hub)
{
    for (unsigned i = 0; i < hub->port_count; i++) {
        if (hub->ports[i].wants_reset) {
            hub->ports[i].wants_reset = false;
            hub->current = i + 1;
            return true;
        }
    }
    return false;
}

static void work(struct usb_device *device)
{
    struct hub *hub = hub_of(device);
    struct xhci_endpoint *endpoint = usb_endpoint(device, 0);
    if (!endpoint->busy && endpoint->code && !usb_went_well(endpoint)) {
        usb_device_reset_endpoint(device, endpoint, &steps[WORK]);
        return;
    }
    if (!endpoint->busy) {
        if (endpoint->code)
            take_changes(device, endpoint);
        ask_for_changes(device);
    }
    if (hub->to_look_at) {
        hub->current = (unsigned)__builtin_ctz(hub->to_look_at);
        hub->to_look_at &= hub->to_look_at - 1;
        usb_device_go_to(device, &steps[PORT_STATUS]);
    } else if (find_reset(hub)) {
        usb_device_go_to(device, &steps[RESET]);
    } else {
        usb_device_settle(device);
    }
}

/* The devices behind the hub are unplugged with it. */
static bool end(struct usb_device *device)
{
    struct hub *hub = hub_of(device);
    bool all_gone = true;
    for (unsigned i = 0; i < hub->port_count; i++) {
        struct usb_port *port = &hub->ports[i].usb;
        port->changes |= PORT_CONNECT_CHANGE;
        if (port->task) {
            task_wake(port->task);
            all_gone = false;
        }
    }
    if (all_gone)
        device->hub = (struct usb_hub_facts){0};
    return all_gone;
}

static const struct usb_step steps[STEPS] = {
    [OPEN] = USB_COMMAND("its endpoint", .begin = begin_open),
    [CONFIGURE] = USB_REQUEST("its configuration", .begin = begin_configure),
    [TRANSLATORS] = USB_REQUEST("its translators", .begin = begin_translators),
    [DEPTH] = USB_REQUEST("its depth", .begin = begin_depth),
    [DESCRIBE] = USB_REQUEST("its ports", .begin = begin_describe, .finish = finish_describe),
    [TELL] = USB_COMMAND("its ports", .begin = begin_tell),
    [POWER] = USB_REQUEST("its ports' power", .optional = true, .begin = begin_power,
                          .finish = finish_power),
    [POWER_DELAY] = {.name = "its ports' power",
                     .wait = USB_WAIT_TIME,
                     .milliseconds = 1,
                     .begin = begin_power_delay,
                     .finish = finish_power_delay},
    [WORK] = {.name = "changes", .wait = USB_WAIT_WORK},
    [PORT_STATUS] =
        USB_REQUEST("a port's state", .begin = begin_port_status, .finish = finish_port_status),
    [ACKNOWLEDGE] =
        USB_REQUEST("a port's state", .begin = begin_acknowledge, .finish = finish_acknowledge),
    [RESET] =
        USB_REQUEST("a port's reset", .optional = true, .next = &steps[WORK], .begin = begin_reset),
};

USB_DRIVER(hub, .state_size = sizeof(struct hub), .probe = probe, .steps = steps, .work = work,
           .end = end);
