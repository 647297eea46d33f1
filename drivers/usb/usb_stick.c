/*
 * Universal Serial Bus Mass Storage Class, Bulk-Only Transport 1.0. A command is three transfers: a
 * wrapper with the command, its data, and a status. The device's task executes one command after
 * the other, first those that find out what the disk is, then those of requests:
 *
 *     WORK -> COMMAND -> DATA -> STATUS -> WORK
 *                 |        |        |
 *                 +--------+--------+--> RESET, REOPEN, CLEAR_IN, CLEAR_OUT -> WORK
 *
 * A stall in the data or before the status is part of the protocol, and only that endpoint is
 * reset. After any other error the whole transport is (5.3.4). A device that does not answer at all
 * has its port reset.
 *
 * Data goes through a buffer of the device's, which the controller may write to until the slot is
 * disabled. So a request may be cancelled at any time; that costs a copy.
 */
#include <assert.h>
#include <drivers/usb/scsi.h>
#include <drivers/usb/usb_stick.h>
#include <drivers/usb/usb_transfer.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <lib/string.h>

enum {
    BUFFER_ORDER = 3,
    BUFFER = PAGE_SIZE << BUFFER_ORDER,
    TRIES = 3,      /* of a command */
    RECOVERIES = 3, /* of the transport, without a good command in between */
};

enum pause { SOON = 100, NO_MEDIUM = 1000 /* milliseconds */ };

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

/* How a command ended. */
enum outcome { PASSED = 0, FAILED = 1 /* the stick says so */, BROKEN = 2 /* the transport */ };

/* What the commands are for. */
enum stage { INQUIRE, GET_READY, CAPACITY, CAPACITY_16, SERVE, UNUSABLE };

enum table { TABLE_MBR, TABLE_GPT_HEADER, TABLE_GPT, TABLE_DONE };

struct stick {
    struct usb_stick stick;
    struct usb_device *device;
    struct usb_interface interface;

    struct scsi_command command; /* the one under way, or the last */
    uint32_t tag, transferred;
    bool status_stalled;
    bool is_over; /* the command is, and its outcome has not been looked at */
    enum outcome outcome;
    unsigned recoveries;

    enum stage stage;
    bool wants_sense, is_sense; /* to ask why a command failed; that is what the command does */
    unsigned tries;             /* of the stage's command, or of a request's */
    struct sleep pause;         /* until the next one */
    struct list requests;       /* that wait */
    struct usb_stick_request *current;

    enum table table; /* what of the partition table is read */
    struct gpt_header gpt;
    struct usb_stick_request own; /* for that */
    bool own_begun;
    uint8_t block[PAGE_SIZE];
};

enum { OPEN, CONFIGURE, WORK, COMMAND, DATA, STATUS, RESET, REOPEN, CLEAR_IN, CLEAR_OUT, STEPS };

static const struct usb_step steps[STEPS];

static struct stick *stick_of(const struct usb_device *device)
{
    return device->state;
}

static struct xhci_endpoint *in(struct usb_device *device)
{
    return usb_endpoint(device, 0);
}

static struct xhci_endpoint *out(struct usb_device *device)
{
    return usb_endpoint(device, 1);
}

