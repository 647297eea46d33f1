/*
 * USB, with a controller and devices that do anything: the input says what is plugged in and out,
 * what keyboards report, which events are changed, made up or lost, which commands and transfers
 * fail, and what descriptors say. Whatever comes, in the end nothing is left of the devices, and
 * the controller is still asked, or stopped.
 */
#include <drivers/keyboard.h>
#include <drivers/usb/usb.h>
#include <drivers/usb/usb_keyboard.h>
#include <drivers/usb/usb_stick.h>
#include <mm/frames.h>
#include <string.h>

#include "../host/fake_xhci.h"
#include "../live_tasks.h"
#include "support/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { STEP = 4 /* milliseconds */ };

static struct executor executor = EXECUTOR_INIT(executor);
static struct keyboard keyboard;

/* --- Time ----------------------------------------------------------------------------------- */

static void read_keys(void)
{
    struct waker waker = {0};
    struct task reader = {.state = TASK_LIVE, .wakers = LIST_INIT(reader.wakers)};
    char typed[KEYBOARD_BYTES];
    uint8_t byte;
    while (stream_poll(&usb_keyboard_scancodes, &waker, &reader, &byte) == POLL_READY)
        require(keyboard_type_usb(&keyboard, byte, typed) <= KEYBOARD_BYTES);
    waker_cancel(&waker);
}

/* In steps of a few milliseconds, for speed. */
static void run(unsigned milliseconds)
{
    for (unsigned i = 0; i < milliseconds; i += STEP) {
        executor_run_ready(&executor);
        timers_tick(clock_tick());
    }
    executor_run_ready(&executor);
    read_keys();
}

/* --- What the input says -------------------------------------------------------------------- */

static struct xhci_trb mask;
static unsigned masked;

static bool change_event(struct xhci_trb *event)
{
    if (!masked)
        return true;
    masked--;
    event->parameter ^= mask.parameter;
    event->status ^= mask.status;
    event->control ^= mask.control;
    return next() % 8 != 0;
}

/* A keyboard that describes its reports, or nearly so. */
static void describe_reports(struct fake_usb_device *device)
{
    static const uint8_t keyboard_reports[] = {
        0x05, 1,    0x09, 6,    0xa1, 1,    0x85, 2,    0x05, 7,    0x19, 0xe0, 0x29, 0xe7, 0x15,
        0,    0x25, 1,    0x75, 1,    0x95, 8,    0x81, 2,    0x95, 6,    0x75, 8,    0x15, 0,
        0x25, 0x65, 0x19, 0,    0x81, 0,    0x75, 1,    0x95, 0x20, 0x19, 0x04, 0x81, 2,    0xc0};
    static uint8_t bytes[sizeof(keyboard_reports)];
    memcpy(bytes, keyboard_reports, sizeof(bytes));
    for (unsigned changes = next() % 4; changes; changes--)
        bytes[next() % sizeof(bytes)] = next();
    device->configuration[15] = 0;
    device->configuration[16] = 0;
    device->configuration[31] = FAKE_REPORT;
    device->report_descriptor = bytes;
    device->report_descriptor_size = sizeof(bytes);
    device->report_size = FAKE_REPORT;
}

static void spoil(struct fake_usb_device *device)
{
    if (next() % 4)
        return;
    for (unsigned changes = next() % 4; changes; changes--)
        device->configuration[next() % 40] = next();
    if (next() % 4 == 0)
        device->descriptor[next() % sizeof(device->descriptor)] = next();
    device->refused_request = next() % 4 ? 0 : next() % 16;
    device->report_size = next() % 8 ? 8 : next() % 9;
    device->is_deaf = next() % 8 == 7;
    if (device->hub_ports && next() % 4 == 0)
        device->says_ports = next();
    device->hides_resets = next() % 8 == 7;
}

static enum usb_speed next_speed(void)
{
    return 1 + next() % USB_SUPER;
}

/* A stick with some size. */
static struct fake_usb_device *plug_stick(unsigned port, enum usb_speed speed)
{
    uint64_t blocks = next() % 2 ? 1 + next_word() % 300 : (uint64_t)next_word() << next() % 32;
    uint32_t size = next() % 4 ? 512u << (next() % 2 ? 3 : 0) : next_word();
    struct fake_usb_device *device = fake_xhci_plug_stick(port, speed, blocks, size);
    device->stick->type = next() % 8 ? 0 : next();
    return device;
}

static void change_stick(struct fake_stick *stick)
{
    if (!stick || next() % 4 == 0)
        return;
    stick->has_no_medium = next() % 8 == 0;
    stick->has_changed = next() % 2;
    stick->bad_operation = next() % 4 ? 0 : next();
    stick->bad_key = next();
    stick->stalls = next() % 4 ? 0 : next() % 4;
    stick->bad_statuses = next() % 2 ? 0 : next() % 6;
    stick->bad_at = next();
    stick->bad_value = next();
    stick->short_by = next() % 4 ? 0 : next_word();
    stick->is_mute = next() % 8 == 7;
}

/* A task that waits for a request. */
static struct block_request request;
static struct block_part part; /* of a frame */

static enum poll_result poll_waiter(struct task *task)
{
    return future_poll(&request.future, task);
}

static struct task waiter = {.name = "waiter", .poll = poll_waiter};

