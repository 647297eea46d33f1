/*
 * Universal Serial Bus Specification 2.0, chapter 9; xHCI 1.2, 4.3 (how a device is set up).
 *
 * A device goes through the steps below one after the other. Each step starts an action, waits for
 * its end with a limit, and checks the result.
 *
 *     plugged in -> reset -> address -> describe -> configure -> WORK
 *                     ^                                 |
 *                     +------------- DISABLE <----------+  a step has failed
 *                                       |
 *                                       +--> UNUSED, until it is unplugged; then END
 *
 * A transfer that ends in an error leaves its endpoint halted: a detour resets the endpoint and
 * goes back. Memory is given back once the slot is disabled, or the controller is dead.
 */
#include <assert.h>
#include <drivers/usb/usb_device.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>

enum step_id {
    DEBOUNCE,
    RESET,
    RECOVERY,
    ENABLE_SLOT,
    ADDRESS,
    ADDRESS_RECOVERY,
    FIRST_BYTES,
    PACKET,
    DESCRIBE,
    CONFIGURATION_SIZE,
    CONFIGURATION,
    NAME,
    ENDPOINT,
    CONFIGURE,
    PROTOCOL,
    IDLE_RATE,
    WORK,
    LIGHTS,
    /* Detours. */
    CONTROL_RESET,
    CONTROL_DEQUEUE,
    INPUT_RESET,
    INPUT_DEQUEUE,
    INPUT_CLEAR,
    DISABLE,
    /* The last ones. */
    UNUSED,
    END,
    STEPS
};

/* What a step waits for. */
enum wait { WAIT_TIME, WAIT_RESET, WAIT_COMMAND, WAIT_TRANSFER, WAIT_WORK, WAIT_UNPLUG };

struct step {
    const char *name;
    enum wait wait;
    uint16_t milliseconds; /* the limit, or the time */
    bool optional;         /* a device may refuse */
    uint8_t next;          /* 0: the one after it */
    /* Starts the action. False: there is nothing to wait for. NULL: the step only waits. */
    bool (*begin)(struct usb_device *device);
    enum error (*finish)(struct usb_device *device); /* NULL: OK */
};

enum { TRIES = 3, ATTEMPTS = 2 };

/* Contexts (xHCI 6.2); their indices in the input context. */
enum { INPUT_CONTROL = 0, INPUT_SLOT = 1 /* and the endpoints behind it */ };

enum { ENDPOINT_0 = 1 /* its ID */ };

enum endpoint_type { TYPE_CONTROL = 4, TYPE_INTERRUPT_IN = 7, TYPE_SHIFT = 3, ERRORS_SHIFT = 1 };

/* Requests (USB 2.0, 9.4; HID 1.11, 7.2). */
enum request_type { TO_DEVICE = 0x00, FROM_DEVICE = 0x80, TO_INTERFACE = 0x21, TO_ENDPOINT = 0x02 };

enum request {
    CLEAR_FEATURE = 1,
    GET_DESCRIPTOR = 6,
    SET_CONFIGURATION = 9,
    HID_SET_REPORT = 9,
    HID_SET_IDLE = 10,
    HID_SET_PROTOCOL = 11,
};

enum { OUTPUT_REPORT = 0x200, BOOT_PROTOCOL = 0, FOR_EVER = 0, ENGLISH = 0x0409 };

/* In the page for data. */
enum { CONTROL_DATA = 0, CONTROL_DATA_MAX = USB_REPORT_OFFSET };

static const struct step steps[STEPS];

/* --- Contexts ------------------------------------------------------------------------------- */

static uint32_t *input_context(const struct usb_device *device, unsigned index)
{
    size_t size = device->xhci->large_contexts ? 64 : 32;
    return phys_to_virt(device->pages[USB_PAGE_INPUT] + index * size);
}

/* Makes an input context that adds the contexts whose bits are set in `add`. */
static void begin_input(const struct usb_device *device, uint32_t add)
{
    memset(phys_to_virt(device->pages[USB_PAGE_INPUT]), 0, PAGE_SIZE);
    input_context(device, INPUT_CONTROL)[1] = add;
}

static void write_slot_context(const struct usb_device *device, unsigned last_endpoint)
{
    uint32_t *slot = input_context(device, INPUT_SLOT);
    slot[0] = (uint32_t)device->speed << 20 | last_endpoint << 27;
    slot[1] = device->port << 16;
}

