/*
 * A drive of an IDE channel, and the command that it does: the registers are written, and the data
 * is moved when the drive asks for it (ATA/ATAPI-6). In tasks and threads, one drive of a channel
 * at a time; ide_get() and ide_status() also in interrupt handlers.
 */
#ifndef DRIVERS_BLOCK_IDE_DRIVE_H
#define DRIVERS_BLOCK_IDE_DRIVE_H

#include <drivers/block/ata.h>
#include <drivers/irq.h>
#include <io.h>
#include <kernel/task/mutex.h>

enum { IDE_DRIVES = 2 /* of a channel */ };

/* A channel's registers, from its first port on (7.2 to 7.15). A 48-bit command writes IDE_FEATURE
 * to IDE_LBA_HIGH twice, the upper half first. */
enum ide_register {
    IDE_DATA = 0,
    IDE_FEATURE = 1,
    IDE_COUNT = 2,
    IDE_LBA_LOW = 3,
    IDE_LBA_MID = 4, /* with IDE_LBA_HIGH: how much a CD drive sends next */
    IDE_LBA_HIGH = 5,
    IDE_DEVICE = 6,
    IDE_COMMAND = 7,
    IDE_STATUS = 7, /* a read takes the interrupt back; the port `control` does not */
};

enum ide_status {
    IDE_ERROR = 1 << 0,
    IDE_WANTS_DATA = 1 << 3,
    IDE_FAULT = 1 << 5,
    IDE_BUSY = 1 << 7
};
enum { IDE_NONE = 0, IDE_FLOATING = 0xff /* no drive: the bus floats */ };
enum ide_control { IDE_NO_INTERRUPTS = 1 << 1, IDE_RESET = 1 << 2 };
enum ide_device { IDE_DEVICE_1 = 1 << 4, IDE_DEVICE_ALWAYS = 0xa0 };

struct ide_channel;

struct ide_drive {
    struct block_device block;
    struct ide_channel *channel;
    unsigned number; /* on the channel */
    bool is_cd, has_48;
    struct block_command *command;
    /* The command as the drive gets it, and what is to be moved. */
    struct ata_command ata;
    struct block_part parts[BLOCK_PARTS_MAX];
    unsigned part_count, part; /* `part` is the one that is moved next, */
    uint32_t moved;            /* so many bytes of it are, */
    uint32_t left;             /* and so many bytes are left in all */
    bool wants_packet;
};

struct ide_channel {
    uint16_t ports, control;
    struct executor *executor;
    struct irq_handler handler;
    struct ide_drive *drives[IDE_DRIVES]; /* NULL: it is not there */
    struct ide_drive *active;
    struct mutex resetting; /* the thread that resets the channel */
    bool is_resetting;
};

/* Reads a register of the chosen drive. Any context. */
static inline uint8_t ide_get(const struct ide_channel *channel, enum ide_register which)
{
    return inb((uint16_t)(channel->ports + which));
}

/* Writes one: the lowest 8 bits of `value`. */
static inline void ide_put(const struct ide_channel *channel, enum ide_register which,
                           uint64_t value)
{
    outb((uint16_t)(channel->ports + which), (uint8_t)value);
}

/* Reads the status, and leaves the interrupt as it is. After a selection or a command the status is
 * valid 400 ns later (7.15.6.1). Any context. */
static inline uint8_t ide_status(const struct ide_channel *channel)
{
    return inb(channel->control);
}

/* Makes the drive the one that the channel's registers belong to. `device`: further bits of its
 * register. */
void ide_select(const struct ide_channel *channel, unsigned number, uint8_t device);

/* Gives the drive the command `ata`, for the first `part_count` of its parts. */
void ide_issue(struct ide_drive *drive);

/* Moves all that the drive is ready for. Is the command over then? *error tells how: OK or
 * ERROR_DEVICE. */
bool ide_has_ended(struct ide_drive *drive, enum error *error);

#endif