/* Begins a request at the stick at the port, unless one is under way. */
static void use_stick(unsigned port)
{
    struct xhci *xhci = usb_controller(0);
    struct usb_device *device = usb_device_at(&xhci->ports[port - 1].usb);
    const struct block_device *disk =
        device && usb_is_stick(device) ? usb_stick_disk(device) : NULL;
    if (disk && !task_is_live(&waiter)) {
        uint64_t block = next() % 2 ? next() : next_word();
        uint32_t count = next() % (PAGE_SIZE / disk->block_size + 1);
        part.size = count * disk->block_size;
        block_begin(&request, disk->disk, next() % 3, block, count, &part, 1);
        executor_spawn(&executor, &waiter);
    }
}

static void plug(unsigned port)
{
    enum usb_speed speed = next_speed();
    unsigned kind = next() % 6;
    if (fake_usb_devices[port - 1].there)
        fake_xhci_unplug(port);
    else if (kind < 2)
        spoil(fake_xhci_plug_hub(port, speed, 1 + next() % FAKE_HUB_PORTS, kind));
    else if (kind < 4)
        spoil(plug_stick(port, speed));
    else if (kind < 5)
        spoil(fake_xhci_plug(port, speed));
    else
        describe_reports(fake_xhci_plug(port, speed));
}

/* Something happens at a hub, if the device is one. */
static void change_hub(struct fake_usb_device *hub)
{
    unsigned port = 1 + next() % FAKE_HUB_PORTS;
    enum usb_speed speed = next_speed();
    struct fake_usb_device *device = fake_hub_device(hub, port);
    if (!hub->there || !hub->hub_ports)
        return;
    if (next() % 8 == 0) {
        hub->status[port] = (uint16_t)next_word();
        hub->changes[next() % (1 + FAKE_HUB_PORTS)] = next();
    } else if (device) {
        fake_hub_unplug(hub, port);
    } else {
        device = next() % 2 ? fake_hub_plug(hub, port, speed)
                            : fake_hub_plug_hub(hub, port, speed, 1 + next() % FAKE_HUB_PORTS);
        if (device)
            spoil(device);
    }
}

static void report(struct fake_usb_device *device)
{
    uint8_t bytes[FAKE_REPORT];
    if (!device->there || device->hub_ports || device->stick || device->report_count >= 60)
        return;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = i < 9 ? next() : 0;
    if (device->report_descriptor && next() % 8)
        bytes[0] = 2;
    fake_usb_send(device, bytes, sizeof(bytes));
}

/* How a transfer ends: mostly with an error that may pass. */
static uint8_t next_code(void)
{
    static const uint8_t codes[] = {XHCI_BABBLE, XHCI_TRANSACTION_ERROR, XHCI_STALL};
    unsigned index = next() % 4;
    return index < sizeof(codes) ? codes[index] : next();
}

static void step(void)
{
    enum {
        PLUG,
        HUB,
        STICK,
        USE,
        REPORT,
        MASK,
        POST,
        TRANSFERS,
        COMMANDS,
        DEAF,
        SLOT,
        WAIT,
        STEPS
    };
    unsigned port = 1 + next() % FAKE_XHCI_PORTS;
    struct fake_usb_device *any =
        &fake_usb_devices[next() % (next() % 4 ? FAKE_XHCI_PORTS : FAKE_USB_DEVICES)];
    switch (next() % STEPS) {
    case PLUG:
        plug(port);
        break;
    case HUB:
        change_hub(any);
        break;
    case STICK:
        change_stick(fake_usb_devices[port - 1].stick);
        use_stick(port);
        break;
    case USE:
        use_stick(port);
        break;
    case REPORT:
        report(any);
        break;
    case MASK:
        mask = (struct xhci_trb){next_word(), next_word(), next_word()};
        masked = next() % 4;
        break;
    case POST:
        fake_xhci_post(next_word(), next_word(), next_word());
        break;
    case TRANSFERS:
        any->code = next_code();
        any->errors = next() % 8;
        break;
    case COMMANDS:
        fake_xhci.command_code = next();
        fake_xhci.command_errors = next() % 4;
        break;
    case DEAF:
        fake_xhci.deaf_commands = next() % 16 == 0;
        break;
    case SLOT:
        fake_xhci.forced_slot = next() % 8 ? 0 : next();
        break;
    default:
        run(2 * next());
        break;
    }
    run(5);
}

/* -------------------------------------------------------------------------------------------- */

static void start(void)
{
    keyboard = (struct keyboard){.layout = &layout_us};
    masked = 0;
    clock_start(STEP * NANOSECONDS_PER_MILLISECOND, NULL, false);
    timers_start(&executor);
    fake_xhci_reset();
    fake_xhci.large_contexts = next() & 1;
    fake_xhci.only_32_bit = next() & 1;
    fake_xhci.on_event = change_event;
    fake_xhci_start(&executor);
    run(30);
    plug(1);
    plug(2);
    run(400);
}

/* The time is enough for any limit. */
static void end(void)
{
    left = 0;
    masked = 0;
    for (unsigned port = 1; port <= FAKE_XHCI_PORTS; port++) {
        if (fake_usb_devices[port - 1].there)
            fake_xhci_unplug(port);
    }
    run(6000);
    require(live_tasks(&executor) == fake_xhci_runs());
    require(!usb_keyboard_present());
    require(!task_is_live(&waiter));
    list_for_each(node, &executor.tasks)
        task_cancel(CONTAINER_OF(node, struct task, link));
    executor_run_ready(&executor);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    input = bytes;
    left = size < 400 ? size : 400;
    start();
    part.address = frame_alloc();
    while (left)
        step();
    end();
    return 0;
}
