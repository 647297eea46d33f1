/*
 * xHCI 1.2, 6.2 (contexts) and 4.11 (TRBs); Universal Serial Bus Specification 2.0, chapter 9
 * (requests). A command that changes a slot or its endpoints takes an input context: the new
 * contexts, and in front of them bits that say which of them count.
 */
#include <assert.h>
#include <drivers/usb/usb_transfer.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>

/* The indices of contexts in the input context. */
enum { INPUT_CONTROL = 0, INPUT_SLOT = 1 /* and the endpoints behind it */ };

enum { SLOT_BIT = 1 << 0, ENDPOINT_0 = 1 /* its ID */ };

enum endpoint_type { TYPE_CONTROL = 4, TYPE_IN = 4, TYPE_SHIFT = 3 };

enum { ERRORS = 3 /* of a packet, until the transfer fails */, ERRORS_SHIFT = 1 };

enum { BULK_AVERAGE = 1024 /* a guess at the average length of bulk transfers */ };

uint8_t *usb_data(const struct usb_device *device, unsigned offset)
{
    ASSERT(offset < PAGE_SIZE);
    return (uint8_t *)phys_to_virt(device->pages[USB_PAGE_DATA]) + offset;
}

bool usb_went_well(const struct xhci_endpoint *endpoint)
{
    return endpoint->code == XHCI_SUCCESS || endpoint->code == XHCI_SHORT_PACKET;
}

/* --- Memory --------------------------------------------------------------------------------- */

static bool get_page(struct usb_device *device, unsigned index)
{
    ASSERT(device->pages[index] == NO_FRAME);
    device->pages[index] = xhci_pages(device->xhci, 0);
    return device->pages[index] != NO_FRAME;
}

enum error usb_get_pages(struct usb_device *device)
{
    for (unsigned i = 0; i < USB_PAGE_RINGS; i++) {
        if (!get_page(device, i))
            return ERROR_OUT_OF_FRAMES;
    }
    return OK;
}

enum error usb_get_buffer(struct usb_device *device, unsigned order)
{
    if (device->buffer != NO_FRAME)
        return OK;
    device->buffer = xhci_pages(device->xhci, order);
    device->buffer_order = order;
    return device->buffer == NO_FRAME ? ERROR_OUT_OF_FRAMES : OK;
}

void usb_free_pages(struct usb_device *device)
{
    if (device->buffer != NO_FRAME)
        frames_free_run(device->buffer, device->buffer_order);
    device->buffer = NO_FRAME;
    for (unsigned i = 0; i < USB_PAGES; i++) {
        if (device->pages[i] != NO_FRAME)
            frame_free(device->pages[i]);
        device->pages[i] = NO_FRAME;
    }
}

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

/* The bits from 25 on: a translator for each port (the hub's or the device's), and the hub (6.2.2).
 */
static void write_slot_context(struct usb_device *device, unsigned last_endpoint)
{
    const struct usb_translator *translator = &device->translator;
    const struct usb_hub_facts *hub = &device->hub;
    uint32_t *slot = input_context(device, INPUT_SLOT);
    uint32_t multi = hub->multi || translator->multi, is_hub = hub->port_count > 0;
    slot[0] = device->route | (uint32_t)device->speed_number << 20 | multi << 25 | is_hub << 26 |
              last_endpoint << 27;
    slot[1] = device->root_port << 16 | (uint32_t)hub->port_count << 24;
    slot[2] = translator->slot | (uint32_t)translator->port << 8 | (uint32_t)hub->think_time << 16;
    device->last_endpoint = (uint8_t)last_endpoint;
}

static void write_endpoint_context(const struct usb_device *device,
                                   const struct xhci_endpoint *endpoint, unsigned type,
                                   unsigned packet, unsigned interval)
{
    uint32_t *context = input_context(device, INPUT_SLOT + endpoint->id);
    uint64_t dequeue = xhci_ring_dequeue(&endpoint->ring);
    context[0] = interval << 16;
    context[1] = ERRORS << ERRORS_SHIFT | (uint32_t)type << TYPE_SHIFT | packet << 16;
    context[2] = (uint32_t)dequeue;
    context[3] = (uint32_t)(dequeue >> 32);
    if (type == TYPE_CONTROL)
        context[4] = 8;
    else
        context[4] =
            interval ? packet | packet << 16 : BULK_AVERAGE; /* average, most an interval */
}

