/*
 * A stick's task executes one SCSI command after the other: first those that find out what the disk
 * is, then those of requests, which wait in a list. A command that fails is tried again if the
 * reason may pass, which the stick is asked for.
 *
 * A request may be cancelled at any time. What its command reads is dropped then.
 */
#include <assert.h>
#include <drivers/usb/usb_bulk_only.h>
#include <drivers/usb/usb_stick.h>
#include <kernel/log/log.h>
#include <lib/string.h>

enum { TRIES = 3 /* of a command */, TABLE_BYTES = 4096 /* of a partition table, at a time */ };

enum pause { SOON = 100, NO_MEDIUM = 1000 /* milliseconds */ };

/* What the commands are for. */
enum stage { INQUIRE, GET_READY, CAPACITY, CAPACITY_16, SERVE, UNUSABLE };

enum table { TABLE_MBR, TABLE_GPT_HEADER, TABLE_GPT, TABLE_DONE };

struct stick {
    struct usb_bulk_only bulk; /* the first member, as usb_bulk_only.h wants it */
    struct usb_stick stick;
    struct usb_device *device;
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
    uint8_t block[TABLE_BYTES];
};

static void work(struct usb_device *device);

static struct stick *stick_of(const struct usb_device *device)
{
    return device->state;
}

/* --- Requests ------------------------------------------------------------------------------- */

struct usb_stick *usb_stick_of(const struct usb_device *device)
{
    return device->driver && device->driver->work == work ? &stick_of(device)->stick : NULL;
}

static enum error probe(struct usb_device *device, const uint8_t *configuration, size_t size)
{
    static const struct usb_step wait_for_work = {.name = "requests", .wait = USB_WAIT_WORK};
    struct stick *stick = stick_of(device);
    stick->device = device;
    stick->bulk.work = &wait_for_work;
    list_init(&stick->requests);
    return usb_bulk_probe(device, configuration, size);
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
    return MIN(stick->current->count - stick->current->done,
               (uint32_t)USB_BULK_BUFFER / stick->stick.block_size);
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
        usb_bulk_start(device, scsi_synchronize_cache());
        return;
    }
    uint32_t size = stick->stick.block_size, count = next_blocks(stick);
    bool write = request->operation == USB_STICK_WRITE;
    if (write)
        memcpy(usb_bulk_data(device), place_in_buffer(stick), (size_t)count * size);
    usb_bulk_start(device, scsi_transfer(write, request->block + request->done, count, size));
}

/* The command has done what it was to do for the request. */
static void advance_request(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    struct usb_stick_request *request = stick->current;
    if (!request)
        return;
    if (request->operation == USB_STICK_READ)
        memcpy(place_in_buffer(stick), usb_bulk_data(device), stick->bulk.command.length);
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
    const uint8_t *bytes = usb_bulk_data(device);
    uint64_t blocks = 0;
    uint32_t block_size = 0;
    enum error error =
        is_16 ? scsi_read_capacity_answer_16(bytes, stick->bulk.transferred, &blocks, &block_size)
              : scsi_read_capacity_answer_10(bytes, stick->bulk.transferred, &blocks, &block_size);
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
        if (scsi_is_disk(usb_bulk_data(device), stick->bulk.transferred))
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
    unsigned key = stick->bulk.outcome == USB_BULK_PASSED
                       ? scsi_read_sense(usb_bulk_data(device), stick->bulk.transferred)
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
    bool is_whole = stick->stage != SERVE || stick->bulk.transferred == stick->bulk.command.length;
    stick->bulk.is_over = false;
    stick->is_sense = false;
    if (was_sense)
        take_sense(device);
    else if (stick->bulk.outcome == USB_BULK_FAILED)
        stick->wants_sense = true;
    else if (stick->bulk.outcome == USB_BULK_PASSED && is_whole)
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
        uint32_t most = stick->table == TABLE_GPT ? TABLE_BYTES / stick->stick.block_size : 1;
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
        usb_bulk_start(device, scsi_inquiry());
        break;
    case GET_READY:
        usb_bulk_start(device, scsi_test_unit_ready());
        break;
    case CAPACITY:
        usb_bulk_start(device, scsi_read_capacity_10());
        break;
    case CAPACITY_16:
        usb_bulk_start(device, scsi_read_capacity_16());
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
    if (stick->bulk.is_over)
        take_outcome(device);
    if (sleep_poll(&stick->pause, &device->task) == POLL_PENDING)
        return;
    if (stick->wants_sense) {
        stick->wants_sense = false;
        stick->is_sense = true;
        usb_bulk_start(device, scsi_request_sense());
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

USB_DRIVER(stick, .state_size = sizeof(struct stick), .probe = probe, .steps = usb_bulk_steps,
           .work = work, .end = end);
