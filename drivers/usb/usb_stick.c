/*
 * A stick's task executes one SCSI command after the other. The first ones find out what the disk
 * is; then the task serves the block layer, each of whose commands takes several SCSI commands.
 * After a command that fails, the task asks the stick for the reason (REQUEST SENSE), and tries the
 * command again if the reason may pass.
 *
 * The disk is a struct of its own, since it may outlive the stick: a file on it may still be open.
 * The disk is gone when the stick is unplugged or its medium is taken out. A new medium is a new
 * disk.
 */
#include <assert.h>
#include <drivers/usb/usb_bulk_only.h>
#include <drivers/usb/usb_stick.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/heap.h>

enum { TRIES = 3 /* of a command */ };

enum pause { SOON = 100, NO_MEDIUM = 1000 /* milliseconds */ };

/* What the commands are for. */
enum stage { INQUIRE, GET_READY, CAPACITY, CAPACITY_16, SERVE, UNUSABLE };

struct disk {
    struct block_device block;
    struct usb_device *device;
};

struct stick {
    struct usb_bulk_only bulk; /* the first member, as usb_bulk_only.h wants it */
    struct disk *disk;         /* NULL: there is no medium, or not yet */
    enum stage stage;
    bool wants_sense;              /* the next command is REQUEST SENSE: the last one has failed */
    bool is_sense;                 /* the command under way is REQUEST SENSE */
    unsigned tries;                /* of the stage's command, or of the block layer's */
    struct sleep pause;            /* until the next SCSI command */
    struct block_command *current; /* the block layer's; NULL: there is none */
    uint32_t done;                 /* blocks of it */
};

static void work(struct usb_device *device);

static struct stick *stick_of(const struct usb_device *device)
{
    return device->state;
}

bool usb_is_stick(const struct usb_device *device)
{
    return device->driver && device->driver->work == work;
}

const struct block_device *usb_stick_disk(const struct usb_device *device)
{
    const struct disk *disk = stick_of(device)->disk;
    return disk ? &disk->block : NULL;
}

static enum error probe(struct usb_device *device, const uint8_t *configuration, size_t size)
{
    static const struct usb_step wait_for_work = {.name = "requests", .wait = USB_WAIT_WORK};
    stick_of(device)->bulk.work = &wait_for_work;
    return usb_bulk_probe(device, configuration, size);
}

/* --- Disks ---------------------------------------------------------------------------------- */

static struct disk *disk_of(struct block_device *block)
{
    return CONTAINER_OF(block, struct disk, block);
}

static void begin(struct block_device *block, struct block_command *command)
{
    struct usb_device *device = disk_of(block)->device;
    stick_of(device)->current = command;
    stick_of(device)->done = stick_of(device)->tries = 0;
    task_wake(&device->task);
}

/* The stick's task ends the commands. */
static void look(struct block_device *block)
{
    (void)block;
}

/* There is nothing left to try: each SCSI command has a limit and is repeated by itself. */
static enum error reset(struct block_device *block)
{
    struct stick *stick = stick_of(disk_of(block)->device);
    stick->disk = NULL;
    stick->current = NULL;
    stick->stage = UNUSABLE;
    return ERROR_TIMEOUT;
}

static void release(struct block_device *block)
{
    kfree(disk_of(block));
}

static const struct block_operations operations = {
    .begin = begin, .work = look, .reset = reset, .release = release};

static enum error add_disk(struct usb_device *device, uint64_t blocks, uint32_t block_size)
{
    struct disk *disk = kzalloc(sizeof(*disk));
    if (!disk)
        return ERROR_OUT_OF_FRAMES;
    disk->device = device;
    disk->block.operations = &operations;
    disk->block.block_count = blocks;
    disk->block.block_size = block_size;
    disk->block.has_cache = true;
    disk->block.depth = 1;
    disk->block.most_parts = BLOCK_PARTS_MAX;
    disk->block.most_bytes = BLOCK_BYTES_MAX;
    enum error error = block_add(&disk->block, "sd", device->task.executor);
    if (error)
        kfree(disk);
    else
        stick_of(device)->disk = disk;
    return error;
}

static void remove_disk(struct stick *stick)
{
    struct disk *disk = stick->disk;
    stick->current = NULL;
    stick->disk = NULL;
    if (disk)
        block_gone(&disk->block);
}

static void end_command(struct stick *stick, enum error error)
{
    struct block_command *command = stick->current;
    stick->current = NULL;
    if (!command)
        return;
    block_command_end(&stick->disk->block, command, error);
    block_interrupt(&stick->disk->block);
}

/* --- The block layer's commands -------------------------------------------------------------- */

