#include "usb_machine.h"

#include <drivers/block/start.h>
#include <drivers/usb/usb_keyboard.h>
#include <string.h>

#include "../live_tasks.h"
#include "support.h"

struct executor usb_executor = EXECUTOR_INIT(usb_executor);
struct keyboard usb_keys;
char usb_typed[USB_TYPED];
size_t usb_typed_length;

/* Host tests have no threads; host/disks.c reads partition tables. */
enum error block_read_partitions(struct block_device *disk, struct executor *executor,
                                 void (*add)(struct block_device *disk,
                                             const struct partition *partition))
{
    (void)add;
    (void)disk;
    (void)executor;
    return OK;
}

static void read_keys(void)
{
    struct waker waker = {0};
    struct task reader = {.state = TASK_LIVE, .wakers = LIST_INIT(reader.wakers)};
    uint8_t byte;
    while (usb_typed_length < (size_t)USB_TYPED - KEYBOARD_BYTES &&
           stream_poll(&usb_keyboard_scancodes, &waker, &reader, &byte) == POLL_READY)
        usb_typed_length += keyboard_type_usb(&usb_keys, byte, usb_typed + usb_typed_length);
    waker_cancel(&waker);
    usb_typed[usb_typed_length] = '\0';
}

void usb_run_unread(unsigned milliseconds)
{
    for (unsigned i = 0; i < milliseconds; i++) {
        executor_run_ready(&usb_executor);
        timers_tick(clock_tick());
    }
    executor_run_ready(&usb_executor);
}

void usb_run(unsigned milliseconds)
{
    for (unsigned i = 0; i < milliseconds; i++) {
        usb_run_unread(1);
        read_keys();
    }
}

/* Ends the tasks of an earlier test, whose memory is about to go. */
static void end_tasks(void)
{
    list_for_each(node, &usb_executor.tasks)
        task_cancel(CONTAINER_OF(node, struct task, link));
    executor_run_ready(&usb_executor);
    read_keys();
}

void usb_reset(void)
{
    end_tasks();
    list_init(&block_devices);
    usb_executor = (struct executor)EXECUTOR_INIT(usb_executor);
    usb_keys = (struct keyboard){.layout = &layout_us};
    usb_typed_length = 0;
    usb_typed[0] = '\0';
    host_log[0] = '\0';
    clock_start(NANOSECONDS_PER_MILLISECOND, NULL, false);
    timers_start(&usb_executor);
    fake_xhci_reset();
}

void usb_start(void)
{
    fake_xhci_start(&usb_executor);
    usb_run(300);
}

void usb_start_with_keyboard(enum usb_speed speed)
{
    usb_reset();
    fake_xhci_plug(1, speed);
    usb_start();
}

void usb_strike_at(struct fake_usb_device *device, uint8_t modifiers, uint8_t key)
{
    fake_usb_report(device, modifiers, key, 0);
    fake_usb_report(device, 0, 0, 0);
    usb_run(10);
}

void usb_strike(unsigned port, uint8_t modifiers, uint8_t key)
{
    usb_strike_at(&fake_usb_devices[port - 1], modifiers, key);
}

bool usb_ends_clean(void)
{
    for (unsigned port = 1; port <= FAKE_XHCI_PORTS; port++) {
        if (fake_usb_devices[port - 1].there)
            fake_xhci_unplug(port);
    }
    usb_run(100);
    return live_tasks(&usb_executor) == 1 && fake_xhci.slots_enabled == 0 &&
           !usb_keyboard_present();
}

bool usb_was_stopped(void)
{
    usb_run(6000);
    bool reaches_memory = pci_read(pci_device(0), PCI_COMMAND) & PCI_COMMAND_MASTER;
    return strstr(host_log, "stopped") && !fake_xhci_runs() && !reaches_memory &&
           live_tasks(&usb_executor) == 0 && !usb_keyboard_present();
}
