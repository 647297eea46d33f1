/*
 * eXtensible Host Controller Interface 1.2, chapter 4. An event names a slot, an endpoint and a
 * TRB. If no such request is being executed, the controller is broken and is stopped, since it
 * might write anywhere in memory.
 */
#include <assert.h>
#include <drivers/usb/xhci.h>
#include <drivers/usb/xhci_registers.h>
#include <io.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>

/* The bits of PORTSC that are written back as they were: power, indicators, wake-ups. */
enum { PORT_KEEP = 0x0e00c200 };

/* --- Registers ------------------------------------------------------------------------------ */

static volatile uint8_t *port_register(const struct xhci *xhci, unsigned port)
{
    ASSERT(port >= 1 && port <= xhci->port_count);
    return xhci->operational + OP_PORTS + (size_t)(port - 1) * PORT_SIZE;
}

uint32_t xhci_port_status(struct xhci *xhci, unsigned port)
{
    volatile uint8_t *reg = port_register(xhci, port);
    uint32_t value = mmio_read(reg), changes = value & PORT_CHANGES;
    if (changes)
        mmio_write(reg, (value & PORT_KEEP) | changes);
    xhci->ports[port - 1].usb.changes |= changes;
    return value;
}

void xhci_port_power(struct xhci *xhci, unsigned port)
{
    mmio_write(port_register(xhci, port), (xhci_port_status(xhci, port) & PORT_KEEP) | PORT_POWER);
}

phys_addr_t xhci_pages(const struct xhci *xhci, unsigned order)
{
    phys_addr_t run = frames_alloc_run(order);
    if (run == NO_FRAME)
        return NO_FRAME;
    if (!xhci->has_64_bit && run >> 32) {
        frames_free_run(run, order);
        return NO_FRAME;
    }
    memset(phys_to_virt(run), 0, PAGE_SIZE << order);
    return run;
}

/* --- The end of a controller ---------------------------------------------------------------- */

void xhci_stop(struct xhci *xhci, const char *reason)
{
    const struct pci_address *at = &xhci->device->address;
    if (xhci->dead)
        return;
    xhci->dead = true;
    mmio_write(xhci->operational + OP_COMMAND, 0);
    pci_command(xhci->device, 0, PCI_COMMAND_MASTER);
    log_error("usb: the controller %02x:%02x.%u %s; stopped", at->bus, at->slot, at->function,
              reason);
    for (struct xhci_command *command = xhci->first_command; command; command = command->next)
        task_wake(command->task);
    for (unsigned i = 1; i <= XHCI_MAX_SLOTS; i++) {
        if (xhci->slots[i])
            task_wake(xhci->slots[i]->task);
    }
    for (unsigned i = 0; i < xhci->port_count; i++) {
        if (xhci->ports[i].usb.task)
            task_wake(xhci->ports[i].usb.task);
    }
}

/* --- Commands and transfers ----------------------------------------------------------------- */

static void ring_doorbell(const struct xhci *xhci, unsigned slot, unsigned target)
{
    mmio_write(xhci->doorbells + 4 * (size_t)slot, target);
}

void xhci_command(struct xhci *xhci, struct xhci_command *command, const struct xhci_trb *trb)
{
    ASSERT(!command->busy);
    command->busy = true;
    command->next = NULL;
    command->index = xhci_ring_put(&xhci->commands, trb, 1);
    *xhci->last_command = command;
    xhci->last_command = &command->next;
    if (!xhci->dead)
        ring_doorbell(xhci, 0, 0);
}

enum error xhci_add_slot(struct xhci *xhci, struct xhci_slot *slot, uint8_t id)
{
    ASSERT(slot->id == 0);
    if (id == 0 || id > xhci->slot_count || xhci->slots[id])
        return ERROR_DEVICE;
    slot->id = id;
    xhci->slots[id] = slot;
    return OK;
}

void xhci_remove_slot(struct xhci *xhci, struct xhci_slot *slot)
{
    ASSERT(xhci->slots[slot->id] == slot);
    xhci->slots[slot->id] = NULL;
    xhci->slot_table[slot->id] = 0;
    slot->id = 0;
}

void xhci_set_context(struct xhci *xhci, const struct xhci_slot *slot, phys_addr_t context)
{
    ASSERT(xhci->slots[slot->id] == slot);
    xhci->slot_table[slot->id] = context;
}

void xhci_transfer(struct xhci *xhci, const struct xhci_slot *slot, struct xhci_endpoint *endpoint,
                   const struct xhci_trb *trbs, unsigned count, uint32_t length)
{
    ASSERT(!endpoint->busy);
    endpoint->busy = true;
    endpoint->count = count;
    endpoint->length = length;
    endpoint->last = xhci_ring_put(&endpoint->ring, trbs, count);
    if (!xhci->dead)
        ring_doorbell(xhci, slot->id, endpoint->id);
}

/* --- Events --------------------------------------------------------------------------------- */

static struct xhci_endpoint *find_endpoint(struct xhci_slot *slot, unsigned id)
{
    for (unsigned i = 0; id && i < XHCI_SLOT_ENDPOINTS; i++) {
        if (slot->endpoints[i].id == id)
            return &slot->endpoints[i];
    }
    return NULL;
}