/* How many blocks the next SCSI command is about. */
static uint32_t next_blocks(const struct stick *stick)
{
    return MIN(stick->current->count - stick->done,
               (uint32_t)USB_BULK_BUFFER / stick->disk->block.block_size);
}

/* Copies between a command's memory, without its first `skip` bytes, and the stick's buffer. */
struct copy {
    uint64_t skip;
    size_t left;
    uint8_t *buffer;
    bool write;
};

static void copy_part(void *argument, const struct block_part *part)
{
    struct copy *copy = argument;
    size_t skip = (size_t)MIN(copy->skip, (uint64_t)part->size);
    size_t size = MIN(part->size - skip, copy->left);
    uint8_t *memory = (uint8_t *)phys_to_virt(part->address) + skip;
    if (copy->write)
        memcpy(copy->buffer, memory, size);
    else
        memcpy(memory, copy->buffer, size);
    copy->skip -= skip;
    copy->left -= size;
    copy->buffer += size;
}

static void copy_blocks(const struct usb_device *device)
{
    const struct stick *stick = stick_of(device);
    uint32_t size = stick->disk->block.block_size;
    struct copy copy = {
        .skip = (uint64_t)stick->done * size,
        .left = (size_t)next_blocks(stick) * size,
        .buffer = usb_bulk_data(device),
        .write = stick->current->operation == BLOCK_WRITE,
    };
    block_command_parts(stick->current, copy_part, &copy);
}

static void start_command(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    const struct block_command *command = stick->current;
    if (command->operation == BLOCK_FLUSH) {
        usb_bulk_start(device, scsi_synchronize_cache());
        return;
    }
    bool write = command->operation == BLOCK_WRITE;
    if (write)
        copy_blocks(device);
    usb_bulk_start(device, scsi_transfer(write, command->block + stick->done, next_blocks(stick),
                                         stick->disk->block.block_size));
}

/* A SCSI command of the block layer's command has passed. */
static void advance_command(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    if (!stick->current)
        return;
    if (stick->current->operation == BLOCK_READ)
        copy_blocks(device);
    if (stick->current->operation != BLOCK_FLUSH)
        stick->done += next_blocks(stick);
    if (stick->done == stick->current->count)
        end_command(stick, OK);
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
    } else if (add_disk(device, blocks, block_size)) {
        become_unusable(device, "no memory for it");
    } else {
        go_to_stage(stick, SERVE);
        log_info("usb: stick %s (%04x:%04x) is %s, %llu blocks of %u bytes", device->name,
                 device->descriptor.vendor, device->descriptor.product, stick->disk->block.name,
                 (unsigned long long)blocks, block_size);
        usb_device_settle(device);
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
        advance_command(device);
        break;
    case UNUSABLE:
        break;
    }
}

/* --- Commands that fail --------------------------------------------------------------------- */

/* The stage's command has failed for good. A stick without a medium is asked again every second. */
static void give_up(struct usb_device *device, bool is_ready)
{
    struct stick *stick = stick_of(device);
    stick->tries = 0;
    if (stick->stage == SERVE) {
        if (is_ready) {
            end_command(stick, ERROR_DEVICE);
            return;
        }
        remove_disk(stick);
        go_to_stage(stick, GET_READY);
    } else if (stick->stage == GET_READY) {
        usb_device_settle(device);
        sleep_for(&stick->pause, NO_MEDIUM * NANOSECONDS_PER_MILLISECOND);
    } else {
        become_unusable(device, "it does not say what it is");
    }
}

/* Tries the command again if the reason of its failure may pass: the stick has reported a change,
 * or is not ready yet, or the transport broke. */
static void try_again(struct usb_device *device, bool passes, bool is_ready)
{
    struct stick *stick = stick_of(device);
    if (!passes || ++stick->tries >= TRIES)
        give_up(device, is_ready);
    else if (!is_ready)
        sleep_for(&stick->pause, SOON * NANOSECONDS_PER_MILLISECOND);
}

/* Takes the answer to REQUEST SENSE. Many sticks have no cache and reject the command that flushes
 * it: that counts as success. */
static void take_sense(struct usb_device *device)
{
    struct stick *stick = stick_of(device);
    unsigned key = stick->bulk.outcome == USB_BULK_PASSED
                       ? scsi_read_sense(usb_bulk_data(device), stick->bulk.transferred)
                       : 0;
    if (key == SCSI_ILLEGAL_REQUEST && stick->current && stick->current->operation == BLOCK_FLUSH) {
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

/* --- The work ------------------------------------------------------------------------------- */

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
        if (stick->current)
            start_command(device);
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
    remove_disk(stick);
    sleep_cancel(&stick->pause);
    return true;
}

USB_DRIVER(stick, .state_size = sizeof(struct stick), .probe = probe, .steps = usb_bulk_steps,
           .work = work, .end = end);
