#include <assert.h>
#include <drivers/usb/xhci_ring.h>
#include <layout.h>

enum { LINK = XHCI_RING_TRBS - 1 /* the last TRB's index */ };

_Static_assert(sizeof(struct xhci_trb) == 16, "xHCI 6.4");
_Static_assert(XHCI_RING_TRBS * sizeof(struct xhci_trb) == PAGE_SIZE, "a ring is a page");

void xhci_ring_init(struct xhci_ring *ring, phys_addr_t page)
{
    *ring = (struct xhci_ring){.trbs = phys_to_virt(page), .address = page, .cycle = true};
    ring->trbs[LINK].parameter = page;
}

/* Gives the link the cycle bit of this round, and begins the next. */
static void pass_link(struct xhci_ring *ring)
{
    ring->trbs[LINK].control =
        TRB_LINK << TRB_TYPE_SHIFT | TRB_TOGGLE | (ring->cycle ? TRB_CYCLE : 0);
    ring->next = 0;
    ring->cycle = !ring->cycle;
}

/* The first TRB gets its cycle bit last: until then the controller stops before it. */
unsigned xhci_ring_put(struct xhci_ring *ring, const struct xhci_trb *trbs, unsigned count)
{
    ASSERT(count);
    volatile struct xhci_trb *first = &ring->trbs[ring->next];
    uint32_t first_control = trbs[0].control | (ring->cycle ? TRB_CYCLE : 0);
    unsigned last = ring->next;
    for (unsigned i = 0; i < count; i++) {
        volatile struct xhci_trb *trb = &ring->trbs[ring->next];
        bool cycle = i == 0 ? !ring->cycle : ring->cycle;
        ASSERT(!(trbs[i].control & TRB_CYCLE));
        trb->parameter = trbs[i].parameter;
        trb->status = trbs[i].status;
        trb->control = trbs[i].control | (cycle ? TRB_CYCLE : 0);
        last = ring->next++;
        if (ring->next == LINK)
            pass_link(ring);
    }
    __atomic_store_n(&first->control, first_control, __ATOMIC_RELEASE);
    return last;
}

phys_addr_t xhci_ring_address(const struct xhci_ring *ring, unsigned index)
{
    ASSERT(index < LINK);
    return ring->address + index * sizeof(struct xhci_trb);
}

bool xhci_ring_holds(const struct xhci_ring *ring, phys_addr_t address, unsigned last,
                     unsigned count)
{
    uint64_t offset = address - ring->address, index = offset / sizeof(struct xhci_trb);
    if (offset % sizeof(struct xhci_trb) || index >= LINK)
        return false;
    return (last + LINK - index) % LINK < count;
}

uint64_t xhci_ring_dequeue(const struct xhci_ring *ring)
{
    return xhci_ring_address(ring, ring->next) | (ring->cycle ? TRB_CYCLE : 0);
}

void xhci_event_ring_init(struct xhci_event_ring *ring, phys_addr_t page)
{
    *ring = (struct xhci_event_ring){.trbs = phys_to_virt(page), .address = page, .cycle = true};
}

bool xhci_event_ring_take(struct xhci_event_ring *ring, struct xhci_trb *event)
{
    const volatile struct xhci_trb *trb = &ring->trbs[ring->next];
    uint32_t control = __atomic_load_n(&trb->control, __ATOMIC_ACQUIRE);
    if ((control & TRB_CYCLE) != ring->cycle)
        return false;
    *event = (struct xhci_trb){trb->parameter, trb->status, control};
    if (++ring->next == XHCI_RING_TRBS) {
        ring->next = 0;
        ring->cycle = !ring->cycle;
    }
    return true;
}
