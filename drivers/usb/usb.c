/*
 * The driver of xHCI controllers.
 */
#include <drivers/pci_interrupt.h>
#include <drivers/usb/usb.h>
#include <drivers/usb/usb_enumeration.h>
#include <drivers/usb/usb_set_up.h>
#include <drivers/usb/xhci_start.h>
#include <kernel/log/log.h>
#include <mm/heap.h>

enum { REGISTERS = 0 /* the BAR (5.2.1) */, LEAST_REGISTERS = 0x480 };

static struct xhci *controllers; /* all, the latest first */

static void plugged(struct usb_port *port)
{
    enum error error = usb_attach(port);
    if (error)
        log_error("usb: port %u: %s", port->number, error_name(error));
}

static void controller_started(struct xhci *xhci)
{
    if (!xhci->settled)
        usb_set_up_end();
    xhci->settled = true;
}

static enum error start(struct pci_device *device, struct executor *executor)
{
    volatile uint8_t *registers;
    uint64_t size;
    enum error error = pci_map_bar(device, REGISTERS, LEAST_REGISTERS, &registers, &size);
    if (error)
        return error;
    struct xhci *xhci = kzalloc(sizeof(*xhci));
    if (!xhci)
        return ERROR_FULL;
    xhci->device = device;
    xhci->capability = registers;
    xhci->registers_size = size;
    xhci->plugged = plugged;
    xhci->started = controller_started;
    error = xhci_start(xhci, executor);
    if (error) {
        kfree(xhci);
        return error;
    }
    xhci->handler = (struct irq_handler){.name = "xhci", .run = xhci_interrupt, .context = xhci};
    if (pci_interrupt_start(device, &xhci->handler, &xhci->way))
        xhci->way = NULL;
    xhci->next = controllers;
    controllers = xhci;
    usb_set_up_begin();
    return OK;
}

PCI_DRIVER(xhci, .class = 0x0c0330, .class_mask = 0xffffff, .start = start);

bool usb_present(void)
{
    return controllers != NULL;
}

struct xhci *usb_controller(size_t index)
{
    struct xhci *xhci = controllers;
    for (; xhci && index; index--)
        xhci = xhci->next;
    return xhci;
}
