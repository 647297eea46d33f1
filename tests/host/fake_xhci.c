#include "fake_xhci.h"

#include <drivers/usb/xhci_registers.h>
#include <layout.h>
#include <mm/heap.h>
#include <string.h>

#include "fake_pci.h"
#include "physical_memory.h"
#include "test_arena.h"

enum {
    REGISTERS = 0xfe000000,
    OPERATIONAL = 0x40,
    RUNTIME = 0x1000,
    DOORBELLS = 0x2000,
    EXTENDED = 0x3000
};

struct fake_xhci fake_xhci;
struct fake_usb_device fake_usb_devices[FAKE_USB_DEVICES];

enum stick_stage { STICK_COMMAND, STICK_DATA, STICK_STATUS };

struct chip_ring {
    phys_addr_t at;
    bool cycle;
};

static struct {
    uint32_t command, status, config, legacy, legacy_control;
    uint32_t ports[FAKE_XHCI_PORTS];
    struct chip_ring commands, events;
    uint64_t slot_table, event_table, command_ring;
    struct slot {
        bool enabled;
        struct fake_usb_device *device; /* once it has an address */
        struct chip_ring endpoints[32];
        bool halted[32];
    } slots[FAKE_XHCI_SLOTS + 1];
} chip;

static struct fake_function *function;

static struct xhci_trb *trb_at(phys_addr_t address)
{
    return phys_to_virt(address);
}

/* --- Events --------------------------------------------------------------------------------- */

void fake_xhci_post(uint64_t parameter, uint32_t status, uint32_t control)
{
    const uint64_t *segment = phys_to_virt(chip.event_table);
    struct xhci_trb event = {parameter, status, control};
    if (!fake_xhci_runs() || (fake_xhci.on_event && !fake_xhci.on_event(&event)))
        return;
    event.control = (event.control & ~1u) | chip.events.cycle;
    *trb_at(chip.events.at) = event;
    chip.events.at += sizeof(event);
    fake_xhci.events++;
    chip.status |= STATUS_INTERRUPT;
    if (chip.events.at == segment[0] + XHCI_RING_TRBS * sizeof(event)) {
        chip.events.at = segment[0];
        chip.events.cycle = !chip.events.cycle;
    }
    if (fake_xhci.raise && chip.command & COMMAND_INTERRUPTS)
        fake_xhci.raise();
}

bool fake_xhci_runs(void)
{
    return chip.command & COMMAND_RUN && function->words[PCI_COMMAND / 4] & PCI_COMMAND_MASTER;
}

/* The next TRB of a ring, past links; NULL when the driver has written no more. */
static struct xhci_trb *next_trb(struct chip_ring *ring, phys_addr_t *address)
{
    while (true) {
        struct xhci_trb *trb = trb_at(ring->at);
        if ((trb->control & TRB_CYCLE) != ring->cycle)
            return NULL;
        if (trb_type(trb) != TRB_LINK) {
            *address = ring->at;
            ring->at += sizeof(*trb);
            return trb;
        }
        ring->at = trb->parameter;
        if (trb->control & TRB_TOGGLE)
            ring->cycle = !ring->cycle;
    }
}

/* --- Ports ---------------------------------------------------------------------------------- */

static void change_port(unsigned port, uint32_t change)
{
    chip.ports[port - 1] |= change;
    fake_xhci_post((uint64_t)port << 24, XHCI_SUCCESS << 24, TRB_PORT_EVENT << 10);
}

static void write_port(unsigned index, uint32_t value)
{
    uint32_t *port = &chip.ports[index];
    *port &= ~(value & PORT_CHANGES);
    *port |= value & PORT_POWER;
    if (value & PORT_RESET && *port & PORT_CONNECTED) {
        *port |= PORT_ENABLED;
        fake_usb_devices[index].has_address_0 = true;
        change_port(index + 1, PORT_RESET_CHANGE);
    }
}

static const uint8_t keyboard_descriptor[18] = {18, 1, 0, 2, 0, 0, 0, 8, 0x27,
                                                6,  1, 0, 0, 1, 0, 1, 0, 1};