static void put32(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* --- The set-up ----------------------------------------------------------------------------- */

static enum error probe(struct usb_device *device, const uint8_t *configuration, size_t size)
{
    static const struct usb_wanted disk = {
        .class = 8, .subclass = 6, .protocol = 0x50, .type = USB_BULK, .both_ways = true};
    struct stick *stick = stick_of(device);
    stick->device = device;
    list_init(&stick->requests);
    return usb_find_interface(configuration, size, &disk, &stick->interface);
}

static bool open_endpoints(struct usb_device *device)
{
    const struct usb_interface *interface = &stick_of(device)->interface;
    const struct usb_endpoint endpoints[] = {interface->in, interface->out};
    return usb_open_endpoints(device, endpoints, ARRAY_SIZE(endpoints));
}

static bool begin_configure(struct usb_device *device)
{
    usb_set_configuration(device, stick_of(device)->interface.configuration);
    return true;
}

static enum error finish_configure(struct usb_device *device)
{
    return usb_get_buffer(device, BUFFER_ORDER);
}

/* --- One command ---------------------------------------------------------------------------- */

static void start(struct usb_device *device, struct scsi_command command)
{
    struct stick *stick = stick_of(device);
    ASSERT(command.length <= BUFFER);
    stick->command = command;
    stick->tag++;
    stick->transferred = 0;
    stick->status_stalled = false;
    usb_device_go_to(device, &steps[COMMAND]);
}

static void recover(struct usb_device *device)
{
    if (++stick_of(device)->recoveries > RECOVERIES)
        usb_device_fail(device, ERROR_DEVICE);
    else
        usb_device_go_to(device, &steps[RESET]);
}

static bool begin_command(struct usb_device *device)
{
    enum { DATA_IN = 0x80 };
    const struct stick *stick = stick_of(device);
    uint8_t *wrapper = usb_data(device, USB_DRIVER_DATA);
    memset(wrapper, 0, WRAPPER_SIZE);
    put32(wrapper, WRAPPER_SIGNATURE);
    put32(wrapper + WRAPPER_TAG, stick->tag);
    put32(wrapper + WRAPPER_LENGTH, stick->command.length);
    wrapper[WRAPPER_FLAGS] = stick->command.out ? 0 : DATA_IN;
    wrapper[WRAPPER_COMMAND_SIZE] = stick->command.size;
    memcpy(wrapper + WRAPPER_COMMAND, stick->command.bytes, SCSI_COMMAND);
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
    const struct scsi_command *command = &stick_of(device)->command;
    if (!command->length)
        return false;
    device->waits_at = command->out ? out(device) : in(device);
    usb_transfer(device, device->waits_at, device->buffer, command->length);
    return true;
}

static enum error finish_data(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    struct xhci_endpoint *endpoint = device->waits_at;
    if (!stick->command.length)
        return OK;
    stick->transferred = endpoint->length - endpoint->left;
    if (endpoint->code == XHCI_STALL)
        usb_device_reset_endpoint(device, endpoint, &steps[STATUS]);
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
static bool is_status(const struct stick *stick, const uint8_t *status, uint32_t length)
{
    return length == STATUS_SIZE && get32(status) == STATUS_SIGNATURE &&
           get32(status + STATUS_TAG) == stick->tag && status[STATUS_CODE] <= FAILED &&
           get32(status + STATUS_RESIDUE) <= stick->command.length;
}

static enum error finish_status(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    struct xhci_endpoint *endpoint = in(device);
    const uint8_t *status = usb_data(device, USB_DRIVER_DATA);
    if (endpoint->code == XHCI_STALL && !stick->status_stalled) {
        stick->status_stalled = true;
        usb_device_reset_endpoint(device, endpoint, &steps[STATUS]);
        return OK;
    }
    if (!usb_went_well(endpoint) || !is_status(stick, status, endpoint->length - endpoint->left)) {
        recover(device);
        return OK;
    }
    stick->transferred =
        MIN(stick->transferred, stick->command.length - get32(status + STATUS_RESIDUE));
    stick->outcome = (enum outcome)status[STATUS_CODE];
    stick->is_over = true;
    stick->recoveries = 0;
    device->tries = 0;
    return OK;
}

/* --- The recovery --------------------------------------------------------------------------- */

static bool begin_reset(struct usb_device *device)
{
    enum { BULK_ONLY_RESET = 0xff };
    usb_control(device, USB_TO_CLASS_INTERFACE, BULK_ONLY_RESET, 0,
                stick_of(device)->interface.number, 0);
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
    struct stick *stick = stick_of(device);
    stick->outcome = BROKEN;
    stick->is_over = true;
    return OK;
}

/* --- Requests ------------------------------------------------------------------------------- */

struct usb_stick *usb_stick_of(const struct usb_device *device)
{
    return device->driver && device->driver->steps == steps ? &stick_of(device)->stick : NULL;
}

static struct stick *inner(struct usb_stick *stick)
{
    return CONTAINER_OF(stick, struct stick, stick);
}

static void complete(struct usb_stick_request *request, enum error error)
{
    request->error = error;
    request->stick = NULL;
    event_set(&request->over);
}

static enum poll_result poll_request(struct future *future, struct task *task)
{
    struct usb_stick_request *request = CONTAINER_OF(future, struct usb_stick_request, future);
    return event_poll(&request->over, &future->waker, task);
}

/* A command that is under way for it goes on, and its data is dropped. */
static void cancel_request(struct future *future)
{
    struct usb_stick_request *request = CONTAINER_OF(future, struct usb_stick_request, future);
    if (!request->stick)
        return;
    struct stick *stick = inner(request->stick);
    if (stick->current == request)
        stick->current = NULL;
    else
        list_remove(&request->link);
    request->stick = NULL;
}

void usb_stick_begin(struct usb_stick_request *request, struct usb_stick *stick,
                     enum usb_stick_operation operation, uint64_t block, uint32_t count,
                     void *buffer)
{
    *request = (struct usb_stick_request){
        .future = {.poll = poll_request, .cancel = cancel_request},
        .stick = stick,
        .operation = operation,
        .block = block,
        .count = operation == USB_STICK_FLUSH ? 0 : count,
        .buffer = buffer,
    };
    wait_queue_init(&request->over.waiting);
    if (!stick->block_count)
        complete(request, ERROR_NO_DEVICE);
    else if (block > stick->block_count || request->count > stick->block_count - block)
        complete(request, ERROR_INVALID);
    else if (!request->count && operation != USB_STICK_FLUSH)
        complete(request, OK);
    if (request->stick) {
        list_push_back(&inner(stick)->requests, &request->link);
        task_wake(&inner(stick)->device->task);
    }
}

static void complete_all(struct stick *stick, enum error error)
{
    struct list_node *node;
    if (stick->current)
        complete(stick->current, error);
    stick->current = NULL;
    while ((node = list_pop_front(&stick->requests)))
        complete(CONTAINER_OF(node, struct usb_stick_request, link), error);
}

/* How many blocks the next command is about. */
static uint32_t next_blocks(const struct stick *stick)
{
    return MIN(stick->current->count - stick->current->done, BUFFER / stick->stick.block_size);
}

static uint8_t *place_in_buffer(const struct stick *stick)
{
    return stick->current->buffer + (size_t)stick->current->done * stick->stick.block_size;
}

static void start_request(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    const struct usb_stick_request *request = stick->current;
    if (request->operation == USB_STICK_FLUSH) {
        start(device, scsi_synchronize_cache());
        return;
    }
    uint32_t size = stick->stick.block_size, count = next_blocks(stick);
    bool write = request->operation == USB_STICK_WRITE;
    if (write)
        memcpy(phys_to_virt(device->buffer), place_in_buffer(stick), (size_t)count * size);
    start(device, scsi_transfer(write, request->block + request->done, count, size));
}

/* The command has done what it was to do for the request. */
static void advance_request(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    struct usb_stick_request *request = stick->current;
    if (!request)
        return;
    if (request->operation == USB_STICK_READ)
        memcpy(place_in_buffer(stick), phys_to_virt(device->buffer), stick->command.length);
    if (request->operation != USB_STICK_FLUSH)
        request->done += next_blocks(stick);
    if (request->done < request->count)
        return;
    stick->current = NULL;
    complete(request, OK);
}

/* --- What kind of disk it is ---------------------------------------------------------------- */

static void go_to_stage(struct stick *stick, enum stage stage)
{
    stick->stage = stage;
    stick->tries = 0;
}

static void become_unusable(struct usb_device *device, const char *why)
{
    log_warn("usb: stick %s: %s", device->name, why);
    go_to_stage(stick_of(device), UNUSABLE);
    usb_device_settle(device);
}

static void take_capacity(struct usb_device *device, bool is_16)
{
    struct stick *stick = stick_of(device);
    const uint8_t *bytes = phys_to_virt(device->buffer);
    uint64_t blocks = 0;
    uint32_t block_size = 0;
    enum error error =
        is_16 ? scsi_read_capacity_answer_16(bytes, stick->transferred, &blocks, &block_size)
              : scsi_read_capacity_answer_10(bytes, stick->transferred, &blocks, &block_size);
    if (error == ERROR_FULL) {
        go_to_stage(stick, CAPACITY_16);
    } else if (error) {
        become_unusable(device, "its size cannot be");
    } else {
        stick->stick.block_count = blocks;
        stick->stick.block_size = block_size;
        stick->table = TABLE_MBR;
        go_to_stage(stick, SERVE);
    }
}

/* The stage's command has passed. */
static void advance(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    switch (stick->stage) {
    case INQUIRE:
        if (scsi_is_disk(phys_to_virt(device->buffer), stick->transferred))
            go_to_stage(stick, GET_READY);
        else
            become_unusable(device, "it is no disk");
        break;
    case GET_READY:
        go_to_stage(stick, CAPACITY);
        break;
    case CAPACITY:
    case CAPACITY_16:
        take_capacity(device, stick->stage == CAPACITY_16);
        break;
    case SERVE:
        stick->tries = 0;
        device->attempts = 0;
        advance_request(device);
        break;
    case UNUSABLE:
        break;
    }
}

/* --- Commands that fail --------------------------------------------------------------------- */

/* The stage's command has failed for good. Without a medium the stick is asked again and again. */
static void give_up(struct usb_device *device, bool is_ready)
{
    struct stick *stick = stick_of(device);
    stick->tries = 0;
    if (stick->stage == SERVE) {
        if (stick->current)
            complete(stick->current, ERROR_DEVICE);
        stick->current = NULL;
        if (is_ready)
            return;
        stick->stick.block_count = 0;
        complete_all(stick, ERROR_NO_DEVICE);
        go_to_stage(stick, GET_READY);
    } else if (stick->stage == GET_READY) {
        usb_device_settle(device);
        sleep_for(&stick->pause, NO_MEDIUM * NANOSECONDS_PER_MILLISECOND);
    } else {
        become_unusable(device, "it does not say what it is");
    }
}

/* It failed because of a change that the stick tells of once, or because it is not ready yet, or
 * the transport broke: then it is tried again. Other reasons stay. */
static void try_again(struct usb_device *device, bool passes, bool is_ready)
{
    struct stick *stick = stick_of(device);
    if (!passes || ++stick->tries >= TRIES)
        give_up(device, is_ready);
    else if (!is_ready)
        sleep_for(&stick->pause, SOON * NANOSECONDS_PER_MILLISECOND);
}

/* Many sticks write at once, and do not know the command to do so. */
static void take_sense(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    unsigned key = stick->outcome == PASSED
                       ? scsi_read_sense(phys_to_virt(device->buffer), stick->transferred)
                       : 0;
    if (key == SCSI_ILLEGAL_REQUEST && stick->current &&
        stick->current->operation == USB_STICK_FLUSH) {
        advance(device);
        return;
    }
    try_again(device, key == SCSI_UNIT_ATTENTION || key == SCSI_NOT_READY, key != SCSI_NOT_READY);
}

static void take_outcome(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    bool was_sense = stick->is_sense;
    bool is_whole = stick->stage != SERVE || stick->transferred == stick->command.length;
    stick->is_over = false;
    stick->is_sense = false;
    if (was_sense)
        take_sense(device);
    else if (stick->outcome == FAILED)
        stick->wants_sense = true;
    else if (stick->outcome == PASSED && is_whole)
        advance(device);
    else
        try_again(device, true, true);
}

/* --- The partition table -------------------------------------------------------------------- */

/* Where it is, or its next part. */
static uint64_t table_block(const struct stick *stick)
{
    if (stick->table == TABLE_GPT)
        return stick->gpt.entries;
    return stick->table == TABLE_GPT_HEADER ? 1 : 0;
}

/* Reads a few blocks of it, as anybody would. True: this is over. */
static bool read_part(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    if (!stick->own_begun) {
        uint64_t block = table_block(stick);
        uint32_t most = stick->table == TABLE_GPT ? PAGE_SIZE / stick->stick.block_size : 1;
        usb_stick_begin(&stick->own, &stick->stick, USB_STICK_READ, block,
                        (uint32_t)MIN((uint64_t)most, stick->stick.block_count - block),
                        stick->block);
    }
    stick->own_begun = future_poll(&stick->own.future, &device->task) == POLL_PENDING;
    return !stick->own_begun;
}

/* Takes the part that was read, and returns which is the next. */
static enum table take_part(struct stick *stick)
{
    struct partition_table *table = &stick->stick.partitions;
    uint64_t blocks = stick->stick.block_count;
    bool is_gpt;
    if (stick->own.error)
        return TABLE_DONE;
    switch (stick->table) {
    case TABLE_MBR:
        partition_read_mbr(stick->block, blocks, table, &is_gpt);
        return is_gpt && blocks > 1 ? TABLE_GPT_HEADER : TABLE_DONE;
    case TABLE_GPT_HEADER:
        return partition_read_gpt_header(stick->block, blocks, &stick->gpt) ? TABLE_DONE
                                                                            : TABLE_GPT;
    case TABLE_GPT:
        partition_read_gpt(stick->block, stick->own.count * (size_t)stick->stick.block_size,
                           &stick->gpt, blocks, table);
        return TABLE_DONE;
    case TABLE_DONE:
        break;
    }
    return TABLE_DONE;
}

static void read_table(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    while (stick->table != TABLE_DONE && read_part(device))
        stick->table = take_part(stick);
    if (stick->table != TABLE_DONE || device->settled)
        return;
    log_info("usb: stick %s (%04x:%04x), %llu blocks of %u bytes", device->name,
             device->descriptor.vendor, device->descriptor.product,
             (unsigned long long)stick->stick.block_count, stick->stick.block_size);
    usb_device_settle(device);
}

/* --- The work ------------------------------------------------------------------------------- */

static void serve(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    read_table(device);
    if (!stick->current) {
        struct list_node *node = list_pop_front(&stick->requests);
        stick->current = node ? CONTAINER_OF(node, struct usb_stick_request, link) : NULL;
    }
    if (stick->current)
        start_request(device);
}

static void start_next(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    switch (stick->stage) {
    case INQUIRE:
        start(device, scsi_inquiry());
        break;
    case GET_READY:
        start(device, scsi_test_unit_ready());
        break;
    case CAPACITY:
        start(device, scsi_read_capacity_10());
        break;
    case CAPACITY_16:
        start(device, scsi_read_capacity_16());
        break;
    case SERVE:
        serve(device);
        break;
    case UNUSABLE:
        break;
    }
}

static void work(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    if (stick->is_over)
        take_outcome(device);
    if (sleep_poll(&stick->pause, &device->task) == POLL_PENDING)
        return;
    if (stick->wants_sense) {
        stick->wants_sense = false;
        stick->is_sense = true;
        start(device, scsi_request_sense());
    } else {
        start_next(device);
    }
}

static bool end(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    stick->stick.block_count = 0;
    complete_all(stick, ERROR_NO_DEVICE);
    sleep_cancel(&stick->pause);
    if (stick->own_begun)
        future_cancel(&stick->own.future);
    stick->own_begun = false;
    return true;
}

#define TRANSFER(text, ...)                                                           \
    {                                                                                 \
        .name = (text), .wait = USB_WAIT_TRANSFER, .milliseconds = 10000, __VA_ARGS__ \
    }

static const struct usb_step steps[STEPS] = {
    [OPEN] = USB_COMMAND("its endpoints", .begin = open_endpoints),
    [CONFIGURE] =
        USB_REQUEST("its configuration", .begin = begin_configure, .finish = finish_configure),
    [WORK] = {.name = "requests", .wait = USB_WAIT_WORK},
    [COMMAND] = TRANSFER("a command", .begin = begin_command, .finish = finish_command),
    [DATA] = TRANSFER("a command's data", .begin = begin_data, .finish = finish_data),
    [STATUS] = TRANSFER("a command's status", .next = &steps[WORK], .begin = begin_status,
                        .finish = finish_status),
    [RESET] = USB_REQUEST("the end of an error", .begin = begin_reset),
    [REOPEN] = USB_COMMAND("the end of an error", .begin = open_endpoints),
    [CLEAR_IN] = USB_REQUEST("the end of an error", .begin = begin_clear_in),
    [CLEAR_OUT] = USB_REQUEST("the end of an error", .next = &steps[WORK], .begin = begin_clear_out,
                              .finish = finish_recovery),
};

USB_DRIVER(stick, .state_size = sizeof(struct stick), .probe = probe, .steps = steps, .work = work,
           .end = end);