/* The largest packet of the default endpoint at this speed; at full speed, the device may have a
 * larger one. */
static unsigned default_packet(const struct usb_device *device)
{
    if (device->speed >= USB_SUPER)
        return 512;
    return device->speed == USB_HIGH ? 64 : 8;
}

/* The interval of an interrupt endpoint as a power of two, in units of 125 microseconds
 * (xHCI 6.2.3.6). */
static unsigned interval_exponent(const struct usb_device *device, unsigned interval)
{
    if (device->speed >= USB_HIGH)
        return MIN(interval, 16u) - 1;
    unsigned exponent = 3;
    while (exponent < 10 && 2u << (exponent - 3) <= interval)
        exponent++;
    return exponent;
}

/* --- Commands ------------------------------------------------------------------------------- */

void usb_command(struct usb_device *device, enum trb_type type, uint64_t parameter,
                 unsigned endpoint)
{
    struct xhci_trb trb = {
        .parameter = parameter,
        .control =
            (uint32_t)type << TRB_TYPE_SHIFT | endpoint << 16 | (uint32_t)device->slot.id << 24,
    };
    xhci_command(device->xhci, &device->command, &trb);
}

void usb_address(struct usb_device *device)
{
    struct xhci_endpoint *endpoint = usb_control_endpoint(device);
    *endpoint = (struct xhci_endpoint){.id = ENDPOINT_0};
    xhci_ring_init(&endpoint->ring, device->pages[USB_PAGE_CONTROL]);
    xhci_set_context(device->xhci, &device->slot, device->pages[USB_PAGE_CONTEXT]);
    begin_input(device, SLOT_BIT | 1 << ENDPOINT_0);
    write_slot_context(device, ENDPOINT_0);
    write_endpoint_context(device, endpoint, TYPE_CONTROL, default_packet(device), 0);
    usb_command(device, TRB_ADDRESS_DEVICE, device->pages[USB_PAGE_INPUT], 0);
}

void usb_set_packet(struct usb_device *device, unsigned packet)
{
    begin_input(device, 1 << ENDPOINT_0);
    write_endpoint_context(device, usb_control_endpoint(device), TYPE_CONTROL, packet, 0);
    usb_command(device, TRB_EVALUATE_CONTEXT, device->pages[USB_PAGE_INPUT], 0);
}

void usb_tell_hub(struct usb_device *device)
{
    begin_input(device, SLOT_BIT);
    write_slot_context(device, device->last_endpoint);
    usb_command(device, TRB_CONFIGURE_ENDPOINT, device->pages[USB_PAGE_INPUT], 0);
}

/* The types are those of the descriptor, bulk (2) and interrupt (3), and 4 more for endpoints from
 * which the device sends. */
static void add_endpoint(struct usb_device *device, struct xhci_endpoint *opened, phys_addr_t ring,
                         const struct usb_endpoint *endpoint)
{
    unsigned type = endpoint->type + (endpoint->in ? TYPE_IN : 0);
    unsigned interval =
        endpoint->type == USB_INTERRUPT ? interval_exponent(device, endpoint->interval) : 0;
    ASSERT(!opened->busy);
    if (opened->id)
        input_context(device, INPUT_CONTROL)[0] |= UINT32_C(1) << opened->id; /* drop it first */
    *opened = (struct xhci_endpoint){.id = (uint8_t)(2u * endpoint->number + endpoint->in)};
    memset(phys_to_virt(ring), 0, PAGE_SIZE);
    xhci_ring_init(&opened->ring, ring);
    input_context(device, INPUT_CONTROL)[1] |= UINT32_C(1) << opened->id;
    write_endpoint_context(device, opened, type, endpoint->packet, interval);
}

