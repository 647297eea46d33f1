/*
 * eXtensible Host Controller Interface 1.2, 4.2: the firmware hands the controller over, it is
 * halted and reset, gets its tables, and runs. The controller's task goes through these stages,
 * each with a limit, and then takes events: after an interrupt, or every few milliseconds until the
 * first interrupt has come.
 */
#include <assert.h>
#include <drivers/usb/xhci_registers.h>
#include <drivers/usb/xhci_start.h>
#include <io.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>

enum stage { HANDOVER, HALT, RESET, RUN };

enum limit {
    HANDOVER_MILLISECONDS = 1000,
    RESET_MILLISECONDS = 1000,
    POLL_MILLISECONDS = 4,
    PORTS_MILLISECONDS = 1000,
};

/* Extended capabilities (chapter 7). */
enum extended_capability {
    CAPABILITY_LEGACY = 1,
    CAPABILITY_PROTOCOL = 2,
    MOST_CAPABILITIES = 256,
};

enum legacy_support {
    FIRMWARE_OWNS = 1 << 16,
    SYSTEM_OWNS = 1 << 24,
    LEGACY_CONTROL = 4, /* where the control register is */
    LEGACY_SIZE = 8,
};

#define CONTROL_KEEP   UINT32_C(0x000e1fee) /* all bits except those that enable SMIs */
#define CONTROL_EVENTS UINT32_C(0xe0000000) /* a written 1 clears them */

/* A protocol names its speeds by dwords, or has those that are usual (7.2.2.1.1). */
enum protocol {
    PROTOCOL_PORTS = 8,
    PROTOCOL_SPEEDS = 16,
    SPEED_EXPONENT_SHIFT = 4,
    SPEED_MANTISSA_SHIFT = 16,
};

/* The event ring's table is in the same page as the slots' table, after it. */
enum { EVENT_TABLE = 2048 };

static uint32_t read_op(const struct xhci *xhci, unsigned offset)
{
    return mmio_read(xhci->operational + offset);
}

static void write_op(const struct xhci *xhci, unsigned offset, uint32_t value)
{
    mmio_write(xhci->operational + offset, value);
}

static uint32_t read_cap(const struct xhci *xhci, unsigned offset)
{
    return mmio_read(xhci->capability + offset);
}

/* --- Extended capabilities ------------------------------------------------------------------ */

/* `at` has `room` bytes of registers behind it, at least 4. */
typedef bool (*capability_check)(struct xhci *xhci, volatile uint8_t *at, uint64_t room);

/* Is the check true for one of the extended capabilities? The search ends at the first such one. */
static bool any_capability(struct xhci *xhci, capability_check check)
{
    uint64_t at = 0, step = read_cap(xhci, CAP_FEATURES) >> 16 << 2;
    for (unsigned i = 0; step && i < MOST_CAPABILITIES; i++) {
        at += step;
        if (at + 4 > xhci->registers_size)
            return false;
        if (check(xhci, xhci->capability + at, xhci->registers_size - at))
            return true;
        step = (mmio_read(xhci->capability + at) >> 8 & 0xff) << 2;
    }
    return false;
}

static bool is_legacy(const volatile uint8_t *at, uint64_t room)
{
    return room >= LEGACY_SIZE && (mmio_read(at) & 0xff) == CAPABILITY_LEGACY;
}

static bool ask_firmware(struct xhci *xhci, volatile uint8_t *at, uint64_t room)
{
    (void)xhci;
    if (is_legacy(at, room))
        mmio_write(at, mmio_read(at) | SYSTEM_OWNS);
    return false;
}

static bool firmware_owns(struct xhci *xhci, volatile uint8_t *at, uint64_t room)
{
    (void)xhci;
    return is_legacy(at, room) && mmio_read(at) & FIRMWARE_OWNS;
}

/* Takes the controller from the firmware, even if it has not released it, and switches its SMIs
 * off. */
