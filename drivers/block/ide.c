/*
 * IDE: parallel ATA disks and CD drives, as PCs have had them before Serial ATA (ATA/ATAPI-6; PCI
 * IDE Controller Specification 1.0). A controller has two channels, and a channel has two drives
 * that share its registers, so one of them does a command at a time.
 *
 * The processor moves the data through a port (PIO). That is slow, but every controller can do it,
 * and no drive reaches memory. A drive that wants or has a block of data says so in its status and
 * raises the channel's interrupt, though not for the first block of a write. So after each command
 * the disk's task looks at the status every few milliseconds until an interrupt comes.
 *
 *     drive->command    what the block layer has begun
 *     channel->active   the drive whose command the channel does; the other drive's waits for it
 *
 * A reset is for both drives: the other one's command begins again from its start.
 */
#include <assert.h>
#include <drivers/block/ide_drive.h>
#include <drivers/pci_interrupt.h>
#include <kernel/log/log.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/kernel_threads.h>

enum { CLASS_IDE = 0x010100, CHANNELS = 2 };

/* Of the class's interface, for channel 0; channel 1 has the same two bits further on. */
enum { IS_NATIVE = 1 << 0, INTERFACE_BITS = 2 };

/* Where the channels are unless the BARs say it. */
static const uint16_t usual_ports[CHANNELS] = {0x1f0, 0x170};
static const uint16_t usual_control[CHANNELS] = {0x3f6, 0x376};
enum { FIRST_LINE = 14, BAR_CONTROL_OFFSET = 2 };

enum { SIGNATURE_DISK = 0x0000, SIGNATURE_CD = 0xeb14 }; /* in IDE_LBA_MID and IDE_LBA_HIGH */

enum { PACKET_BYTES = 32 * 1024 /* that a CD drive sends at a time, at most */ };

enum limit { DRIVE_MILLISECONDS = 10000, IDENTIFY_TRIES = 3 };

struct ide {
    struct ide_channel channels[CHANNELS];
};

static struct ide_drive *drive_of(struct block_device *device)
{
    return CONTAINER_OF(device, struct ide_drive, block);
}

/* --- Commands ------------------------------------------------------------------------------- */

static void add_part(void *argument, const struct block_part *part)
{
    struct ide_drive *drive = argument;
    ASSERT(drive->part_count < ARRAY_SIZE(drive->parts));
    drive->parts[drive->part_count++] = *part;
}

/* Begins the command of one of the drives, if the channel is free. */
static void begin_next(struct ide_channel *channel, const struct ide_drive *last)
{
    for (unsigned i = 1; i <= IDE_DRIVES && !channel->active && !channel->is_resetting; i++) {
        struct ide_drive *drive = channel->drives[(last->number + i) % IDE_DRIVES];
        if (!drive || !drive->command)
            continue;
        channel->active = drive;
        ide_issue(drive);
        drive->block.was_interrupted = false;
        task_wake(&drive->block.task);
    }
}

static void begin(struct block_device *device, struct block_command *command)
{
    struct ide_drive *drive = drive_of(device);
    drive->part_count = 0;
    block_command_parts(command, add_part, drive);
    if (drive->is_cd)
        drive->ata = cd_transfer(command, PACKET_BYTES);
    else
        drive->ata = ata_transfer(command, drive->has_48 ? ATA_PIO : ATA_PIO_28);
    drive->command = command;
    begin_next(drive->channel, drive);
}

static void work(struct block_device *device)
{
    struct ide_drive *drive = drive_of(device);
    struct ide_channel *channel = drive->channel;
    enum error error;
    if (channel->active != drive || channel->is_resetting || !ide_has_ended(drive, &error))
        return;
    if (error && ide_status(channel) & IDE_WANTS_DATA) { /* it goes on asking for data */
        block_reset(device, error);
        return;
    }
    struct block_command *command = drive->command;
    drive->command = NULL;
    channel->active = NULL;
    begin_next(channel, drive);
    block_command_end(device, command, error);
}

/* --- Resets, in threads --------------------------------------------------------------------- */