bool usb_open_endpoints(struct usb_device *device, const struct usb_endpoint *endpoints,
                        unsigned count)
{
    unsigned last = ENDPOINT_0;
    begin_input(device, SLOT_BIT);
    ASSERT(count < XHCI_SLOT_ENDPOINTS);
    for (unsigned i = 0; i < count; i++) {
        if (device->pages[USB_PAGE_RINGS + i] == NO_FRAME && !get_page(device, USB_PAGE_RINGS + i))
            return false;
        add_endpoint(device, usb_endpoint(device, i), device->pages[USB_PAGE_RINGS + i],
                     &endpoints[i]);
        last = MAX(last, (unsigned)usb_endpoint(device, i)->id);
    }
    write_slot_context(device, last);
    usb_command(device, TRB_CONFIGURE_ENDPOINT, device->pages[USB_PAGE_INPUT], 0);
    return true;
}

/* --- Transfers ------------------------------------------------------------------------------ */

void usb_control(struct usb_device *device, uint8_t type, uint8_t request, uint16_t value,
                 uint16_t index, uint16_t length)
{
    bool in = type & USB_FROM_DEVICE;
    uint32_t kind = !length ? 0 : in ? 3u << 16 : 2u << 16;
    struct xhci_trb trbs[3];
    unsigned count = 0;
    ASSERT(length <= USB_CONTROL_MAX);
    if (in)
        memset(usb_data(device, USB_CONTROL_DATA), 0, USB_CONTROL_MAX);
    trbs[count++] = (struct xhci_trb){
        .parameter = type | (uint64_t)request << 8 | (uint64_t)value << 16 | (uint64_t)index << 32 |
                     (uint64_t)length << 48,
        .status = 8,
        .control = TRB_SETUP << TRB_TYPE_SHIFT | TRB_IMMEDIATE | kind,
    };
    if (length)
        trbs[count++] = (struct xhci_trb){
            .parameter = device->pages[USB_PAGE_DATA] + USB_CONTROL_DATA,
            .status = length,
            .control = TRB_DATA << TRB_TYPE_SHIFT | (in ? TRB_IN : 0),
        };
    trbs[count++] = (struct xhci_trb){
        .control = TRB_STATUS << TRB_TYPE_SHIFT | TRB_INTERRUPTS | (in && length ? 0 : TRB_IN),
    };
    xhci_transfer(device->xhci, &device->slot, usb_control_endpoint(device), trbs, count, length);
}

void usb_get_descriptor(struct usb_device *device, uint8_t type, uint8_t number, uint16_t language,
                        uint16_t length)
{
    usb_control(device, USB_FROM_DEVICE, USB_GET_DESCRIPTOR, (uint16_t)(type << 8 | number),
                language, length);
}

void usb_set_configuration(struct usb_device *device, uint8_t configuration)
{
    usb_control(device, USB_TO_DEVICE, USB_SET_CONFIGURATION, configuration, 0, 0);
}

/* The endpoint's address (USB 2.0, 9.6.6) is made out of its ID. */
bool usb_clear_halt(struct usb_device *device, const struct xhci_endpoint *endpoint)
{
    enum { ENDPOINT_HALT = 0, IN = 0x80 };
    usb_control(device, USB_TO_ENDPOINT, USB_CLEAR_FEATURE, ENDPOINT_HALT,
                (uint16_t)(endpoint->id / 2 | (endpoint->id & 1 ? IN : 0)), 0);
    return true;
}

void usb_transfer(struct usb_device *device, struct xhci_endpoint *endpoint, phys_addr_t memory,
                  uint32_t length)
{
    struct xhci_trb trb = {
        .parameter = memory,
        .status = length,
        .control = TRB_NORMAL << TRB_TYPE_SHIFT | TRB_INTERRUPTS | TRB_SHORT_INTERRUPTS,
    };
    xhci_transfer(device->xhci, &device->slot, endpoint, &trb, 1, length);
}