static bool take_from_firmware(struct xhci *xhci, volatile uint8_t *at, uint64_t room)
{
    (void)xhci;
    if (is_legacy(at, room)) {
        mmio_write(at, (mmio_read(at) & ~(uint32_t)FIRMWARE_OWNS) | SYSTEM_OWNS);
        mmio_write(at + LEGACY_CONTROL,
                   (mmio_read(at + LEGACY_CONTROL) & CONTROL_KEEP) | CONTROL_EVENTS);
    }
    return false;
}

/* The speed that a dword describes, by its bits in a second. */
static uint8_t read_speed(uint32_t dword)
{
    static const struct {
        uint64_t most;
        uint8_t speed;
    } speeds[] = {{1500000, USB_LOW},
                  {12000000, USB_FULL},
                  {480000000, USB_HIGH},
                  {5000000000, USB_SUPER},
                  {UINT64_MAX, USB_SUPER_PLUS}};
    uint64_t rate = dword >> SPEED_MANTISSA_SHIFT;
    for (unsigned i = dword >> SPEED_EXPONENT_SHIFT & 3; i; i--)
        rate *= 1000;
    unsigned i = 0;
    while (rate > speeds[i].most)
        i++;
    return speeds[i].speed;
}

static void set_usual_speeds(struct xhci_port *port)
{
    static const uint8_t usual[] = {0,         USB_FULL,       USB_LOW,        USB_HIGH,
                                    USB_SUPER, USB_SUPER_PLUS, USB_SUPER_PLUS, USB_SUPER_PLUS};
    memset(port->speeds, 0, sizeof(port->speeds));
    memcpy(port->speeds, usual, sizeof(usual));
}

/* Takes the speeds' numbers at the ports of a protocol. */
static bool note_protocol(struct xhci *xhci, volatile uint8_t *at, uint64_t room)
{
    if (room < PROTOCOL_SPEEDS || (mmio_read(at) & 0xff) != CAPABILITY_PROTOCOL)
        return false;
    uint32_t ports = mmio_read(at + PROTOCOL_PORTS);
    unsigned first = ports & 0xff, count = ports >> 8 & 0xff, speeds = ports >> 28;
    if (room < PROTOCOL_SPEEDS + 4 * (uint64_t)speeds || !speeds)
        return false;
    for (unsigned port = MAX(first, 1u); port < first + count && port <= xhci->port_count; port++) {
        uint8_t *numbers = xhci->ports[port - 1].speeds;
        memset(numbers, 0, sizeof(xhci->ports[port - 1].speeds));
        for (unsigned i = 0; i < speeds; i++) {
            uint32_t dword = mmio_read(at + PROTOCOL_SPEEDS + 4 * (size_t)i);
            numbers[dword & PORT_SPEED_MASK] = read_speed(dword);
        }
    }
    return false;
}

/* --- Memory for the controller -------------------------------------------------------------- */

/* Pages that the controller uses for itself (4.20): an array of their addresses, the first entry of
 * the slots' table. */
static bool give_scratchpads(struct xhci *xhci)
{
    uint32_t parameters = read_cap(xhci, CAP_PARAMETERS_2);
    unsigned count = (parameters >> 21 & 31) << 5 | parameters >> 27;
    if (!count)
        return true;
    phys_addr_t array = xhci_pages(xhci, 0);
    if (array == NO_FRAME || count > PAGE_SIZE / sizeof(uint64_t))
        return false;
    xhci->slot_table[0] = array;
    uint64_t *entries = phys_to_virt(array);
    for (unsigned i = 0; i < count; i++) {
        entries[i] = xhci_pages(xhci, 0);
        if (entries[i] == NO_FRAME)
            return false;
    }
    return true;
}

/* One segment (6.5). */
static void write_event_table(const struct xhci *xhci)
{
    struct {
        uint64_t address;
        uint32_t size, reserved;
    } *table = (void *)((uint8_t *)xhci->slot_table + EVENT_TABLE);
    table->address = xhci->events.address;
    table->size = XHCI_RING_TRBS;
}