/* ERROR_DEVICE: no drive is there any more; ERROR_TIMEOUT. */
static enum error wait_until_free(const struct ide_channel *channel)
{
    uint64_t deadline = clock_now() + DRIVE_MILLISECONDS * NANOSECONDS_PER_MILLISECOND;
    for (;;) {
        uint8_t status = ide_status(channel);
        if (status == IDE_FLOATING)
            return ERROR_DEVICE;
        if (!(status & IDE_BUSY))
            return OK;
        if (clock_now() >= deadline)
            return ERROR_TIMEOUT;
        thread_sleep(NANOSECONDS_PER_MILLISECOND);
    }
}

/* 9.2: the drives look at the bit for 5 us, and need 2 ms. */
static enum error reset_channel(const struct ide_channel *channel)
{
    outb(channel->control, IDE_RESET | IDE_NO_INTERRUPTS);
    for (unsigned i = 0; i < 10; i++)
        io_delay();
    outb(channel->control, 0);
    thread_sleep(2 * NANOSECONDS_PER_MILLISECOND);
    return wait_until_free(channel);
}

static enum error reset(struct block_device *device)
{
    struct ide_drive *drive = drive_of(device);
    struct ide_channel *channel = drive->channel;
    thread_lock(&channel->resetting);
    channel->is_resetting = true;
    channel->active = NULL;
    drive->command = NULL;
    enum error error = reset_channel(channel);
    if (!error) {
        ide_put(channel, IDE_DEVICE, IDE_DEVICE_ALWAYS | (drive->number ? IDE_DEVICE_1 : 0));
        io_delay();
        error = wait_until_free(channel);
    }
    channel->is_resetting = false;
    begin_next(channel, drive);
    thread_unlock(&channel->resetting);
    return error;
}

static const struct block_operations operations = {.begin = begin, .work = work, .reset = reset};

/* --- The start, in a thread ----------------------------------------------------------------- */

/* Does a command whose answer is so long, and waits for it. No other runs on the channel. */
static enum error ask(struct ide_drive *drive, const struct ata_command *ata, void *answer,
                      uint32_t size)
{
    enum error error;
    phys_addr_t frame = frame_alloc();
    if (frame == NO_FRAME)
        return ERROR_OUT_OF_FRAMES;
    uint64_t deadline = clock_now() + DRIVE_MILLISECONDS * NANOSECONDS_PER_MILLISECOND;
    drive->parts[0] = (struct block_part){.address = frame, .size = size};
    drive->part_count = 1;
    drive->ata = *ata;
    ide_issue(drive);
    while (!ide_has_ended(drive, &error)) {
        error = ERROR_TIMEOUT;
        if (clock_now() >= deadline)
            break;
        thread_sleep(NANOSECONDS_PER_MILLISECOND);
    }
    memcpy(answer, phys_to_virt(frame), size);
    frame_free(frame);
    return error;
}

/* A CD drive fails once after a new medium. */
static enum error find_size(struct ide_drive *drive, struct ata_identity *identity)
{
    uint8_t answer[ATA_IDENTITY_SIZE];
    struct ata_command command = drive->is_cd ? cd_capacity(PACKET_BYTES) : ata_identify();
    enum error error = ERROR_DEVICE;
    for (unsigned i = 0; error == ERROR_DEVICE && i < IDENTIFY_TRIES; i++)
        error = ask(drive, &command, answer, drive->is_cd ? CD_CAPACITY_SIZE : ATA_IDENTITY_SIZE);
    if (error)
        return error;
    return drive->is_cd ? cd_read_capacity(answer, identity) : ata_read_identity(answer, identity);
}

