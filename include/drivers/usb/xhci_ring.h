/*
 * The rings through which an xHCI controller and its driver talk (eXtensible Host Controller
 * Interface 1.2, 4.9). A ring is a page of transfer request blocks (TRBs); each has a cycle bit,
 * which says whether its writer has written it in this round or in the last.
 *
 * Everything here is for tasks and set-up code.
 */
#ifndef DRIVERS_USB_XHCI_RING_H
#define DRIVERS_USB_XHCI_RING_H

#include <types.h>

struct xhci_trb {
    uint64_t parameter;
    uint32_t status;
    uint32_t control; /* the cycle bit is bit 0, the type begins at TRB_TYPE_SHIFT */
};

enum { XHCI_RING_TRBS = 256 /* a page of them */ };

enum trb_type {
    TRB_NORMAL = 1,
    TRB_SETUP = 2,
    TRB_DATA = 3,
    TRB_STATUS = 4,
    TRB_LINK = 6,
    TRB_ENABLE_SLOT = 9,
    TRB_DISABLE_SLOT = 10,
    TRB_ADDRESS_DEVICE = 11,
    TRB_CONFIGURE_ENDPOINT = 12,
    TRB_EVALUATE_CONTEXT = 13,
    TRB_RESET_ENDPOINT = 14,
    TRB_SET_DEQUEUE = 16,
    TRB_TRANSFER_EVENT = 32,
    TRB_COMMAND_EVENT = 33,
    TRB_PORT_EVENT = 34,
};

enum trb_bit {
    TRB_CYCLE = 1 << 0,
    TRB_TOGGLE = 1 << 1,           /* in a link: the cycle bit changes its meaning */
    TRB_SHORT_INTERRUPTS = 1 << 2, /* a short packet raises an event */
    TRB_INTERRUPTS = 1 << 5,       /* raises an event when it is done */
    TRB_IMMEDIATE = 1 << 6,        /* the parameter is the data itself */
    TRB_TYPE_SHIFT = 10,
    TRB_TYPE_MASK = 0x3f,
    TRB_IN = 1 << 16, /* of a data or status stage: from the device */
};

/* The driver writes, the controller reads. The last TRB leads back to the first. */
struct xhci_ring {
    volatile struct xhci_trb *trbs;
    phys_addr_t address;
    unsigned next; /* where the next TRB goes */
    bool cycle;    /* of the TRBs that are written in this round */
};

/* A ring in a page of memory, which is all zeros. */
void xhci_ring_init(struct xhci_ring *ring, phys_addr_t page);

/* Adds TRBs, given without their cycle bits; `count` is not 0, and at most XHCI_RING_TRBS - 2 TRBs
 * are then unread by the controller. The controller sees the new ones all at once. Returns the last
 * one's index. */
unsigned xhci_ring_put(struct xhci_ring *ring, const struct xhci_trb *trbs, unsigned count);

/* The address of the TRB with that index. */
phys_addr_t xhci_ring_address(const struct xhci_ring *ring, unsigned index);

/* Is `address` that of one of the `count` TRBs that end at index `last`? */
bool xhci_ring_holds(const struct xhci_ring *ring, phys_addr_t address, unsigned last,
                     unsigned count);

/* The value that tells the controller where to continue (xHCI 6.4.3.9): the next TRB's address, and
 * its cycle bit. */
uint64_t xhci_ring_dequeue(const struct xhci_ring *ring);

/* The controller writes, the driver reads. The ring is one segment, without a link at its end. */
struct xhci_event_ring {
    volatile struct xhci_trb *trbs;
    phys_addr_t address;
    unsigned next;
    bool cycle;
};

/* A ring in a page of memory, which is all zeros. */
void xhci_event_ring_init(struct xhci_event_ring *ring, phys_addr_t page);

/* Copies the next event, so that the controller cannot change it any more. False: there is none. */
bool xhci_event_ring_take(struct xhci_event_ring *ring, struct xhci_trb *event);

/* The type of the TRB (enum trb_type), or a number that Cairn does not know. */
static inline unsigned trb_type(const struct xhci_trb *trb)
{
    return trb->control >> TRB_TYPE_SHIFT & TRB_TYPE_MASK;
}

#endif