static bool give_memory(struct xhci *xhci)
{
    phys_addr_t table = xhci_pages(xhci, 0), commands = xhci_pages(xhci, 0),
                events = xhci_pages(xhci, 0);
    if (table == NO_FRAME || commands == NO_FRAME || events == NO_FRAME)
        return false;
    xhci->slot_table = phys_to_virt(table);
    xhci_ring_init(&xhci->commands, commands);
    xhci_event_ring_init(&xhci->events, events);
    write_event_table(xhci);
    if (!give_scratchpads(xhci))
        return false;
    write_op(xhci, OP_CONFIG, xhci->slot_count);
    mmio_write_64(xhci->operational + OP_SLOT_TABLE, table);
    mmio_write_64(xhci->operational + OP_COMMAND_RING, commands | TRB_CYCLE);
    mmio_write(xhci->runtime + RT_MODERATION, 0);
    mmio_write(xhci->runtime + RT_MANAGEMENT, RT_PENDING | RT_ENABLE);
    mmio_write(xhci->runtime + RT_TABLE_SIZE, 1);
    mmio_write_64(xhci->runtime + RT_DEQUEUE, events);
    mmio_write_64(xhci->runtime + RT_TABLE, table + EVENT_TABLE);
    return true;
}

/* --- The stages ----------------------------------------------------------------------------- */

static void begin_stage(struct xhci *xhci, enum stage stage, unsigned milliseconds)
{
    xhci->stage = stage;
    xhci->deadline = clock_now() + milliseconds * NANOSECONDS_PER_MILLISECOND;
}

static void power_ports(struct xhci *xhci)
{
    for (unsigned port = 1; port <= xhci->port_count; port++) {
        if (!(xhci_port_status(xhci, port) & PORT_POWER))
            xhci_port_power(xhci, port);
    }
}

static void look_at_ports(struct xhci *xhci)
{
    for (unsigned port = 1; port <= xhci->port_count; port++)
        xhci_look_at_port(xhci, port);
}

static void run(struct xhci *xhci)
{
    if (!give_memory(xhci)) {
        xhci_stop(xhci, "gets no memory that it can reach");
        return;
    }
    pci_command(xhci->device, PCI_COMMAND_MASTER, 0);
    write_op(xhci, OP_COMMAND, COMMAND_RUN | COMMAND_INTERRUPTS);
    any_capability(xhci, note_protocol);
    power_ports(xhci);
    look_at_ports(xhci);
    begin_stage(xhci, RUN, PORTS_MILLISECONDS);
    xhci->started(xhci);
}

static bool is_late(const struct xhci *xhci)
{
    return clock_now() >= xhci->deadline;
}

static void poll_handover(struct xhci *xhci)
{
    if (any_capability(xhci, firmware_owns)) {
        if (!is_late(xhci))
            return;
        log_warn("usb: the firmware does not let go of its controller; taken from it");
    }
    any_capability(xhci, take_from_firmware);
    write_op(xhci, OP_COMMAND, 0);
    begin_stage(xhci, HALT, RESET_MILLISECONDS);
}

static void poll_halt(struct xhci *xhci)
{
    if (!(read_op(xhci, OP_STATUS) & STATUS_HALTED)) {
        if (is_late(xhci))
            xhci_stop(xhci, "does not halt");
        return;
    }
    write_op(xhci, OP_COMMAND, COMMAND_RESET);
    begin_stage(xhci, RESET, RESET_MILLISECONDS);
}

static void poll_reset(struct xhci *xhci)
{
    bool busy =
        read_op(xhci, OP_COMMAND) & COMMAND_RESET || read_op(xhci, OP_STATUS) & STATUS_NOT_READY;
    if (!busy)
        run(xhci);
    else if (is_late(xhci))
        xhci_stop(xhci, "does not come out of its reset");
}

/* Looks at the ports once a second, too: some controllers lose an event of a port now and then. */
static void poll_events(struct xhci *xhci)
{
    xhci_take_events(xhci);
    if (!xhci->dead && is_late(xhci)) {
        look_at_ports(xhci);
        begin_stage(xhci, RUN, PORTS_MILLISECONDS);
    }
}

