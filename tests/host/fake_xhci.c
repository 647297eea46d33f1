/*
 * The controller of the fake machine (xHCI 1.2): the driver writes its registers, and what a write
 * asks for is done at once. A doorbell runs the commands, or an endpoint's transfers, that wait in
 * its ring; each one that ends is reported as an event. The devices' answers are in
 * fake_usb_device.c.
 */
#include "fake_xhci.h"

#include <drivers/usb/xhci_registers.h>
#include <layout.h>
#include <mm/heap.h>
#include <string.h>

#include "fake_pci.h"
#include "fake_usb.h"
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

struct fake_usb_device *fake_xhci_plug(unsigned port, enum usb_speed speed)
{
    struct fake_usb_device *device = &fake_usb_devices[port - 1];
    fake_usb_make_keyboard(device, speed);
    device->port = port;
    static const uint8_t named[] = {0, 7, 4, 1, 2, 3};
    uint32_t number = fake_xhci.names_speeds ? named[speed] : speed;
    chip.ports[port - 1] = PORT_POWER | PORT_CONNECTED | number << PORT_SPEED_SHIFT |
                           (speed >= USB_SUPER ? PORT_ENABLED : 0);
    change_port(port, PORT_CONNECT_CHANGE);
    return device;
}

void fake_xhci_unplug(unsigned port)
{
    fake_usb_take_away(&fake_usb_devices[port - 1]);
    chip.ports[port - 1] &= PORT_POWER | PORT_CHANGES;
    change_port(port, PORT_CONNECT_CHANGE);
}

/* --- Transfers ------------------------------------------------------------------------------ */

bool fake_xhci_take(unsigned slot, unsigned endpoint, struct fake_transfer *transfer)
{
    const struct xhci_trb *trb = NULL;
    if (!chip.slots[slot].halted[endpoint])
        trb = next_trb(&chip.slots[slot].endpoints[endpoint], &transfer->trb);
    if (!trb)
        return false;
    transfer->data = phys_to_virt(trb->parameter);
    transfer->asked = trb->status & 0x1ffff;
    return true;
}

static void end_transfer(unsigned slot, unsigned endpoint, phys_addr_t trb, uint8_t code,
                         uint32_t left)
{
    chip.slots[slot].halted[endpoint] = code != XHCI_SUCCESS && code != XHCI_SHORT_PACKET;
    fake_xhci_post(trb, (uint32_t)code << 24 | left,
                   TRB_TRANSFER_EVENT << 10 | endpoint << 16 | slot << 24);
}

void fake_xhci_end(unsigned slot, unsigned endpoint, const struct fake_transfer *transfer,
                   uint8_t code, uint32_t left)
{
    end_transfer(slot, endpoint, transfer->trb, code, left);
}

/* A request: a TRB with the request itself, perhaps one with data, and one for the status. */
static void run_control(unsigned id, struct fake_usb_device *device)
{
    static uint8_t nothing[2048];
    uint8_t *data = nothing;
    uint64_t setup = 0;
    struct xhci_trb *trb;
    phys_addr_t address;
    while (!chip.slots[id].halted[1] && (trb = next_trb(&chip.slots[id].endpoints[1], &address))) {
        if (trb_type(trb) == TRB_SETUP) {
            setup = trb->parameter;
            data = nothing;
        } else if (trb_type(trb) == TRB_DATA) {
            data = phys_to_virt(trb->parameter);
        } else {
            uint8_t code = fake_usb_next_code(device);
            if (code == XHCI_SUCCESS)
                code = fake_usb_answer(device, setup, data);
            end_transfer(id, 1, address, code, 0);
        }
    }
}

static void run_endpoint(unsigned id, unsigned endpoint)
{
    const struct slot *slot = &chip.slots[id];
    struct fake_usb_device *device = slot->device;
    if (!slot->enabled || !device || !device->there || device->is_deaf ||
        !slot->endpoints[endpoint].at)
        return;
    if (endpoint == 1)
        run_control(id, device);
    else
        fake_usb_transfer(id, endpoint, device);
}

void fake_xhci_run(const struct fake_usb_device *device, unsigned endpoint)
{
    for (unsigned id = 1; id <= FAKE_XHCI_SLOTS; id++) {
        if (chip.slots[id].device == device)
            run_endpoint(id, endpoint);
    }
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
        if (device->there && fake_usb_root_port(device) == (wanted[1] >> 16 & 0xff) &&
            fake_usb_route(device) == (wanted[0] & 0xfffff))
            slot->device = device;
    }
    if (!slot->device)
        return XHCI_TRANSACTION_ERROR;
    slot->device->has_address_0 = false;
    if (slot->device->stick)
        slot->device->stick->stage = FAKE_STICK_COMMAND;
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
