#include <drivers/block/ata.h>

enum ata_opcode {
    PACKET = 0xa0,
    IDENTIFY = 0xec,
    READ_DMA_EXT = 0x25,
    WRITE_DMA_EXT = 0x35,
    FLUSH_CACHE_EXT = 0xea,
};

enum packet_opcode { READ_CAPACITY = 0x25, READ_10 = 0x28 };

enum { DEVICE_LBA = 1 << 6, FEATURE_DMA = 1 };

/* Words of an identity. */
enum identity_word {
    COMMAND_SETS = 83, /* bit 10: 48-bit addresses */
    ENABLED = 85,      /* bit 5: the write cache */
    SECTORS = 100,
    SECTOR_SIZE = 106, /* bits 15 and 14 are 01: valid; bit 12: the size is in words 117 and 118 */
    WORDS_PER_SECTOR = 117,
};

static uint64_t get_words(const uint8_t *bytes, unsigned word, unsigned count)
{
    uint64_t value = 0;
    for (unsigned i = 2 * count; i-- > 0;)
        value = value << 8 | bytes[2 * word + i];
    return value;
}

static uint32_t get_big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* --- Disks ---------------------------------------------------------------------------------- */

struct ata_command ata_identify(void)
{
    return (struct ata_command){.command = IDENTIFY};
}

enum error ata_read_identity(const uint8_t *bytes, struct ata_identity *identity)
{
    uint64_t size = ATA_SECTOR, flags = get_words(bytes, SECTOR_SIZE, 1);
    if (flags >> 14 == 1 && flags >> 12 & 1)
        size = 2 * get_words(bytes, WORDS_PER_SECTOR, 2);
    if (!(get_words(bytes, COMMAND_SETS, 1) >> 10 & 1) || size < ATA_SECTOR ||
        size > BLOCK_SIZE_MAX || size & (size - 1))
        return ERROR_UNSUPPORTED;
    identity->block_size = (uint32_t)size;
    identity->block_count = get_words(bytes, SECTORS, 4) & ((UINT64_C(1) << 48) - 1);
    identity->has_cache = get_words(bytes, ENABLED, 1) >> 5 & 1;
    return OK;
}

struct ata_command ata_transfer(const struct block_command *command)
{
    static const uint8_t opcodes[] = {[BLOCK_READ] = READ_DMA_EXT,
                                      [BLOCK_WRITE] = WRITE_DMA_EXT,
                                      [BLOCK_FLUSH] = FLUSH_CACHE_EXT};
    return (struct ata_command){
        .command = opcodes[command->operation],
        .device = DEVICE_LBA,
        .block = command->block,
        .count = (uint16_t)command->count,
        .is_write = command->operation == BLOCK_WRITE,
    };
}

/* --- CDs ------------------------------------------------------------------------------------ */

static struct ata_command packet(uint8_t opcode)
{
    return (struct ata_command){
        .command = PACKET, .feature = FEATURE_DMA, .is_packet = true, .packet = {opcode}};
}

struct ata_command cd_transfer(const struct block_command *command)
{
    struct ata_command ata = packet(READ_10);
    for (unsigned i = 0; i < 4; i++)
        ata.packet[2 + i] = (uint8_t)(command->block >> 8 * (3 - i));
    ata.packet[7] = (uint8_t)(command->count >> 8);
    ata.packet[8] = (uint8_t)command->count;
    return ata;
}

struct ata_command cd_capacity(void)
{
    return packet(READ_CAPACITY);
}

enum error cd_read_capacity(const uint8_t *bytes, struct ata_identity *identity)
{
    identity->block_count = (uint64_t)get_big_endian(bytes) + 1;
    identity->block_size = get_big_endian(bytes + 4);
    identity->has_cache = false;
    return identity->block_size == CD_BLOCK ? OK : ERROR_UNSUPPORTED;
}