static const uint8_t keyboard_configuration[] = {9,    2,  34, 0, 1, 1,    0, 0xa0, 50,   9, 4, 0,
                                                 0,    1,  3,  1, 1, 0,    9, 0x21, 0x11, 1, 0, 1,
                                                 0x22, 63, 0,  7, 5, 0x81, 3, 8,    0,    10};

static void make_keyboard(struct fake_usb_device *device, enum usb_speed speed)
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

struct fake_usb_device *fake_xhci_plug(unsigned port, enum usb_speed speed)
{
    struct fake_usb_device *device = &fake_usb_devices[port - 1];
    make_keyboard(device, speed);
    device->port = port;
    static const uint8_t named[] = {0, 7, 4, 1, 2, 3};
    uint32_t number = fake_xhci.names_speeds ? named[speed] : speed;
    chip.ports[port - 1] = PORT_POWER | PORT_CONNECTED | number << PORT_SPEED_SHIFT |
                           (speed >= USB_SUPER ? PORT_ENABLED : 0);
    change_port(port, PORT_CONNECT_CHANGE);
    return device;
}

struct fake_usb_device *fake_xhci_plug_hub(unsigned port, enum usb_speed speed, unsigned ports,
                                           bool multi)
{
    struct fake_usb_device *device = fake_xhci_plug(port, speed);
    make_hub(device, ports, multi);
    return device;
}

/* Unplugs a device with all that is behind it. */
static void take_away(struct fake_usb_device *device)
{
    device->there = false;
    for (unsigned i = FAKE_XHCI_PORTS; i < FAKE_USB_DEVICES; i++) {
        if (fake_usb_devices[i].there && fake_usb_devices[i].hub == device)
            take_away(&fake_usb_devices[i]);
    }
}

void fake_xhci_unplug(unsigned port)
{
    take_away(&fake_usb_devices[port - 1]);
    chip.ports[port - 1] &= PORT_POWER | PORT_CHANGES;
    change_port(port, PORT_CONNECT_CHANGE);
}

/* --- Transfers ------------------------------------------------------------------------------ */

static void post_transfer(unsigned slot, unsigned endpoint, phys_addr_t trb, uint8_t code,
                          uint32_t left)
{
    fake_xhci_post(trb, (uint32_t)code << 24 | left,
                   TRB_TRANSFER_EVENT << 10 | endpoint << 16 | slot << 24);
}

static uint8_t next_code(struct fake_usb_device *device)
{
    if (!device->errors)
        return XHCI_SUCCESS;
    device->errors--;
    return device->code;
}

/* --- Hubs ----------------------------------------------------------------------------------- */

enum hub_status {
    HUB_CONNECTED = 1 << 0,
    HUB_ENABLED = 1 << 1,
    HUB_RESET_CHANGE = 1 << 4,
    HUB_LOW_SPEED = 1 << 9,
    HUB_HIGH_SPEED = 1 << 10,
};

static unsigned root_port(const struct fake_usb_device *device)
{
    return device->hub ? root_port(device->hub) : device->port;
}