static void write_endpoint_context(const struct usb_device *device,
                                   const struct xhci_endpoint *endpoint, enum endpoint_type type,
                                   unsigned packet, unsigned interval)
{
    uint32_t *context = input_context(device, INPUT_SLOT + endpoint->id);
    uint64_t dequeue = xhci_ring_dequeue(&endpoint->ring);
    context[0] = interval << 16;
    context[1] = TRIES << ERRORS_SHIFT | (uint32_t)type << TYPE_SHIFT | packet << 16;
    context[2] = (uint32_t)dequeue;
    context[3] = (uint32_t)(dequeue >> 32);
    context[4] = type == TYPE_CONTROL ? 8 : packet | packet << 16; /* average, most an interval */
}

/* The largest packet of the default endpoint at this speed; at full speed, the device may have a
 * larger one. */
static unsigned default_packet(const struct usb_device *device)
{
    if (device->speed >= USB_SUPER)
        return 512;
    return device->speed == USB_HIGH ? 64 : 8;
}

/* The interval as a power of two, in units of 125 microseconds (xHCI 6.2.3.6). */
static unsigned interval_exponent(const struct usb_device *device)
{
    unsigned interval = device->interface.interval;
    if (device->speed >= USB_HIGH)
        return MIN(interval, 16u) - 1;
    unsigned exponent = 3;
    while (exponent < 10 && 2u << (exponent - 3) <= interval)
        exponent++;
    return exponent;
}

/* --- Commands and control transfers --------------------------------------------------------- */

static void command(struct usb_device *device, enum trb_type type, uint64_t parameter,
                    unsigned endpoint)
{
    struct xhci_trb trb = {
        .parameter = parameter,
        .control =
            (uint32_t)type << TRB_TYPE_SHIFT | endpoint << 16 | (uint32_t)device->slot.id << 24,
    };
    xhci_command(device->xhci, &device->command, &trb);
}

static struct xhci_endpoint *control_endpoint(struct usb_device *device)
{
    return &device->slot.endpoints[0];
}

static struct xhci_endpoint *input_endpoint(struct usb_device *device)
{
    return &device->slot.endpoints[1];
}

static uint8_t *data(const struct usb_device *device, unsigned offset)
{
    return (uint8_t *)phys_to_virt(device->pages[USB_PAGE_DATA]) + offset;
}

/* Starts a request with `length` bytes of data, which come from or go to the data page. */
static bool control(struct usb_device *device, uint8_t type, uint8_t request, uint16_t value,
                    uint16_t index, uint16_t length)
{
    bool in = type & FROM_DEVICE;
    uint32_t kind = !length ? 0 : in ? 3u << 16 : 2u << 16;
    struct xhci_trb trbs[3];
    unsigned count = 0;
    ASSERT(length <= CONTROL_DATA_MAX);
    if (in)
        memset(data(device, CONTROL_DATA), 0, CONTROL_DATA_MAX);
    trbs[count++] = (struct xhci_trb){
        .parameter = type | (uint64_t)request << 8 | (uint64_t)value << 16 | (uint64_t)index << 32 |
                     (uint64_t)length << 48,
        .status = 8,
        .control = TRB_SETUP << TRB_TYPE_SHIFT | TRB_IMMEDIATE | kind,
    };
    if (length)
        trbs[count++] = (struct xhci_trb){
            .parameter = device->pages[USB_PAGE_DATA] + CONTROL_DATA,
            .status = length,
            .control = TRB_DATA << TRB_TYPE_SHIFT | (in ? TRB_IN : 0),
        };
    trbs[count++] = (struct xhci_trb){
        .control = TRB_STATUS << TRB_TYPE_SHIFT | TRB_INTERRUPTS | (in && length ? 0 : TRB_IN),
    };
    xhci_transfer(device->xhci, &device->slot, control_endpoint(device), trbs, count, length);
    return true;
}

static bool get_descriptor(struct usb_device *device, uint8_t type, uint8_t number,
                           uint16_t language, uint16_t length)
{
    return control(device, FROM_DEVICE, GET_DESCRIPTOR, (uint16_t)(type << 8 | number), language,
                   length);
}

/* --- From the port to the address ----------------------------------------------------------- */

/* A port of USB 3 is enabled as soon as a device is there. */
static bool begin_reset(struct usb_device *device)
{
    uint32_t status = xhci_port_status(device->xhci, device->port);
    if (status & PORT_ENABLED && device->attempts == 0)
        return false;
    xhci_port_reset(device->xhci, device->port);
    return true;
}