static void poll_stage(struct xhci *xhci)
{
    switch ((enum stage)xhci->stage) {
    case HANDOVER:
        poll_handover(xhci);
        break;
    case HALT:
        poll_halt(xhci);
        break;
    case RESET:
        poll_reset(xhci);
        break;
    case RUN:
        poll_events(xhci);
        break;
    }
}

/* How long the task sleeps, in milliseconds. Once an interrupt has come, others will come, too, and
 * it sleeps longer. */
static unsigned pause(const struct xhci *xhci)
{
    return xhci->interrupts ? PORTS_MILLISECONDS : POLL_MILLISECONDS;
}

static enum poll_result poll_controller(struct task *task)
{
    struct xhci *xhci = CONTAINER_OF(task, struct xhci, task);
    enum poll_result result;
    do {
        poll_stage(xhci);
        if (xhci->dead) {
            xhci->started(xhci);
            return POLL_READY;
        }
        sleep_for(&xhci->sleep, pause(xhci) * NANOSECONDS_PER_MILLISECOND);
        result = sleep_poll(&xhci->sleep, task);
    } while (result == POLL_READY);
    return POLL_PENDING;
}

/* --- The beginning -------------------------------------------------------------------------- */

/* Finds the blocks of registers, and checks that they lie within the memory that is mapped. */
static enum error find_registers(struct xhci *xhci)
{
    uint32_t length = read_cap(xhci, CAP_LENGTH) & 0xff;
    uint64_t doorbells = read_cap(xhci, CAP_DOORBELLS) & ~UINT32_C(3);
    uint64_t runtime = read_cap(xhci, CAP_RUNTIME) & ~UINT32_C(31);
    uint32_t parameters = read_cap(xhci, CAP_PARAMETERS_1);
    xhci->slot_count = MIN(parameters & 0xff, (uint32_t)XHCI_MAX_SLOTS);
    xhci->port_count = parameters >> 24;
    uint64_t ports = (uint64_t)length + OP_PORTS + (uint64_t)xhci->port_count * PORT_SIZE;
    uint64_t size = xhci->registers_size;
    if (!xhci->slot_count || !xhci->port_count || length < 0x20 || length & 3 || ports > size ||
        runtime + RT_END > size || doorbells + 4 * (xhci->slot_count + UINT64_C(1)) > size)
        return ERROR_DEVICE;
    xhci->operational = xhci->capability + length;
    xhci->runtime = xhci->capability + runtime;
    xhci->doorbells = xhci->capability + doorbells;
    return read_op(xhci, OP_PAGE_SIZE) & 1 ? OK : ERROR_UNSUPPORTED;
}

static struct xhci_port *make_ports(struct xhci *xhci)
{
    struct xhci_port *ports = kzalloc(xhci->port_count * sizeof(*ports));
    for (unsigned i = 0; ports && i < xhci->port_count; i++) {
        struct usb_port usb = {.operations = &xhci_port_operations, .xhci = xhci, .number = i + 1};
        ports[i].usb = usb;
        wait_queue_init(&ports[i].turn.waiting);
        set_usual_speeds(&ports[i]);
    }
    return ports;
}

enum error xhci_start(struct xhci *xhci, struct executor *executor)
{
    ASSERT(xhci->device && xhci->plugged && xhci->started);
    enum error error = find_registers(xhci);
    if (error)
        return error;
    xhci->ports = make_ports(xhci);
    if (!xhci->ports)
        return ERROR_FULL;
    uint32_t features = read_cap(xhci, CAP_FEATURES);
    xhci->has_64_bit = features & FEATURE_64_BIT;
    xhci->large_contexts = features & FEATURE_LARGE_CONTEXTS;
    xhci->last_command = &xhci->first_command;
    any_capability(xhci, ask_firmware);
    begin_stage(xhci, HANDOVER, HANDOVER_MILLISECONDS);
    task_init(&xhci->task, "usb controller", poll_controller, NULL);
    xhci->task.priority = TASK_HIGH;
    executor_spawn(executor, &xhci->task);
    return OK;
}
