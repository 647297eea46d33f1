/*
 * A command is three transfers: a wrapper with the command, its data, and a status.
 *
 *     COMMAND -> DATA -> STATUS -> the driver's work
 *        |        |        |
 *        +--------+--------+--> RESET, REOPEN, CLEAR_IN, CLEAR_OUT -> the driver's work
 *
 * A stall in the data or before the status is part of the protocol, and only that endpoint is
 * reset. After any other error the whole transport is reset (5.3.4). If a device does not answer at
 * all, its port is reset.
 *
 * Data goes through a buffer of the device's, which the controller may write to until the slot is
 * disabled. So a driver may forget a command at any time. The price is a copy.
 */
#include <assert.h>
#include <drivers/usb/usb_bulk_only.h>
#include <drivers/usb/usb_transfer.h>
#include <layout.h>
#include <lib/bytes.h>
#include <lib/string.h>

enum { RECOVERIES = 3 };

/* The wrappers (5.1, 5.2); numbers have their lowest byte first. */
enum wrapper {
    WRAPPER_SIZE = 31,
    WRAPPER_TAG = 4,
    WRAPPER_LENGTH = 8,
    WRAPPER_FLAGS = 12,
    WRAPPER_COMMAND_SIZE = 14,
    WRAPPER_COMMAND = 15,
    STATUS_SIZE = 13,
    STATUS_TAG = 4,
    STATUS_RESIDUE = 8,
    STATUS_CODE = 12,
};

#define WRAPPER_SIGNATURE UINT32_C(0x43425355)
#define STATUS_SIGNATURE  UINT32_C(0x53425355)

enum { OPEN, CONFIGURE, COMMAND, DATA, STATUS, RESET, REOPEN, CLEAR_IN, CLEAR_OUT, STEPS };

static struct usb_bulk_only *bulk_of(const struct usb_device *device)
{
    return device->state;
}

uint8_t *usb_bulk_data(const struct usb_device *device)
{
    return phys_to_virt(device->buffer);
}

static struct xhci_endpoint *in(struct usb_device *device)
{
    return usb_endpoint(device, 0);
}

static struct xhci_endpoint *out(struct usb_device *device)
{
    return usb_endpoint(device, 1);
}

/* --- The set-up ----------------------------------------------------------------------------- */

enum error usb_bulk_probe(struct usb_device *device, const uint8_t *configuration, size_t size)
{
    static const struct usb_wanted disk = {
        .class = 8, .subclass = 6, .protocol = 0x50, .type = USB_BULK, .both_ways = true};
    return usb_find_interface(configuration, size, &disk, &bulk_of(device)->interface);
}

static bool open_endpoints(struct usb_device *device)
{
    const struct usb_interface *interface = &bulk_of(device)->interface;
    const struct usb_endpoint endpoints[] = {interface->in, interface->out};
    return usb_open_endpoints(device, endpoints, ARRAY_SIZE(endpoints));
}

static bool begin_configure(struct usb_device *device)
{
    usb_set_configuration(device, bulk_of(device)->interface.configuration);
    return true;
}

static enum error finish_configure(struct usb_device *device)
{
    device->next = bulk_of(device)->work;
    return usb_get_buffer(device, USB_BULK_ORDER);
}

/* --- One command ---------------------------------------------------------------------------- */

void usb_bulk_start(struct usb_device *device, struct scsi_command command)
{
    struct usb_bulk_only *bulk = bulk_of(device);
    ASSERT(command.length <= USB_BULK_BUFFER);
    bulk->command = command;
    bulk->tag++;
    bulk->transferred = 0;
    bulk->status_stalled = false;
    usb_device_go_to(device, &usb_bulk_steps[COMMAND]);
}

static void recover(struct usb_device *device)
{
    if (++bulk_of(device)->recoveries > RECOVERIES)
        usb_device_fail(device, ERROR_DEVICE);
    else
        usb_device_go_to(device, &usb_bulk_steps[RESET]);
}

static bool begin_command(struct usb_device *device)
{
    enum { DATA_IN = 0x80 };
    const struct usb_bulk_only *bulk = bulk_of(device);
    uint8_t *wrapper = usb_data(device, USB_DRIVER_DATA);
    memset(wrapper, 0, WRAPPER_SIZE);
    put_little_32(wrapper, WRAPPER_SIGNATURE);
    put_little_32(wrapper + WRAPPER_TAG, bulk->tag);
    put_little_32(wrapper + WRAPPER_LENGTH, bulk->command.length);
    wrapper[WRAPPER_FLAGS] = bulk->command.out ? 0 : DATA_IN;
    wrapper[WRAPPER_COMMAND_SIZE] = bulk->command.size;
    memcpy(wrapper + WRAPPER_COMMAND, bulk->command.bytes, SCSI_COMMAND);
    device->waits_at = out(device);
    usb_transfer(device, out(device), device->pages[USB_PAGE_DATA] + USB_DRIVER_DATA, WRAPPER_SIZE);
    return true;
}