/* Handles an event. Returns NULL, or a text that says what is wrong with the event. */
static const char *take_transfer_event(struct xhci *xhci, const struct xhci_trb *event)
{
    unsigned id = event->control >> 24;
    struct xhci_slot *slot = id <= XHCI_MAX_SLOTS ? xhci->slots[id] : NULL;
    if (!slot)
        return "reports a device that is not there";
    struct xhci_endpoint *endpoint = find_endpoint(slot, event->control >> 16 & 31);
    if (!endpoint || !endpoint->busy)
        return "reports a transfer that is not under way";
    uint32_t left = event->status & 0xffffff;
    if (!xhci_ring_holds(&endpoint->ring, event->parameter, endpoint->last, endpoint->count))
        return "reports a transfer at a wrong place";
    if (left > endpoint->length)
        return "has transferred less than nothing";
    endpoint->code = (uint8_t)(event->status >> 24);
    endpoint->left = left;
    endpoint->busy = false;
    task_wake(slot->task);
    return NULL;
}

/* Commands are done in their order (4.6.1). */
static const char *take_command_event(struct xhci *xhci, const struct xhci_trb *event)
{
    struct xhci_command *command = xhci->first_command;
    if (!command || event->parameter != xhci_ring_address(&xhci->commands, command->index))
        return "reports a command that is not under way";
    xhci->first_command = command->next;
    if (!xhci->first_command)
        xhci->last_command = &xhci->first_command;
    command->code = (uint8_t)(event->status >> 24);
    command->slot = (uint8_t)(event->control >> 24);
    command->busy = false;
    task_wake(command->task);
    return NULL;
}

void xhci_look_at_port(struct xhci *xhci, unsigned port)
{
    struct usb_port *usb = &xhci->ports[port - 1].usb;
    uint32_t status = xhci_port_status(xhci, port);
    if (usb->task)
        task_wake(usb->task);
    else if (status & PORT_CONNECTED)
        xhci->plugged(usb);
}

static const char *take_port_event(struct xhci *xhci, const struct xhci_trb *event)
{
    unsigned port = event->parameter >> 24 & 0xff;
    if (port == 0 || port > xhci->port_count)
        return "reports a port that is not there";
    xhci_look_at_port(xhci, port);
    return NULL;
}

/* Events of other kinds are ignored. */
static const char *take_event(struct xhci *xhci, const struct xhci_trb *event)
{
    switch (trb_type(event)) {
    case TRB_TRANSFER_EVENT:
        return take_transfer_event(xhci, event);
    case TRB_COMMAND_EVENT:
        return take_command_event(xhci, event);
    case TRB_PORT_EVENT:
        return take_port_event(xhci, event);
    default:
        return NULL;
    }
}

static bool is_broken(const struct xhci *xhci)
{
    uint32_t status = mmio_read(xhci->operational + OP_STATUS);
    return status == UINT32_MAX || status & (STATUS_MEMORY_ERROR | STATUS_ERROR);
}

/* The two bits are cleared before the events are taken: later events set them again. */
void xhci_interrupt(void *context)
{
    struct xhci *xhci = context;
    volatile uint8_t *status = xhci->operational + OP_STATUS;
    if (xhci->dead || !(mmio_read(status) & STATUS_INTERRUPT))
        return; /* another device's on the same line */
    mmio_write(status, STATUS_INTERRUPT);
    mmio_write(xhci->runtime + RT_MANAGEMENT, RT_PENDING | RT_ENABLE);
    xhci->interrupts++;
    task_wake(&xhci->task);
}

void xhci_take_events(struct xhci *xhci)
{
    struct xhci_trb event;
    unsigned count = 0;
    if (is_broken(xhci)) {
        xhci_stop(xhci, "reports an error of its own, or is gone");
        return;
    }
    while (count < XHCI_RING_TRBS && xhci_event_ring_take(&xhci->events, &event)) {
        count++;
        const char *wrong = take_event(xhci, &event);
        if (wrong) {
            xhci_stop(xhci, wrong);
            return;
        }
    }
    if (count)
        mmio_write_64(xhci->runtime + RT_DEQUEUE,
                      (xhci->events.address + xhci->events.next * sizeof(struct xhci_trb)) |
                          RT_DEQUEUE_BUSY);
}

/* --- Ports, for devices --------------------------------------------------------------------- */

static uint32_t status_of(struct usb_port *port)
{
    return xhci_port_status(port->xhci, port->number);
}

static void reset_port(struct usb_port *port)
{
    uint32_t value = status_of(port);
    port->changes &= ~(uint32_t)PORT_RESET_CHANGE;
    mmio_write(port_register(port->xhci, port->number), (value & PORT_KEEP) | PORT_RESET);
}

static void look_at(struct usb_port *port)
{
    if (!port->xhci->dead)
        xhci_look_at_port(port->xhci, port->number);
}

const struct usb_port_operations xhci_port_operations = {
    .status = status_of, .reset = reset_port, .look = look_at};