static enum error finish_reset(struct usb_device *device)
{
    uint32_t status = xhci_port_status(device->xhci, device->port);
    device->speed = status >> PORT_SPEED_SHIFT & PORT_SPEED_MASK;
    if (!(status & PORT_ENABLED) || device->speed < USB_FULL || device->speed > USB_SUPER_PLUS)
        return ERROR_DEVICE;
    return OK;
}

static enum error get_pages(struct usb_device *device)
{
    for (unsigned i = 0; i < USB_PAGES; i++) {
        ASSERT(device->pages[i] == NO_FRAME);
        device->pages[i] = xhci_page(device->xhci);
        if (device->pages[i] == NO_FRAME)
            return ERROR_OUT_OF_FRAMES;
    }
    return OK;
}

static void free_pages(struct usb_device *device)
{
    for (unsigned i = 0; i < USB_PAGES; i++) {
        if (device->pages[i] != NO_FRAME)
            frame_free(device->pages[i]);
        device->pages[i] = NO_FRAME;
    }
}

static bool begin_enable_slot(struct usb_device *device)
{
    command(device, TRB_ENABLE_SLOT, 0, 0);
    return true;
}

static enum error finish_enable_slot(struct usb_device *device)
{
    enum error error = xhci_add_slot(device->xhci, &device->slot, device->command.slot);
    if (error)
        xhci_stop(device->xhci, "hands out a slot that cannot be");
    return error ? error : get_pages(device);
}

static bool begin_address(struct usb_device *device)
{
    struct xhci_endpoint *endpoint = control_endpoint(device);
    *endpoint = (struct xhci_endpoint){.id = ENDPOINT_0};
    xhci_ring_init(&endpoint->ring, device->pages[USB_PAGE_CONTROL]);
    xhci_set_context(device->xhci, &device->slot, device->pages[USB_PAGE_CONTEXT]);
    begin_input(device, 1 << 0 | 1 << ENDPOINT_0);
    write_slot_context(device, ENDPOINT_0);
    write_endpoint_context(device, endpoint, TYPE_CONTROL, default_packet(device), 0);
    command(device, TRB_ADDRESS_DEVICE, device->pages[USB_PAGE_INPUT], 0);
    return true;
}

/* --- What the device is --------------------------------------------------------------------- */

static bool begin_first_bytes(struct usb_device *device)
{
    return get_descriptor(device, USB_DEVICE_DESCRIPTOR, 0, 0, 8);
}

static enum error finish_first_bytes(struct usb_device *device)
{
    return usb_read_device(data(device, CONTROL_DATA), 8, &device->descriptor);
}

/* Only full speed leaves a choice (USB 2.0, 5.5.3). */
static bool begin_packet(struct usb_device *device)
{
    unsigned packet = device->descriptor.packet;
    bool can_be = packet == 16 || packet == 32 || packet == 64;
    if (device->speed != USB_FULL || !can_be)
        return false;
    begin_input(device, 1 << ENDPOINT_0);
    write_endpoint_context(device, control_endpoint(device), TYPE_CONTROL, packet, 0);
    command(device, TRB_EVALUATE_CONTEXT, device->pages[USB_PAGE_INPUT], 0);
    return true;
}

static bool begin_describe(struct usb_device *device)
{
    return get_descriptor(device, USB_DEVICE_DESCRIPTOR, 0, 0, USB_DEVICE_DESCRIPTOR_SIZE);
}

static enum error finish_describe(struct usb_device *device)
{
    return usb_read_device(data(device, CONTROL_DATA), USB_DEVICE_DESCRIPTOR_SIZE,
                           &device->descriptor);
}

static bool begin_configuration_size(struct usb_device *device)
{
    return get_descriptor(device, USB_CONFIGURATION_DESCRIPTOR, 0, 0,
                          USB_CONFIGURATION_DESCRIPTOR_SIZE);
}

static enum error finish_configuration_size(struct usb_device *device)
{
    uint16_t total;
    enum error error = usb_read_configuration_size(data(device, CONTROL_DATA),
                                                   USB_CONFIGURATION_DESCRIPTOR_SIZE, &total);
    if (!error)
        device->configuration_size = MIN(total, (uint16_t)CONTROL_DATA_MAX);
    return error;
}

