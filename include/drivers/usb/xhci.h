/*
 * An xHCI controller (eXtensible Host Controller Interface 1.2): commands, transfers, ports. The
 * controller executes requests later, and reports their ends in events. A task of the controller's
 * takes the events; each one wakes the task that waits for it.
 *
 * Memory that the controller may write belongs to it until it has completed the command that
 * disables the slot, or until it is stopped. A controller that answers nonsense, or does not
 * answer, is stopped: it is `dead`, all tasks that wait for it are woken, and it cannot access
 * memory any more.
 *
 * Everything here is for tasks and set-up code, unless it says otherwise.
 */
#ifndef DRIVERS_USB_XHCI_H
#define DRIVERS_USB_XHCI_H

#include <drivers/irq.h>
#include <drivers/pci.h>
#include <drivers/usb/usb_port.h>
#include <drivers/usb/xhci_ring.h>
#include <kernel/task/mutex.h>
#include <kernel/task/sleep.h>

enum {
    XHCI_MAX_SLOTS = 32, /* devices at once */
    XHCI_MAX_PORTS = 255,
    XHCI_SLOT_ENDPOINTS = 3, /* of a device that are used at once */
    XHCI_MAX_SCRATCHPADS = 1023,
};

/* How a transfer or a command ended (xHCI 6.4.5). */
enum xhci_code {
    XHCI_SUCCESS = 1,
    XHCI_BABBLE = 3,
    XHCI_TRANSACTION_ERROR = 4,
    XHCI_STALL = 6,
    XHCI_SHORT_PACKET = 13,
};

struct xhci_command {
    struct xhci_command *next; /* in the list of the commands that are being executed */
    struct task *task;         /* woken when it is done */
    unsigned index;            /* in the command ring */
    bool busy;
    uint8_t code; /* once it is not busy: how it ended */
    uint8_t slot;
};

/* One transfer at a time. */
struct xhci_endpoint {
    uint8_t id; /* xHCI 4.5.1, the device context index; 0: not in use */
    struct xhci_ring ring;
    bool busy;
    unsigned last, count; /* the transfer's TRBs in the ring */
    uint32_t length;      /* bytes to transfer */
    uint8_t code;         /* once it is not busy: how it ended */
    uint32_t left;        /* bytes that were not transferred */
};

/* A device, as the controller knows it. */
struct xhci_slot {
    uint8_t id; /* 0: none yet */
    struct task *task;
    struct xhci_endpoint endpoints[XHCI_SLOT_ENDPOINTS];
};

struct xhci_port {
    struct usb_port usb;
    struct mutex turn;                   /* of a device that is reset, until it has an address */
    uint8_t speeds[PORT_SPEED_MASK + 1]; /* by the controller's numbers; 0: there is none */
};

struct xhci {
    struct xhci *next; /* usb.c's */
    struct task task;
    struct pci_device *device;
    struct irq_handler handler;
    const char *way;     /* how interrupts come; NULL: in no way */
    uint64_t interrupts; /* so far */
    volatile uint8_t *capability, *operational, *runtime, *doorbells;
    uint64_t registers_size;
    bool has_64_bit, large_contexts;
    bool dead;
    bool settled; /* `started` has been called */
    unsigned slot_count, port_count;
    struct xhci_slot *slots[XHCI_MAX_SLOTS + 1]; /* by ID */
    struct xhci_port *ports;                     /* by number - 1 */
    /* Called when a device is plugged into a port that has no task. */
    void (*plugged)(struct usb_port *port);
    /* Called when the controller runs, and when it is stopped. */
    void (*started)(struct xhci *xhci);
    struct xhci_command *first_command, **last_command; /* under way, in the order of the ring */
    struct xhci_ring commands;
    struct xhci_event_ring events;
    uint64_t *slot_table; /* the addresses of the slots' contexts */
    unsigned stage;       /* of the set-up */
    uint64_t deadline;
    struct sleep sleep;
};

/* Stops the controller for good, and says why in one line of the log. */
void xhci_stop(struct xhci *xhci, const char *reason);

/* Handles an interrupt of the controller `context`: wakes its task, which takes the events. In the
 * interrupt handler. */
void xhci_interrupt(void *context);

/* Takes all events, and wakes the tasks that wait for them. */
void xhci_take_events(struct xhci *xhci);

/* Allocates 2^order adjacent pages of zeros that the controller can access, aligned to their size;
 * NO_FRAME if there are none. */
phys_addr_t xhci_pages(const struct xhci *xhci, unsigned order);

/* --- Ports, numbered from 1 ----------------------------------------------------------------- */

/* Returns the port's state. Acknowledges the changes since the last call, and adds them to the
 * port's `changes`. */
uint32_t xhci_port_status(struct xhci *xhci, unsigned port);

/* Wakes the task of the device at the port; calls `plugged` if there is a device without one. */
void xhci_look_at_port(struct xhci *xhci, unsigned port);

/* Gives the port power. */
void xhci_port_power(struct xhci *xhci, unsigned port);

/* The operations of a controller's port, for the task of the device that is plugged in there. */
extern const struct usb_port_operations xhci_port_operations;

/* --- Commands ------------------------------------------------------------------------------- */

/* Gives the controller a command, which is not busy. The controller may never complete it. */
void xhci_command(struct xhci *xhci, struct xhci_command *command, const struct xhci_trb *trb);

/* --- Transfers ------------------------------------------------------------------------------ */

/* Registers the slot by its ID, so that events reach it. ERROR_DEVICE: the ID is impossible. */
enum error xhci_add_slot(struct xhci *xhci, struct xhci_slot *slot, uint8_t id);

/* Removes the slot, which is disabled, or whose controller is dead. */
void xhci_remove_slot(struct xhci *xhci, struct xhci_slot *slot);

/* Tells the controller the address of the slot's context. */
void xhci_set_context(struct xhci *xhci, const struct xhci_slot *slot, phys_addr_t context);

/* Starts a transfer of `length` bytes at an endpoint, which is not busy. */
void xhci_transfer(struct xhci *xhci, const struct xhci_slot *slot, struct xhci_endpoint *endpoint,
                   const struct xhci_trb *trbs, unsigned count, uint32_t length);

#endif