static uint32_t route(const struct fake_usb_device *device)
{
    unsigned depth = 0;
    if (!device->hub)
        return 0;
    for (const struct fake_usb_device *hub = device->hub; hub->hub; hub = hub->hub)
        depth++;
    return route(device->hub) | device->port << 4 * depth;
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

static void run_endpoint(unsigned id, unsigned endpoint);

static void run_endpoint_of(const struct fake_usb_device *device, unsigned endpoint)
{
    for (unsigned id = 1; id <= FAKE_XHCI_SLOTS; id++) {
        if (chip.slots[id].device == device)
            run_endpoint(id, endpoint);
    }
}

static void change_hub_port(struct fake_usb_device *hub, unsigned port, unsigned change)
{
    hub->changes[port] |= (uint16_t)change;
    run_endpoint_of(hub, 3);
}

/* Two devices that hear what is sent to address 0 both answer. */
static void give_address_0(struct fake_usb_device *device)
{
    for (unsigned i = 0; i < FAKE_USB_DEVICES; i++) {
        const struct fake_usb_device *other = &fake_usb_devices[i];
        fake_xhci.conflicts += other != device && other->there && other->has_address_0 &&
                               root_port(other) == root_port(device);
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
    change_hub_port(hub, port, HUB_RESET_CHANGE);
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
    change_hub_port(hub, port, HUB_CONNECTED);
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

static uint8_t answer_hub_request(struct fake_usb_device *hub, uint64_t setup, uint8_t *data)
{
    enum { GET_STATUS = 0, CLEAR_FEATURE = 1, SET_FEATURE = 3, GET_DESCRIPTOR = 6, SET_DEPTH = 12 };
    uint16_t value = (uint16_t)(setup >> 16), port = (uint16_t)(setup >> 32);
    size_t length = setup >> 48;
    uint8_t type = hub->speed >= USB_SUPER ? 0x2a : 0x29;
    const uint8_t descriptor[] = {9, type, hub->says_ports, 2 << 5, 0, 10, 0, 0, 0};
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
        make_keyboard(device, speed);
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
        take_away(device);
    connect(hub, port);
}

/* The bits of the ports that have changed, sent when there is one. */
static void run_hub_changes(unsigned id, unsigned endpoint, struct fake_usb_device *hub)
{
    struct slot *slot = &chip.slots[id];
    phys_addr_t address;
    uint16_t bits = 0;
    for (unsigned port = 0; port <= FAKE_HUB_PORTS; port++)
        bits |= (uint16_t)(((hub->changes[port] & (port ? 0xff : 3)) != 0) << port);
    struct xhci_trb *trb =
        bits && !slot->halted[endpoint] ? next_trb(&slot->endpoints[endpoint], &address) : NULL;
    if (!trb)
        return;
    uint32_t asked = trb->status & 0xffff, sent = MIN(asked, (uint32_t)sizeof(bits));
    uint8_t code = next_code(hub);
    slot->halted[endpoint] = code != XHCI_SUCCESS;
    memcpy(phys_to_virt(trb->parameter), &bits, sent);
    post_transfer(id, endpoint, address, code, asked - sent);
}

/* --- Requests and reports ------------------------------------------------------------------- */

/* Answers a request; returns how the transfer ends. */
static uint8_t answer_request(struct fake_usb_device *device, uint64_t setup, uint8_t *data)
{
    uint8_t request = (uint8_t)(setup >> 8), kind = (uint8_t)(setup >> 24);
    size_t length = setup >> 48;
    if (request && request == device->refused_request)
        return XHCI_STALL;
    if (device->stick && request == 0xff) {
        device->stick->resets++;
        device->stick->stage = STICK_COMMAND;
        return XHCI_SUCCESS;
    }
    if (device->hub_ports && setup & 0x20)
        return answer_hub_request(device, setup, data);
    if (request == 6 && kind == 1)
        memcpy(data, device->descriptor, MIN(length, sizeof(device->descriptor)));
    else if (request == 6 && kind == 2)
        memcpy(data, device->configuration, MIN(length, device->configuration_size));
    else if (request == 6 && kind == 0x22 && device->report_descriptor)
        memcpy(data, device->report_descriptor, MIN(length, device->report_descriptor_size));
    else if (request == 6)
        return XHCI_STALL;
    else if (request == 9 && setup & 0x20)
        device->lights = data[0];
    else if (request == 9)
        device->configured = true;
    else if (request == 11 && device->hub_ports)
        device->alternate = (uint8_t)(setup >> 16);
    else if (request == 11)
        device->protocol = (uint8_t)(setup >> 16);
    return XHCI_SUCCESS;
}

static void run_control(unsigned id, struct fake_usb_device *device)
{
    struct chip_ring *ring = &chip.slots[id].endpoints[1];
    struct xhci_trb *trb;
    uint64_t setup = 0;
    static uint8_t nothing[2048];
    uint8_t *data = nothing;
    phys_addr_t address;
    while (!chip.slots[id].halted[1] && (trb = next_trb(ring, &address))) {
        if (trb_type(trb) == TRB_SETUP) {
            setup = trb->parameter;
            data = nothing;
        } else if (trb_type(trb) == TRB_DATA) {
            data = phys_to_virt(trb->parameter);
        } else {
            uint8_t code = next_code(device);
            if (code == XHCI_SUCCESS)
                code = answer_request(device, setup, data);
            chip.slots[id].halted[1] = code != XHCI_SUCCESS;
            post_transfer(id, 1, address, code, 0);
        }
    }
}

static void run_reports(unsigned id, unsigned endpoint, struct fake_usb_device *device)
{
    struct slot *slot = &chip.slots[id];
    struct xhci_trb *trb;
    phys_addr_t address;
    while (!slot->halted[endpoint] && (device->report_count || device->errors) &&
           (trb = next_trb(&slot->endpoints[endpoint], &address))) {
        uint8_t code = next_code(device);
        uint32_t asked = trb->status & 0xffff, sent = MIN(asked, device->report_size);
        if (code == XHCI_SUCCESS) {
            memcpy(phys_to_virt(trb->parameter), device->reports[0], sent);
            device->report_count--;
            memmove(device->reports, device->reports[1], sizeof(device->reports) - FAKE_REPORT);
            code = sent < asked ? XHCI_SHORT_PACKET : XHCI_SUCCESS;
        } else {
            slot->halted[endpoint] = true;
        }
        post_transfer(id, endpoint, address, code, asked - sent);
    }
}

/* --- Sticks --------------------------------------------------------------------------------- */

static struct fake_stick sticks[FAKE_XHCI_PORTS];

struct fake_usb_device *fake_xhci_plug_stick(unsigned port, enum usb_speed speed, uint64_t blocks,
                                             uint32_t block_size)
{
    static const uint8_t configuration[] = {9, 2, 32, 0, 1, 1,    0, 0x80, 50, 9,    4,
                                            0, 0, 2,  8, 6, 0x50, 0, 7,    5,  0x81, 2,
                                            0, 2, 0,  7, 5, 2,    2, 0,    2,  0};
    struct fake_usb_device *device = fake_xhci_plug(port, speed);
    memcpy(device->configuration, configuration, sizeof(configuration));
    device->configuration_size = sizeof(configuration);
    device->stick = &sticks[port - 1];
    memset(device->stick, 0, sizeof(*device->stick));
    device->stick->blocks = blocks;
    device->stick->block_size = block_size;
    device->stick->has_changed = true;
    return device;
}

static uint64_t get_number(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void put_number(uint8_t *bytes, unsigned size, uint64_t value)
{
    for (unsigned i = size; i--; value >>= 8)
        bytes[i] = (uint8_t)value;
}

/* The memory of the command's blocks; NULL if it has none there. */
static uint8_t *stick_memory(struct fake_stick *stick)
{
    const uint8_t *command = stick->wrapper + 15;
    bool is_16 = command[0] >= 0x80;
    uint64_t block = get_number(command + 2, is_16 ? 8 : 4), offset = block - stick->first;
    if (!stick->block_size || block < stick->first ||
        offset > FAKE_STICK_BYTES / stick->block_size ||
        offset * stick->block_size + stick->length > FAKE_STICK_BYTES)
        return NULL;
    return stick->bytes + offset * stick->block_size;
}

static void fail_command(struct fake_stick *stick, uint8_t key)
{
    stick->failed = true;
    stick->sense = key;
}

static void begin_stick_command(struct fake_stick *stick)
{
    enum { REQUEST_SENSE = 0x03, INQUIRY = 0x12, SYNCHRONIZE_CACHE = 0x35 };
    uint8_t operation = stick->wrapper[15];
    stick->commands++;
    stick->last_operation = operation;
    stick->failed = false;
    if (operation == REQUEST_SENSE || operation == INQUIRY)
        return;
    stick->sense = 0;
    if (operation && operation == stick->bad_operation)
        fail_command(stick, stick->bad_key);
    else if (stick->has_changed)
        fail_command(stick, 6);
    else if (stick->has_no_medium)
        fail_command(stick, 2);
    else if (operation == SYNCHRONIZE_CACHE && stick->knows_no_flush)
        fail_command(stick, 5);
    stick->has_changed = false;
    stick->flushes += operation == SYNCHRONIZE_CACHE && !stick->failed;
}

/* Answers a command that reads. */
static void fill_data(struct fake_stick *stick, uint8_t *data)
{
    uint8_t answer[64] = {0};
    uint64_t last = stick->blocks - 1;
    const uint8_t *memory;
    switch (stick->wrapper[15]) {
    case 0x12:
        answer[0] = stick->type;
        break;
    case 0x03:
        answer[0] = 0x70;
        answer[2] = stick->sense;
        break;
    case 0x25:
        put_number(answer, 4, MIN(last, (uint64_t)UINT32_MAX));
        put_number(answer + 4, 4, stick->block_size);
        break;
    case 0x9e:
        put_number(answer, 8, last);
        put_number(answer + 8, 4, stick->block_size);
        break;
    default:
        memory = stick_memory(stick);
        if (memory)
            memcpy(data, memory, stick->length);
        return;
    }
    memcpy(data, answer, MIN(stick->length, (uint32_t)sizeof(answer)));
}

static uint8_t run_stick_out(struct fake_stick *stick, const uint8_t *data, uint32_t asked)
{
    if (stick->stage == STICK_COMMAND) {
        memcpy(stick->wrapper, data, MIN(asked, (uint32_t)sizeof(stick->wrapper)));
        memcpy(&stick->length, stick->wrapper + 8, 4);
        begin_stick_command(stick);
        stick->stage = stick->length ? STICK_DATA : STICK_STATUS;
        return asked == 31 ? XHCI_SUCCESS : XHCI_STALL;
    }
    uint8_t *memory = stick_memory(stick);
    stick->stage = STICK_STATUS;
    if (stick->failed || stick->stalls) {
        stick->stalls -= stick->stalls != 0;
        return XHCI_STALL;
    }
    stick->writes++;
    if (memory)
        memcpy(memory, data, asked);
    return XHCI_SUCCESS;
}

static uint8_t run_stick_in(struct fake_stick *stick, uint8_t *data, uint32_t asked, uint32_t *left)
{
    if (stick->stalls) {
        stick->stalls--;
        stick->stage = STICK_STATUS;
        return XHCI_STALL;
    }
    if (stick->stage == STICK_DATA) {
        stick->stage = STICK_STATUS;
        if (stick->failed)
            return XHCI_STALL;
        fill_data(stick, data);
        *left = MIN(asked, stick->short_by);
        return *left ? XHCI_SHORT_PACKET : XHCI_SUCCESS;
    }
    const uint8_t status[13] = {'U',
                                'S',
                                'B',
                                'S',
                                stick->wrapper[4],
                                stick->wrapper[5],
                                stick->wrapper[6],
                                stick->wrapper[7],
                                0,
                                0,
                                0,
                                0,
                                stick->failed};
    stick->stage = STICK_COMMAND;
    memcpy(data, status, sizeof(status));
    if (stick->bad_statuses) {
        stick->bad_statuses--;
        data[stick->bad_at % sizeof(status)] = stick->bad_value;
    }
    return XHCI_SUCCESS;
}

/* Endpoint 1 sends (its ID is 3), endpoint 2 listens (4). */
static void run_stick(unsigned id, unsigned endpoint, struct fake_usb_device *device)
{
    struct slot *slot = &chip.slots[id];
    struct fake_stick *stick = device->stick;
    struct xhci_trb *trb;
    phys_addr_t address;
    bool is_in = endpoint == 3;
    while (!slot->halted[endpoint] && !(stick->is_mute && is_in) &&
           (!is_in || stick->stage != STICK_COMMAND) &&
           (trb = next_trb(&slot->endpoints[endpoint], &address))) {
        uint32_t asked = trb->status & 0x1ffff, left = 0;
        uint8_t *data = phys_to_virt(trb->parameter), code = next_code(device);
        if (code == XHCI_SUCCESS)
            code =
                is_in ? run_stick_in(stick, data, asked, &left) : run_stick_out(stick, data, asked);
        slot->halted[endpoint] = code != XHCI_SUCCESS && code != XHCI_SHORT_PACKET;
        if (slot->halted[endpoint])
            left = asked;
        post_transfer(id, endpoint, address, code, left);
    }
}

static void run_endpoint(unsigned id, unsigned endpoint)
{
    struct slot *slot = &chip.slots[id];
    struct fake_usb_device *device = slot->device;
    if (!slot->enabled || !device || !device->there || device->is_deaf ||
        !slot->endpoints[endpoint].at)
        return;
    if (endpoint == 1)
        run_control(id, device);
    else if (device->stick)
        run_stick(id, endpoint, device);
    else if (device->hub_ports)
        run_hub_changes(id, endpoint, device);
    else
        run_reports(id, endpoint, device);
}

void fake_usb_go_on(struct fake_usb_device *device)
{
    for (unsigned endpoint = 1; endpoint < 32; endpoint++)
        run_endpoint_of(device, endpoint);
}

void fake_usb_send(struct fake_usb_device *device, const uint8_t *bytes, size_t size)
{
    uint8_t *report = device->reports[device->report_count++];
    memset(report, 0, FAKE_REPORT);
    memcpy(report, bytes, size);
    run_endpoint_of(device, 3);
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

/* --- Commands ------------------------------------------------------------------------------- */

static const uint32_t *context(phys_addr_t input, unsigned index)
{
    return phys_to_virt(input + index * (fake_xhci.large_contexts ? 64 : 32));
}

static void take_endpoints(struct slot *slot, phys_addr_t input)
{
    uint32_t add = context(input, 0)[1];
    for (unsigned id = 1; id < 32; id++) {
        const uint32_t *endpoint = context(input, 1 + id);
        if (add >> id & 1)
            slot->halted[id] = false;
        if (add >> id & 1)
            slot->endpoints[id] = (struct chip_ring){
                (endpoint[2] & ~15u) | (phys_addr_t)endpoint[3] << 32, endpoint[2] & 1};
    }
}

static uint8_t enable_slot(uint8_t *given)
{
    for (uint8_t id = 1; id <= FAKE_XHCI_SLOTS; id++) {
        if (chip.slots[id].enabled)
            continue;
        chip.slots[id] = (struct slot){.enabled = true};
        fake_xhci.slots_enabled++;
        *given = fake_xhci.forced_slot ? fake_xhci.forced_slot : id;
        return XHCI_SUCCESS;
    }
    return 9; /* no slots available */
}

/* The device is found by the controller's port and the route from there. */
static uint8_t address_device(struct slot *slot, phys_addr_t input)
{
    const uint32_t *wanted = context(input, 1);
    take_endpoints(slot, input);
    slot->device = NULL;
    for (unsigned i = 0; i < FAKE_USB_DEVICES; i++) {
        struct fake_usb_device *device = &fake_usb_devices[i];
        if (device->there && root_port(device) == (wanted[1] >> 16 & 0xff) &&
            route(device) == (wanted[0] & 0xfffff))
            slot->device = device;
    }
    if (!slot->device)
        return XHCI_TRANSACTION_ERROR;
    slot->device->has_address_0 = false;
    if (slot->device->stick)
        slot->device->stick->stage = STICK_COMMAND;
    memcpy(slot->device->context, wanted, sizeof(slot->device->context));
    return XHCI_SUCCESS;
}

static uint8_t run_command(const struct xhci_trb *trb, uint8_t *id)
{
    struct slot *slot = &chip.slots[*id <= FAKE_XHCI_SLOTS ? *id : 0];
    unsigned endpoint = trb->control >> 16 & 31;
    switch (trb_type(trb)) {
    case TRB_ENABLE_SLOT:
        return enable_slot(id);
    case TRB_DISABLE_SLOT:
        fake_xhci.slots_enabled -= slot->enabled;
        *slot = (struct slot){0};
        return XHCI_SUCCESS;
    case TRB_ADDRESS_DEVICE:
        return address_device(slot, trb->parameter);
    case TRB_CONFIGURE_ENDPOINT:
        take_endpoints(slot, trb->parameter);
        if (slot->device)
            memcpy(slot->device->context, context(trb->parameter, 1), 12);
        return XHCI_SUCCESS;
    case TRB_RESET_ENDPOINT:
        if (!slot->halted[endpoint])
            return 19; /* context state error */
        slot->halted[endpoint] = false;
        return XHCI_SUCCESS;
    case TRB_SET_DEQUEUE:
        slot->endpoints[endpoint] =
            (struct chip_ring){trb->parameter & ~UINT64_C(15), trb->parameter & 1};
        return XHCI_SUCCESS;
    default:
        return XHCI_SUCCESS;
    }
}

static void run_commands(void)
{
    const struct xhci_trb *trb;
    phys_addr_t address;
    while (fake_xhci_runs() && (trb = next_trb(&chip.commands, &address))) {
        uint8_t id = (uint8_t)(trb->control >> 24), code;
        if (fake_xhci.deaf_commands) {
            fake_xhci.deaf_commands--;
            continue;
        }
        if (fake_xhci.command_errors) {
            fake_xhci.command_errors--;
            code = fake_xhci.command_code;
        } else {
            code = run_command(trb, &id);
        }
        fake_xhci_post(address, (uint32_t)code << 24, TRB_COMMAND_EVENT << 10 | (uint32_t)id << 24);
    }
}

/* --- Registers ------------------------------------------------------------------------------ */

static uint32_t read_capability(unsigned offset)
{
    switch (offset) {
    case CAP_LENGTH:
        return 0x01100000 | OPERATIONAL;
    case CAP_PARAMETERS_1:
        return FAKE_XHCI_SLOTS | 1 << 8 | FAKE_XHCI_PORTS << 24;
    case CAP_PARAMETERS_2:
        return fake_xhci.scratchpads << 27;
    case CAP_FEATURES:
        return (fake_xhci.only_32_bit ? 0 : FEATURE_64_BIT) |
               (fake_xhci.large_contexts ? FEATURE_LARGE_CONTEXTS : 0) | EXTENDED / 4 << 16;
    case CAP_DOORBELLS:
        return DOORBELLS;
    case CAP_RUNTIME:
        return RUNTIME;
    default:
        return 0;
    }
}

/* The firmware's capability, and the protocols: ports 1 and 2 are USB 2, the others USB 3. */
static uint32_t read_extended(unsigned offset)
{
    static const uint32_t usual[] = {0x02000402, 0x20425355, 0x00000201, 0,
                                     0x03000002, 0x20425355, 0x00000203, 0};
    static const uint32_t named[] = {
        0x02000702,        0x20425355, 0x30000201, 0, 12 << 16 | 0x27, /* 12 Mb/s is 7 */
        1500 << 16 | 0x14,                                             /* 1,500 kb/s is 4 */
        480 << 16 | 0x21,                                              /* 480 Mb/s is 1 */
        0x03000002,        0x20425355, 0x20000203, 0, 5 << 16 | 0x32,  /* 5 Gb/s is 2 */
        10 << 16 | 0x33 /* 10 Gb/s is 3 */};
    const uint32_t *protocols = fake_xhci.names_speeds ? named : usual;
    size_t size = fake_xhci.names_speeds ? sizeof(named) : sizeof(usual);
    if (offset == 0)
        return chip.legacy | 0x0401;
    if (offset == 4)
        return chip.legacy_control;
    offset -= 0x10;
    return offset < size ? protocols[offset / 4] : 0;
}

static uint32_t read_operational(unsigned offset)
{
    if (offset >= OP_PORTS && offset < OP_PORTS + FAKE_XHCI_PORTS * PORT_SIZE)
        return offset % PORT_SIZE ? 0 : chip.ports[(offset - OP_PORTS) / PORT_SIZE];
    switch (offset) {
    case OP_COMMAND:
        return chip.command;
    case OP_STATUS:
        return chip.status;
    case OP_PAGE_SIZE:
        return 1;
    case OP_CONFIG:
        return chip.config;
    default:
        return 0;
    }
}

static uint32_t read_register(phys_addr_t address)
{
    unsigned offset = (unsigned)(address - REGISTERS);
    if (fake_xhci.is_gone || address < REGISTERS || offset >= KIB(16))
        return UINT32_MAX;
    if (offset < OPERATIONAL)
        return read_capability(offset);
    if (offset < RUNTIME)
        return read_operational(offset - OPERATIONAL);
    return offset >= EXTENDED ? read_extended(offset - EXTENDED) : 0;
}

static void reset_chip(void)
{
    uint32_t ports[FAKE_XHCI_PORTS], legacy = chip.legacy, control = chip.legacy_control;
    memcpy(ports, chip.ports, sizeof(ports));
    memset(&chip, 0, sizeof(chip));
    memcpy(chip.ports, ports, sizeof(ports));
    chip.legacy = legacy;
    chip.legacy_control = control;
    chip.status = STATUS_HALTED;
    fake_xhci.resets++;
}

static void write_command(uint32_t value)
{
    chip.command = value;
    if (value & COMMAND_RESET) {
        reset_chip();
        chip.command = fake_xhci.never_resets ? COMMAND_RESET : 0;
    }
    if (value & COMMAND_RUN)
        chip.status &= ~(uint32_t)STATUS_HALTED;
    else if (!fake_xhci.never_halts)
        chip.status |= STATUS_HALTED;
}

static void write_half(uint64_t *reg, bool high, uint32_t value)
{
    *reg = high ? (*reg & UINT32_MAX) | (uint64_t)value << 32 : (*reg >> 32 << 32) | value;
}

static void write_operational(unsigned offset, uint32_t value)
{
    if (offset >= OP_PORTS && offset < OP_PORTS + FAKE_XHCI_PORTS * PORT_SIZE)
        write_port((offset - OP_PORTS) / PORT_SIZE, value);
    else if (offset == OP_COMMAND)
        write_command(value);
    else if (offset == OP_STATUS)
        chip.status &= ~(value & STATUS_INTERRUPT);
    else if (offset == OP_CONFIG)
        chip.config = value;
    else if (offset == OP_SLOT_TABLE || offset == OP_SLOT_TABLE + 4)
        write_half(&chip.slot_table, offset != OP_SLOT_TABLE, value);
    else if (offset == OP_COMMAND_RING || offset == OP_COMMAND_RING + 4)
        write_half(&chip.command_ring, offset != OP_COMMAND_RING, value);
    chip.commands =
        offset == OP_COMMAND_RING + 4
            ? (struct chip_ring){chip.command_ring & ~UINT64_C(63), chip.command_ring & 1}
            : chip.commands;
}

static void write_runtime(unsigned offset, uint32_t value)
{
    if (offset != RT_TABLE && offset != RT_TABLE + 4)
        return;
    write_half(&chip.event_table, offset != RT_TABLE, value);
    if (offset == RT_TABLE + 4)
        chip.events = (struct chip_ring){*(uint64_t *)phys_to_virt(chip.event_table), true};
}

static void write_legacy(unsigned offset, uint32_t value)
{
    if (offset == 0)
        chip.legacy = (value & 1u << 24) | (fake_xhci.firmware_keeps_it ? value & 1u << 16 : 0);
    if (offset == 4)
        chip.legacy_control = value & ~0xe0000000u;
    fake_xhci.smis_on = chip.legacy_control & 0xe011;
}

static void write_register(phys_addr_t address, uint32_t value)
{
    unsigned offset = (unsigned)(address - REGISTERS);
    if (address < REGISTERS || offset >= KIB(16))
        return;
    if (offset >= EXTENDED)
        write_legacy(offset - EXTENDED, value);
    else if (offset == DOORBELLS)
        run_commands();
    else if (offset > DOORBELLS && offset <= DOORBELLS + 4 * FAKE_XHCI_SLOTS)
        run_endpoint((offset - DOORBELLS) / 4, value);
    else if (offset >= RUNTIME)
        write_runtime(offset - RUNTIME, value);
    else if (offset >= OPERATIONAL)
        write_operational(offset - OPERATIONAL, value);
}

/* -------------------------------------------------------------------------------------------- */

void fake_xhci_reset(void)
{
    static struct test_arena *arena;
    if (arena)
        test_arena_destroy(arena);
    arena = test_arena_create(MIB(4));
    fake_pci_reset(true, 0);
    physical_memory_simple(MIB(64));
    heap_init(NULL, false, &arena->arena);
    memset(&fake_xhci, 0, sizeof(fake_xhci));
    memset(&chip, 0, sizeof(chip));
    memset(fake_usb_devices, 0, sizeof(fake_usb_devices));
    chip.legacy = 1 << 16;
    chip.legacy_control = 0xe011;
    function = fake_pci_add(0, 4, 0, 0x000d1b36, 0x0c0330, 0);
    fake_pci_bar(function, 0, REGISTERS, KIB(16), 4);
    fake_pci_memory(read_register, write_register);
}

void fake_xhci_start(struct executor *executor)
{
    fake_pci_start();
    pci_start_drivers(executor, false);
}