static bool begin_configuration(struct usb_device *device)
{
    return get_descriptor(device, USB_CONFIGURATION_DESCRIPTOR, 0, 0, device->configuration_size);
}

static enum error finish_configuration(struct usb_device *device)
{
    enum error error = usb_find_keyboard(data(device, CONTROL_DATA), device->configuration_size,
                                         &device->interface);
    device->interface.configuration = data(device, CONTROL_DATA)[5];
    if (error == ERROR_NO_DEVICE)
        device->interface.endpoint = 0;
    return error == ERROR_NO_DEVICE ? OK : error;
}

static bool begin_name(struct usb_device *device)
{
    return device->descriptor.name && get_descriptor(device, USB_STRING_DESCRIPTOR,
                                                     device->descriptor.name, ENGLISH, UINT8_MAX);
}

static enum error finish_name(struct usb_device *device)
{
    if (device->descriptor.name)
        usb_read_name(data(device, CONTROL_DATA), UINT8_MAX, device->name);
    return OK;
}

/* --- A keyboard ----------------------------------------------------------------------------- */

static bool begin_endpoint(struct usb_device *device)
{
    struct xhci_endpoint *endpoint = input_endpoint(device);
    unsigned id = 2u * device->interface.endpoint + 1;
    *endpoint = (struct xhci_endpoint){.id = (uint8_t)id};
    xhci_ring_init(&endpoint->ring, device->pages[USB_PAGE_REPORTS]);
    begin_input(device, 1 << 0 | UINT32_C(1) << id);
    write_slot_context(device, id);
    write_endpoint_context(device, endpoint, TYPE_INTERRUPT_IN, device->interface.packet,
                           interval_exponent(device));
    command(device, TRB_CONFIGURE_ENDPOINT, device->pages[USB_PAGE_INPUT], 0);
    return true;
}

static bool begin_configure(struct usb_device *device)
{
    return control(device, TO_DEVICE, SET_CONFIGURATION, device->interface.configuration, 0, 0);
}

static bool begin_protocol(struct usb_device *device)
{
    return control(device, TO_INTERFACE, HID_SET_PROTOCOL, BOOT_PROTOCOL, device->interface.number,
                   0);
}

/* Makes the keyboard send a report only when something changes. */
static bool begin_idle_rate(struct usb_device *device)
{
    return control(device, TO_INTERFACE, HID_SET_IDLE, FOR_EVER, device->interface.number, 0);
}

static void ask_for_report(struct usb_device *device)
{
    uint16_t length = MIN(device->interface.packet, (uint16_t)USB_KEYBOARD_REPORT);
    struct xhci_trb trb = {
        .parameter = device->pages[USB_PAGE_DATA] + USB_REPORT_OFFSET,
        .status = length,
        .control = TRB_NORMAL << TRB_TYPE_SHIFT | TRB_INTERRUPTS | TRB_SHORT_INTERRUPTS,
    };
    xhci_transfer(device->xhci, &device->slot, input_endpoint(device), &trb, 1, trb.status);
}

static enum error finish_idle_rate(struct usb_device *device)
{
    device->is_keyboard = true;
    device->shown_lights = UINT8_MAX;
    usb_keyboard_begin(&device->keyboard, &device->task);
    ask_for_report(device);
    log_info("usb: keyboard %s (%04x:%04x)", device->name, device->descriptor.vendor,
             device->descriptor.product);
    return OK;
}

static bool begin_lights(struct usb_device *device)
{
    device->shown_lights = usb_keyboard_lights();
    data(device, CONTROL_DATA)[0] = device->shown_lights;
    return control(device, TO_INTERFACE, HID_SET_REPORT, OUTPUT_REPORT, device->interface.number,
                   1);
}

/* --- Detours -------------------------------------------------------------------------------- */

static bool reset_endpoint(struct usb_device *device, const struct xhci_endpoint *endpoint)
{
    command(device, TRB_RESET_ENDPOINT, 0, endpoint->id);
    return true;
}

static bool skip_transfer(struct usb_device *device, const struct xhci_endpoint *endpoint)
{
    command(device, TRB_SET_DEQUEUE, xhci_ring_dequeue(&endpoint->ring), endpoint->id);
    return true;
}

static bool begin_control_reset(struct usb_device *device)
{
    return reset_endpoint(device, control_endpoint(device));
}

static bool begin_control_dequeue(struct usb_device *device)
{
    return skip_transfer(device, control_endpoint(device));
}

