/*
 * Device Class Definition for Human Interface Devices 1.11, chapter 7 and appendix B: a keyboard
 * gets the boot protocol, which is the same on every keyboard, and is made to send a report only
 * when something changes. Then its task waits for reports, one transfer at a time.
 *
 * A keyboard that does not know the boot protocol describes its reports, and they are translated.
 */
#include <drivers/usb/hid_report.h>
#include <drivers/usb/usb_keyboard.h>
#include <drivers/usb/usb_transfer.h>
#include <kernel/log/log.h>
#include <layout.h>

enum request { SET_REPORT = 9, SET_IDLE = 10, SET_PROTOCOL = 11 };

enum {
    OUTPUT_REPORT = 0x200,
    BOOT_PROTOCOL = 0,
    FOR_EVER = 0,
    REPORT_DESCRIPTOR = 0x22,
    MOST_DESCRIPTOR = 1024, /* bytes */
};

_Static_assert((int)HID_BOOT_REPORT == (int)USB_KEYBOARD_REPORT, "the same report");

struct hid {
    struct usb_interface interface;
    bool is_described; /* it has reports of its own */
    struct hid_keyboard reports;
    struct usb_keyboard keyboard;
    bool is_at_work; /* usb_keyboard_begin() has added the keyboard */
    uint8_t shown_lights;
};

enum { OPEN, CONFIGURE, DESCRIBE, PROTOCOL, IDLE_RATE, WORK, LIGHTS, STEPS };

static const struct usb_step steps[STEPS];

static struct hid *hid_of(const struct usb_device *device)
{
    return device->state;
}

/* --- The set-up ----------------------------------------------------------------------------- */

/* Most keyboards have the boot protocol; a device with reports of its own may be anything. */
static enum error probe(struct usb_device *device, const uint8_t *configuration, size_t size)
{
    static const struct usb_wanted wanted[] = {
        {.class = 3, .subclass = 1, .protocol = 1, .type = USB_INTERRUPT},
        {.class = 3, .subclass = 0, .protocol = USB_ANY, .type = USB_INTERRUPT},
    };
    struct hid *hid = hid_of(device);
    enum error error = usb_find_interface(configuration, size, &wanted[0], &hid->interface);
    if (error != ERROR_NO_DEVICE)
        return error;
    hid->is_described = true;
    return usb_find_interface(configuration, size, &wanted[1], &hid->interface);
}

static bool begin_open(struct usb_device *device)
{
    return usb_open_endpoints(device, &hid_of(device)->interface.in, 1);
}

static bool begin_configure(struct usb_device *device)
{
    usb_set_configuration(device, hid_of(device)->interface.configuration);
    return true;
}

static bool request(struct usb_device *device, enum request request, uint16_t value,
                    uint16_t length)
{
    usb_control(device, USB_TO_CLASS_INTERFACE, (uint8_t)request, value,
                hid_of(device)->interface.number, length);
    return true;
}

static bool begin_describe(struct usb_device *device)
{
    const struct hid *hid = hid_of(device);
    if (hid->is_described)
        usb_control(device, USB_FROM_DEVICE | USB_TO_INTERFACE, USB_GET_DESCRIPTOR,
                    REPORT_DESCRIPTOR << 8, hid->interface.number, MOST_DESCRIPTOR);
    return hid->is_described;
}

/* Behind a shorter descriptor there are zeros, which say nothing. */
static enum error finish_describe(struct usb_device *device)
{
    struct hid *hid = hid_of(device);
    if (hid->is_described &&
        hid_find_keyboard(usb_data(device, USB_CONTROL_DATA), MOST_DESCRIPTOR, &hid->reports))
        usb_device_decline(device);
    return OK;
}

static bool begin_protocol(struct usb_device *device)
{
    return !hid_of(device)->is_described && request(device, SET_PROTOCOL, BOOT_PROTOCOL, 0);
}

static bool begin_idle_rate(struct usb_device *device)
{
    return request(device, SET_IDLE, FOR_EVER, 0);
}