static enum error identify(struct ide_drive *drive)
{
    const struct ide_channel *channel = drive->channel;
    struct ata_identity identity;
    ide_select(channel, drive->number, 0);
    unsigned signature = ide_get(channel, IDE_LBA_MID) | (unsigned)ide_get(channel, IDE_LBA_HIGH)
                                                             << 8;
    uint8_t status = ide_status(channel);
    if (status == IDE_NONE || status == IDE_FLOATING)
        return ERROR_NO_DEVICE;
    if (signature != SIGNATURE_DISK && signature != SIGNATURE_CD)
        return ERROR_UNSUPPORTED;
    drive->is_cd = signature == SIGNATURE_CD;
    drive->block.block_size = ATA_SECTOR;
    enum error error = find_size(drive, &identity);
    if (error)
        return error;
    drive->has_48 = !drive->is_cd && identity.has_48;
    drive->block.operations = &operations;
    drive->block.block_count = identity.block_count;
    drive->block.block_size = identity.block_size;
    drive->block.has_cache = identity.has_cache;
    drive->block.is_read_only = drive->is_cd;
    drive->block.depth = 1;
    drive->block.most_parts = BLOCK_PARTS_MAX;
    drive->block.most_bytes = BLOCK_BYTES_MAX;
    return OK;
}

static void find_drive(struct ide_channel *channel, unsigned number)
{
    struct ide_drive *drive = kzalloc(sizeof(*drive));
    if (!drive)
        return;
    drive->channel = channel;
    drive->number = number;
    enum error error = identify(drive);
    if (!error) {
        channel->drives[number] = drive;
        return;
    }
    if (error != ERROR_NO_DEVICE && error != ERROR_DEVICE) /* or it has no medium */
        log_warn("ide: drive %u of the channel at port 0x%x does not start (%s)", number,
                 channel->ports, error_name(error));
    kfree(drive);
}

/* All drives are found before requests for one of them come. */
static void start_channel(struct ide_channel *channel)
{
    if (!channel->ports || ide_get(channel, IDE_STATUS) == IDE_FLOATING || reset_channel(channel))
        return;
    for (unsigned i = 0; i < IDE_DRIVES; i++)
        find_drive(channel, i);
    for (unsigned i = 0; i < IDE_DRIVES; i++) {
        struct ide_drive *drive = channel->drives[i];
        if (drive && block_add(&drive->block, drive->is_cd ? "sr" : "sd", channel->executor))
            channel->drives[i] = NULL;
    }
}

static void run(void *argument)
{
    struct ide *ide = argument;
    for (unsigned i = 0; i < CHANNELS; i++)
        start_channel(&ide->channels[i]);
}

/* --- The controller ------------------------------------------------------------------------- */

/* A line may be shared. */
static void interrupt(void *context)
{
    struct ide_channel *channel = context;
    if (ide_status(channel) & IDE_BUSY)
        return;
    (void)ide_get(channel, IDE_STATUS);
    if (channel->active)
        block_interrupt(&channel->active->block);
}

/* Finds a channel's ports; without any it stays unused. */
static void find_channel(struct ide_channel *channel, unsigned index, struct pci_device *device)
{
    struct pci_bar ports, control;
    const char *way;
    channel->handler = (struct irq_handler){.name = "disk", .run = interrupt, .context = channel};
    if (!(device->class >> INTERFACE_BITS * index & IS_NATIVE)) {
        channel->ports = usual_ports[index];
        channel->control = usual_control[index];
        (void)irq_add_handler(FIRST_LINE + index, &channel->handler);
        return;
    }
    if (pci_bar(device, 2 * index, &ports) || pci_bar(device, 2 * index + 1, &control) ||
        !ports.is_ports || !control.is_ports || !ports.address || !control.address)
        return;
    channel->ports = (uint16_t)ports.address;
    channel->control = (uint16_t)(control.address + BAR_CONTROL_OFFSET);
    (void)pci_interrupt_start(device, &channel->handler, &way);
}

/* Once the interrupts' handlers are registered, the struct stays. */
static enum error start(struct pci_device *device, struct executor *executor)
{
    struct ide *ide = kzalloc(sizeof(*ide));
    if (!ide)
        return ERROR_OUT_OF_FRAMES;
    pci_command(device, PCI_COMMAND_PORTS, 0);
    for (unsigned i = 0; i < CHANNELS; i++) {
        ide->channels[i].executor = executor;
        find_channel(&ide->channels[i], i, device);
    }
    return kernel_thread_spawn(executor, "ide", run, ide);
}

PCI_DRIVER(ide, .class = CLASS_IDE, .class_mask = 0xffff00, .is_late = true, .start = start);