static bool begin_input_reset(struct usb_device *device)
{
    return reset_endpoint(device, input_endpoint(device));
}

static bool begin_input_dequeue(struct usb_device *device)
{
    return skip_transfer(device, input_endpoint(device));
}

static bool begin_input_clear(struct usb_device *device)
{
    enum { ENDPOINT_HALT = 0 };
    return control(device, TO_ENDPOINT, CLEAR_FEATURE, ENDPOINT_HALT,
                   FROM_DEVICE | device->interface.endpoint, 0);
}

static enum error finish_input_clear(struct usb_device *device)
{
    ask_for_report(device);
    return OK;
}

static void end_keyboard(struct usb_device *device)
{
    if (device->is_keyboard)
        usb_keyboard_end(&device->keyboard);
    device->is_keyboard = false;
}

static void give_memory_back(struct usb_device *device)
{
    if (device->slot.id)
        xhci_remove_slot(device->xhci, &device->slot);
    memset(device->slot.endpoints, 0, sizeof(device->slot.endpoints));
    free_pages(device);
}

static bool begin_disable(struct usb_device *device)
{
    end_keyboard(device);
    if (!device->slot.id)
        return false;
    command(device, TRB_DISABLE_SLOT, 0, 0);
    return true;
}

static enum error finish_disable(struct usb_device *device)
{
    give_memory_back(device);
    return OK;
}

/* -------------------------------------------------------------------------------------------- */

#define TIME(text, time)                                          \
    {                                                             \
        .name = (text), .wait = WAIT_TIME, .milliseconds = (time) \
    }
#define COMMAND(text, ...)                                                      \
    {                                                                           \
        .name = (text), .wait = WAIT_COMMAND, .milliseconds = 5000, __VA_ARGS__ \
    }
#define REQUEST(text, ...)                                                       \
    {                                                                            \
        .name = (text), .wait = WAIT_TRANSFER, .milliseconds = 1000, __VA_ARGS__ \
    }

static const struct step steps[STEPS] = {
    [DEBOUNCE] = TIME("to be plugged in firmly", 100),
    [RESET] = {.name = "its port's reset",
               .wait = WAIT_RESET,
               .milliseconds = 500,
               .begin = begin_reset,
               .finish = finish_reset},
    [RECOVERY] = TIME("the end of the reset", 10),
    [ENABLE_SLOT] = COMMAND("a slot", .begin = begin_enable_slot, .finish = finish_enable_slot),
    [ADDRESS] = COMMAND("its address", .begin = begin_address),
    [ADDRESS_RECOVERY] = TIME("its address to hold", 2),
    [FIRST_BYTES] = REQUEST("what it is", .begin = begin_first_bytes, .finish = finish_first_bytes),
    [PACKET] = COMMAND("its packets' size", .begin = begin_packet),
    [DESCRIBE] = REQUEST("what it is", .begin = begin_describe, .finish = finish_describe),
    [CONFIGURATION_SIZE] = REQUEST("what it can do", .begin = begin_configuration_size,
                                   .finish = finish_configuration_size),
    [CONFIGURATION] =
        REQUEST("what it can do", .begin = begin_configuration, .finish = finish_configuration),
    [NAME] = REQUEST("its name", .optional = true, .begin = begin_name, .finish = finish_name),
    [ENDPOINT] = COMMAND("its endpoint", .begin = begin_endpoint),
    [CONFIGURE] = REQUEST("its configuration", .begin = begin_configure),
    [PROTOCOL] = REQUEST("the boot protocol", .optional = true, .begin = begin_protocol),
    [IDLE_RATE] = REQUEST("its quiet", .optional = true, .begin = begin_idle_rate,
                          .finish = finish_idle_rate),
    [WORK] = {.name = "keys", .wait = WAIT_WORK},
    [LIGHTS] = REQUEST("its lights", .optional = true, .next = WORK, .begin = begin_lights),
    [CONTROL_RESET] = COMMAND("the end of an error", .begin = begin_control_reset),
    [CONTROL_DEQUEUE] = COMMAND("the end of an error", .begin = begin_control_dequeue),
    [INPUT_RESET] = COMMAND("the end of an error", .begin = begin_input_reset),
    [INPUT_DEQUEUE] = COMMAND("the end of an error", .begin = begin_input_dequeue),
    [INPUT_CLEAR] = REQUEST("the end of an error", .optional = true, .next = WORK,
                            .begin = begin_input_clear, .finish = finish_input_clear),
    [DISABLE] = COMMAND("its slot's end", .begin = begin_disable, .finish = finish_disable),
    [UNUSED] = {.name = "nothing", .wait = WAIT_UNPLUG},
};

