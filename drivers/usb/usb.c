/*
 * The driver of xHCI controllers. It counts the controllers and devices that are still being set
 * up.
 */
#include <drivers/pci_interrupt.h>
#include <drivers/usb/usb.h>
#include <drivers/usb/usb_device.h>
#include <drivers/usb/xhci_start.h>
#include <mm/heap.h>

enum { REGISTERS = 0 /* the BAR (5.2.1) */, LEAST_REGISTERS = 0x480 };

static struct executor *executor_of_all;
static struct xhci *controllers; /* all, the latest first */
static unsigned under_way;       /* controllers and devices */

static void settled(void)
{
    if (--under_way == 0)
        task_wake(&usb_set_up);
}

static void port_changed(struct xhci *xhci, unsigned port)
{
    if (!(xhci_port_status(xhci, port) & PORT_CONNECTED))
        return;
    under_way++;
    if (usb_device_attach(xhci, port, executor_of_all, settled))
        settled();
}

static void controller_started(struct xhci *xhci)
{
    if (!xhci->settled)
        settled();
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
    xhci->port_changed = port_changed;
    xhci->started = controller_started;
    executor_of_all = executor;
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
    under_way++;
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

static enum poll_result poll_set_up(struct task *task)
{
    static struct sleep limit;
    if (task->polls == 1)
        sleep_for(&limit, NANOSECONDS_PER_SECOND);
    if (!under_way)
        sleep_cancel(&limit);
    return under_way ? sleep_poll(&limit, task) : POLL_READY;
}

struct task usb_set_up = {.name = "usb set-up", .poll = poll_set_up};