static enum error finish_command(struct usb_device *device)
{
    if (!usb_went_well(out(device)) || out(device)->left)
        recover(device);
    return OK;
}

static bool begin_data(struct usb_device *device)
{
    const struct scsi_command *command = &bulk_of(device)->command;
    if (!command->length)
        return false;
    device->waits_at = command->out ? out(device) : in(device);
    usb_transfer(device, device->waits_at, device->buffer, command->length);
    return true;
}

static enum error finish_data(struct usb_device *device)
{
    struct usb_bulk_only *bulk = bulk_of(device);
    struct xhci_endpoint *endpoint = device->waits_at;
    if (!bulk->command.length)
        return OK;
    bulk->transferred = endpoint->length - endpoint->left;
    if (endpoint->code == XHCI_STALL)
        usb_device_reset_endpoint(device, endpoint, &usb_bulk_steps[STATUS]);
    else if (!usb_went_well(endpoint))
        recover(device);
    return OK;
}

static bool begin_status(struct usb_device *device)
{
    device->waits_at = in(device);
    usb_transfer(device, in(device), device->pages[USB_PAGE_DATA] + USB_DRIVER_DATA, STATUS_SIZE);
    return true;
}

/* A status that makes sense (6.3). */
static bool is_status(const struct usb_bulk_only *bulk, const uint8_t *status, uint32_t length)
{
    return length == STATUS_SIZE && get_little_32(status) == STATUS_SIGNATURE &&
           get_little_32(status + STATUS_TAG) == bulk->tag &&
           status[STATUS_CODE] <= USB_BULK_FAILED &&
           get_little_32(status + STATUS_RESIDUE) <= bulk->command.length;
}

static enum error finish_status(struct usb_device *device)
{
    struct usb_bulk_only *bulk = bulk_of(device);
    struct xhci_endpoint *endpoint = in(device);
    const uint8_t *status = usb_data(device, USB_DRIVER_DATA);
    if (endpoint->code == XHCI_STALL && !bulk->status_stalled) {
        bulk->status_stalled = true;
        usb_device_reset_endpoint(device, endpoint, &usb_bulk_steps[STATUS]);
        return OK;
    }
    if (!usb_went_well(endpoint) || !is_status(bulk, status, endpoint->length - endpoint->left)) {
        recover(device);
        return OK;
    }
    bulk->transferred =
        MIN(bulk->transferred, bulk->command.length - get_little_32(status + STATUS_RESIDUE));
    bulk->outcome = (enum usb_bulk_outcome)status[STATUS_CODE];
    bulk->is_over = true;
    bulk->recoveries = 0;
    device->tries = 0;
    device->next = bulk->work;
    return OK;
}

/* --- The recovery --------------------------------------------------------------------------- */

static bool begin_reset(struct usb_device *device)
{
    enum { BULK_ONLY_RESET = 0xff };
    usb_control(device, USB_TO_CLASS_INTERFACE, BULK_ONLY_RESET, 0,
                bulk_of(device)->interface.number, 0);
    return true;
}

static bool begin_clear_in(struct usb_device *device)
{
    return usb_clear_halt(device, in(device));
}

static bool begin_clear_out(struct usb_device *device)
{
    return usb_clear_halt(device, out(device));
}

static enum error finish_recovery(struct usb_device *device)
{
    struct usb_bulk_only *bulk = bulk_of(device);
    bulk->outcome = USB_BULK_BROKEN;
    bulk->is_over = true;
    device->next = bulk->work;
    return OK;
}

#define TRANSFER(text, ...)                                                           \
    {                                                                                 \
        .name = (text), .wait = USB_WAIT_TRANSFER, .milliseconds = 10000, __VA_ARGS__ \
    }

const struct usb_step usb_bulk_steps[STEPS] = {
    [OPEN] = USB_COMMAND("its endpoints", .begin = open_endpoints),
    [CONFIGURE] =
        USB_REQUEST("its configuration", .begin = begin_configure, .finish = finish_configure),
    [COMMAND] = TRANSFER("a command", .begin = begin_command, .finish = finish_command),
    [DATA] = TRANSFER("a command's data", .begin = begin_data, .finish = finish_data),
    [STATUS] = TRANSFER("a command's status", .begin = begin_status, .finish = finish_status),
    [RESET] = USB_REQUEST("the end of an error", .begin = begin_reset),
    [REOPEN] = USB_COMMAND("the end of an error", .begin = open_endpoints),
    [CLEAR_IN] = USB_REQUEST("the end of an error", .begin = begin_clear_in),
    [CLEAR_OUT] =
        USB_REQUEST("the end of an error", .begin = begin_clear_out, .finish = finish_recovery),
};