const char *usb_device_state(const struct usb_device *device)
{
    return steps[device->step].name;
}

static void settle(struct usb_device *device)
{
    if (!device->settled)
        device->on_settled();
    device->settled = true;
}

static void go_to(struct usb_device *device, unsigned step)
{
    ASSERT(step < STEPS);
    device->step = step;
    device->begun = false;
    if (step == WORK || step == UNUSED || step == END)
        settle(device);
}

/* The next step, when this one has ended well. */
static unsigned step_after(const struct usb_device *device)
{
    unsigned step = device->step;
    if (step == CONTROL_DEQUEUE || step == DISABLE)
        return device->after;
    if (step == NAME && !device->interface.endpoint)
        return UNUSED;
    return steps[step].next ? steps[step].next : step + 1;
}

static void detour(struct usb_device *device, unsigned step, unsigned after)
{
    device->after = after;
    go_to(device, step);
}

static void fail(struct usb_device *device, enum error error)
{
    const struct pci_address *at = &device->xhci->device->address;
    if (device->xhci->dead)
        return;
    bool again = ++device->attempts < ATTEMPTS;
    log_write(again ? LOG_DEBUG : LOG_WARNING, "usb: port %u of %02x:%02x.%u: no %s (%s)%s",
              device->port, at->bus, at->slot, at->function, steps[device->step].name,
              error_name(error), again ? "; again" : "; left alone");
    detour(device, DISABLE, again ? RESET : UNUSED);
}

/* --- The waits: POLL_READY, and what has come of it ----------------------------------------- */

static bool is_late(struct usb_device *device)
{
    return sleep_poll(&device->sleep, &device->task) == POLL_READY;
}

static enum poll_result poll_reset(struct usb_device *device, enum error *error)
{
    *error = OK; /* finish_reset() looks at the port itself */
    bool done = device->xhci->ports[device->port - 1].changes & PORT_RESET_CHANGE;
    return done || is_late(device) ? POLL_READY : POLL_PENDING;
}

static enum poll_result poll_command(struct usb_device *device, enum error *error)
{
    if (device->command.busy) {
        if (is_late(device))
            xhci_stop(device->xhci, "does not answer a command");
        return POLL_PENDING;
    }
    *error = device->command.code == XHCI_SUCCESS ? OK : ERROR_DEVICE;
    return POLL_READY;
}

static bool went_well(const struct xhci_endpoint *endpoint)
{
    return endpoint->code == XHCI_SUCCESS || endpoint->code == XHCI_SHORT_PACKET;
}

static bool may_be_tried_again(struct usb_device *device, const struct xhci_endpoint *endpoint)
{
    bool passing = endpoint->code == XHCI_BABBLE || endpoint->code == XHCI_TRANSACTION_ERROR ||
                   endpoint->code == XHCI_STALL;
    return passing && ++device->tries < TRIES;
}

/* A stall is the device's refusal; other errors may pass. */
static enum poll_result poll_transfer(struct usb_device *device, enum error *error)
{
    const struct xhci_endpoint *endpoint = control_endpoint(device);
    *error = ERROR_TIMEOUT;
    if (endpoint->busy)
        return is_late(device) ? POLL_READY : POLL_PENDING;
    *error = OK;
    if (went_well(endpoint)) {
        device->tries = 0;
    } else if (endpoint->code == XHCI_STALL) {
        *error = ERROR_UNSUPPORTED;
    } else if (may_be_tried_again(device, endpoint)) {
        detour(device, CONTROL_RESET, device->step);
        return POLL_PENDING;
    } else {
        *error = ERROR_DEVICE;
    }
    return POLL_READY;
}

static void take_report(struct usb_device *device)
{
    struct xhci_endpoint *endpoint = input_endpoint(device);
    if (!went_well(endpoint)) {
        if (may_be_tried_again(device, endpoint))
            go_to(device, INPUT_RESET);
        else
            fail(device, ERROR_DEVICE);
    } else if (usb_keyboard_has_room()) {
        device->tries = 0;
        usb_keyboard_report(&device->keyboard, data(device, USB_REPORT_OFFSET),
                            endpoint->length - endpoint->left);
        ask_for_report(device);
    }
}

