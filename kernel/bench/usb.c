/*
 * A keyboard on USB, from the controller's interrupt to the character on the screen and on COM1.
 * The controller gets a command that does nothing, and the bench changes the event of its end into
 * one of a keyboard's report. Interrupts are masked while benches run, so an instruction raises the
 * interrupt; the figure contains it.
 */
#include <drivers/usb/usb.h>
#include <drivers/usb/usb_keyboard.h>
#include <drivers/usb/usb_transfer.h>
#include <drivers/usb/xhci_registers.h>
#include <io.h>
#include <kernel/bench/bench.h>
#include <kernel/log/console.h>
#include <kernel/monitor/monitor.h>
#include <layout.h>
#include <lib/string.h>

enum { ROUNDS = 100, KEY_A_USAGE = 4, TRB_NO_OP = 23, LIMIT = 1000000 };

static const struct usb_device *find_keyboard(const struct xhci *xhci)
{
    for (unsigned port = 1; port <= xhci->port_count; port++) {
        const struct usb_device *device = usb_device_at(&xhci->ports[port - 1].usb);
        if (device && device->driver && strcmp(device->driver->name, "keyboard") == 0)
            return device;
    }
    return NULL;
}

/* The event of a command that does nothing; NULL: the controller does not answer. */
static volatile struct xhci_trb *make_event(struct xhci *xhci)
{
    struct xhci_trb trb = {.control = TRB_NO_OP << TRB_TYPE_SHIFT};
    volatile struct xhci_trb *event = &xhci->events.trbs[xhci->events.next];
    xhci_ring_put(&xhci->commands, &trb, 1);
    mmio_write(xhci->doorbells, 0);
    for (unsigned i = 0; i < LIMIT; i++) {
        if ((event->control & TRB_CYCLE) == xhci->events.cycle)
            return event;
        io_delay();
    }
    return NULL;
}

static bool put_report(struct xhci *xhci, const struct usb_device *device, uint8_t key)
{
    const struct xhci_endpoint *endpoint = &device->slot.endpoints[1];
    volatile struct xhci_trb *event = make_event(xhci);
    uint8_t report[USB_KEYBOARD_REPORT] = {0, 0, key};
    if (!event)
        return false;
    memcpy(phys_to_virt(device->pages[USB_PAGE_DATA] + USB_DRIVER_DATA), report, sizeof(report));
    event->parameter = xhci_ring_address(&endpoint->ring, endpoint->last);
    event->status = (uint32_t)XHCI_SUCCESS << 24;
    event->control = TRB_TRANSFER_EVENT << TRB_TYPE_SHIFT | (uint32_t)endpoint->id << 16 |
                     (uint32_t)device->slot.id << 24 | xhci->events.cycle;
    return true;
}

static inline void raise_message(void)
{
    __asm__ volatile("int %0" : : "i"(IRQ_FIRST_MESSAGE) : "memory");
}

static bool bench_rounds(struct xhci *xhci, const struct usb_device *device,
                         struct executor *executor)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < 2 * ROUNDS; i++) {
        bool pressed = i % 2 == 0;
        if (!put_report(xhci, device, pressed ? KEY_A_USAGE : 0))
            return false;
        uint64_t start = bench_start();
        raise_message();
        executor_run_ready(executor);
        total += pressed ? bench_stop(start) : 0;
    }
    console_printf("\n");
    bench_report("usb.key", total / ROUNDS);
    return true;
}

BENCH(usb, "usb.")
{
    struct executor *executor = monitor_executor();
    struct xhci *xhci = usb_controller(0);
    const struct usb_device *device = xhci ? find_keyboard(xhci) : NULL;
    if (!device || irq_message_handler(IRQ_FIRST_MESSAGE) != &xhci->handler) {
        bench_report_missing("usb.key", "needs a keyboard on an xHCI controller with messages");
        return;
    }
    if (!executor || executor_is_polling(executor)) {
        bench_report_missing("usb.key", "needs a boot of its own, with bench=usb.key");
        return;
    }
    monitor_start(executor);
    executor_run_ready(executor); /* the prompt */
    if (!bench_rounds(xhci, device, executor))
        bench_report_missing("usb.key", "the controller does not answer");
}