static void ask_for_report(struct usb_device *device)
{
    const struct hid *hid = hid_of(device);
    uint16_t packet = hid->interface.in.packet;
    uint16_t length = hid->is_described ? packet : MIN(packet, (uint16_t)USB_KEYBOARD_REPORT);
    usb_transfer(device, usb_endpoint(device, 0), device->pages[USB_PAGE_DATA] + USB_DRIVER_DATA,
                 length);
}

static enum error finish_idle_rate(struct usb_device *device)
{
    struct hid *hid = hid_of(device);
    hid->is_at_work = true;
    hid->shown_lights = UINT8_MAX;
    usb_keyboard_begin(&hid->keyboard, &device->task);
    usb_device_settle(device);
    log_info("usb: keyboard %s (%04x:%04x)", device->name, device->descriptor.vendor,
             device->descriptor.product);
    return OK;
}

static bool begin_lights(struct usb_device *device)
{
    struct hid *hid = hid_of(device);
    uint8_t *report = usb_data(device, USB_CONTROL_DATA), id = hid->reports.id;
    hid->shown_lights = usb_keyboard_lights();
    report[0] = id;
    report[id ? 1 : 0] = hid->shown_lights;
    return request(device, SET_REPORT, OUTPUT_REPORT | id, id ? 2 : 1);
}

/* --- The work ------------------------------------------------------------------------------- */

/* A report waits while nothing reads the keys. */
static void take_report(struct usb_device *device, const struct xhci_endpoint *endpoint)
{
    if (!usb_keyboard_has_room())
        return;
    struct hid *hid = hid_of(device);
    const uint8_t *report = usb_data(device, USB_DRIVER_DATA);
    size_t length = endpoint->length - endpoint->left;
    uint8_t boot[HID_BOOT_REPORT];
    device->tries = 0;
    if (!hid->is_described)
        usb_keyboard_report(&hid->keyboard, report, length);
    else if (hid_to_boot_report(&hid->reports, report, length, boot))
        usb_keyboard_report(&hid->keyboard, boot, sizeof(boot));
    ask_for_report(device);
}

static void work(struct usb_device *device)
{
    struct xhci_endpoint *endpoint = usb_endpoint(device, 0);
    if (!endpoint->busy) {
        if (endpoint->code == 0) {
            ask_for_report(device);
        } else if (usb_went_well(endpoint)) {
            take_report(device, endpoint);
        } else {
            usb_device_reset_endpoint(device, endpoint, &steps[WORK]);
            return;
        }
    }
    usb_keyboard_poll_repeat(&hid_of(device)->keyboard);
    if (hid_of(device)->shown_lights != usb_keyboard_lights())
        usb_device_go_to(device, &steps[LIGHTS]);
}

static bool end(struct usb_device *device)
{
    struct hid *hid = hid_of(device);
    if (hid->is_at_work)
        usb_keyboard_end(&hid->keyboard);
    hid->is_at_work = false;
    return true;
}

static const struct usb_step steps[STEPS] = {
    [OPEN] = USB_COMMAND("its endpoint", .begin = begin_open),
    [CONFIGURE] = USB_REQUEST("its configuration", .begin = begin_configure),
    [DESCRIBE] = USB_REQUEST("its reports", .begin = begin_describe, .finish = finish_describe),
    [PROTOCOL] = USB_REQUEST("the boot protocol", .optional = true, .begin = begin_protocol),
    [IDLE_RATE] = USB_REQUEST("its quiet", .optional = true, .begin = begin_idle_rate,
                              .finish = finish_idle_rate),
    [WORK] = {.name = "keys", .wait = USB_WAIT_WORK},
    [LIGHTS] =
        USB_REQUEST("its lights", .optional = true, .next = &steps[WORK], .begin = begin_lights),
};

USB_DRIVER(keyboard, .state_size = sizeof(struct hid), .probe = probe, .steps = steps, .work = work,
           .end = end);
