#include <drivers/block/ide_drive.h>
#include <layout.h>

enum { SELECT_MICROSECONDS = 1000 };

/* A drive that stays busy is given the command all the same, and runs into the command's limit. */
void ide_select(const struct ide_channel *channel, unsigned number, uint8_t device)
{
    for (unsigned i = 0; i < SELECT_MICROSECONDS; i++) {
        if (!(ide_status(channel) & (IDE_BUSY | IDE_WANTS_DATA)))
            break;
        io_delay();
    }
    ide_put(channel, IDE_DEVICE, IDE_DEVICE_ALWAYS | device | (number ? IDE_DEVICE_1 : 0));
    io_delay();
}

void ide_issue(struct ide_drive *drive)
{
    const struct ide_channel *channel = drive->channel;
    const struct ata_command *ata = &drive->ata;
    drive->part = drive->moved = drive->left = 0;
    for (unsigned i = 0; i < drive->part_count; i++)
        drive->left += drive->parts[i].size;
    drive->wants_packet = ata->is_packet;
    ide_select(channel, drive->number, ata->device);
    for (unsigned half = drive->has_48; half < 2; half--) {
        ide_put(channel, IDE_FEATURE, half ? 0 : ata->feature);
        ide_put(channel, IDE_COUNT, ata->count >> 8 * half);
        ide_put(channel, IDE_LBA_LOW, ata->block >> 24 * half);
        ide_put(channel, IDE_LBA_MID, ata->block >> (24 * half + 8));
        ide_put(channel, IDE_LBA_HIGH, ata->block >> (24 * half + 16));
    }
    ide_put(channel, IDE_COMMAND, ata->command);
    io_delay();
}

static void move(struct ide_drive *drive, uint32_t size)
{
    uint16_t port = drive->channel->ports + IDE_DATA;
    drive->left -= size;
    while (size) {
        const struct block_part *part = &drive->parts[drive->part];
        uint8_t *memory = (uint8_t *)phys_to_virt(part->address) + drive->moved;
        uint32_t count = MIN(size, part->size - drive->moved);
        if (drive->ata.is_write)
            outw_many(port, memory, count / 2);
        else
            inw_many(port, memory, count / 2);
        size -= count;
        drive->moved += count;
        if (drive->moved == part->size) {
            drive->part++;
            drive->moved = 0;
        }
    }
}

/* Moves what the drive asks for: the packet, or a block. False: it asks for what is not there. */
static bool move_block(struct ide_drive *drive)
{
    const struct ide_channel *channel = drive->channel;
    if (drive->wants_packet) {
        drive->wants_packet = false;
        outw_many(channel->ports + IDE_DATA, drive->ata.packet, ATA_PACKET_SIZE / 2);
        return true;
    }
    uint32_t size = drive->block.block_size;
    if (drive->ata.is_packet)
        size = ide_get(channel, IDE_LBA_MID) | (uint32_t)ide_get(channel, IDE_LBA_HIGH) << 8;
    if (!size || size % 2 || size > drive->left)
        return false;
    move(drive, size);
    return true;
}

/* Each turn moves something, so there is an end. */
bool ide_has_ended(struct ide_drive *drive, enum error *error)
{
    for (;;) {
        uint8_t status = ide_status(drive->channel);
        if (status & IDE_BUSY)
            return false;
        bool failed = status & (IDE_ERROR | IDE_FAULT);
        bool is_over = !(status & IDE_WANTS_DATA);
        if (is_over)
            failed |= drive->left || drive->wants_packet;
        *error = failed ? ERROR_DEVICE : OK;
        if (failed || is_over)
            return true;
        if (!move_block(drive)) {
            *error = ERROR_DEVICE;
            return true;
        }
        io_delay();
    }
}