static void poll_work(struct usb_device *device)
{
    if (!input_endpoint(device)->busy)
        take_report(device);
    if (device->step != WORK)
        return;
    usb_keyboard_poll_repeat(&device->keyboard);
    if (device->shown_lights != usb_keyboard_lights())
        go_to(device, LIGHTS);
}

static enum poll_result poll_wait(struct usb_device *device, enum error *error)
{
    *error = OK;
    switch (steps[device->step].wait) {
    case WAIT_TIME:
        return sleep_poll(&device->sleep, &device->task);
    case WAIT_RESET:
        return poll_reset(device, error);
    case WAIT_COMMAND:
        return poll_command(device, error);
    case WAIT_TRANSFER:
        return poll_transfer(device, error);
    case WAIT_WORK:
        poll_work(device);
        return POLL_PENDING;
    case WAIT_UNPLUG:
        return POLL_PENDING;
    }
    return POLL_PENDING;
}

/* --- A device's task ------------------------------------------------------------------------ */

/* What is not begun is over at once. */
static bool begin_step(struct usb_device *device)
{
    const struct step *step = &steps[device->step];
    device->begun = true;
    if (step->milliseconds)
        sleep_for(&device->sleep, step->milliseconds * NANOSECONDS_PER_MILLISECOND);
    return !step->begin || step->begin(device);
}

static void end_step(struct usb_device *device, enum error error)
{
    const struct step *step = &steps[device->step];
    bool refused = error == ERROR_UNSUPPORTED && step->optional;
    sleep_cancel(&device->sleep);
    if (refused)
        error = OK;
    if (!error && step->finish)
        error = step->finish(device);
    if (error)
        fail(device, error);
    else if (refused)
        detour(device, CONTROL_RESET, step_after(device));
    else
        go_to(device, step_after(device));
}

/* Has the device been unplugged, if only to be plugged in again? */
static bool is_gone(const struct usb_device *device)
{
    return device->xhci->ports[device->port - 1].changes & PORT_CONNECT_CHANGE;
}

/* A command that is under way is waited for: what it has done has to be undone. */
static void leave_when_gone(struct usb_device *device)
{
    if (!is_gone(device) || device->step == END)
        return;
    if (device->step == DISABLE)
        device->after = END;
    else if (!device->begun || steps[device->step].wait != WAIT_COMMAND)
        detour(device, DISABLE, END);
}

/* The controller is dead, and cannot write to memory any more. */
static void abandon(struct usb_device *device)
{
    end_keyboard(device);
    give_memory_back(device);
    go_to(device, END);
}

static enum poll_result end(struct usb_device *device)
{
    struct xhci *xhci = device->xhci;
    xhci->ports[device->port - 1].task = NULL;
    if (xhci->dead)
        return POLL_READY;
    if (device->descriptor.vendor)
        log_info("usb: %s (%04x:%04x) is gone", device->name, device->descriptor.vendor,
                 device->descriptor.product);
    xhci_look_at_port(xhci, device->port);
    return POLL_READY;
}

static enum poll_result poll_device(struct task *task)
{
    struct usb_device *device = CONTAINER_OF(task, struct usb_device, task);
    while (true) {
        enum error error = OK;
        if (device->xhci->dead)
            abandon(device);
        leave_when_gone(device);
        if (device->step == END)
            return end(device);
        if (device->begun || begin_step(device)) {
            unsigned step = device->step;
            if (poll_wait(device, &error) == POLL_PENDING) {
                if (device->step == step && !device->xhci->dead)
                    return POLL_PENDING;
                continue;
            }
        }
        end_step(device, error);
    }
}

static void release_device(struct task *task)
{
    kfree(CONTAINER_OF(task, struct usb_device, task));
}

enum error usb_device_attach(struct xhci *xhci, unsigned port, struct executor *executor,
                             void (*on_settled)(void))
{
    struct usb_device *device = kzalloc(sizeof(*device));
    if (!device)
        return ERROR_FULL;
    device->xhci = xhci;
    device->port = port;
    device->on_settled = on_settled;
    task_init(&device->task, "usb device", poll_device, release_device);
    device->command.task = &device->task;
    device->slot.task = &device->task;
    xhci->ports[port - 1].task = &device->task;
    xhci->ports[port - 1].changes = 0;
    executor_spawn(executor, &device->task);
    return OK;
}
