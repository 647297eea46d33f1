#include <drivers/block/ata.h>
#include <lib/bytes.h>

enum ata_opcode {
    PACKET = 0xa0,
    IDENTIFY = 0xec,
    READ_SECTORS = 0x20,
    READ_SECTORS_EXT = 0x24,
    READ_DMA_EXT = 0x25,
    WRITE_SECTORS = 0x30,
    WRITE_SECTORS_EXT = 0x34,
    WRITE_DMA_EXT = 0x35,
    FLUSH_CACHE = 0xe7,
    FLUSH_CACHE_EXT = 0xea,
};

enum packet_opcode { READ_CAPACITY = 0x25, READ_10 = 0x28 };

enum { DEVICE_LBA = 1 << 6, FEATURE_DMA = 1 };

/* Words of an identity. */
enum identity_word {
    CAPABILITIES = 49, /* bit 9: addresses of blocks */
    SECTORS_28 = 60,
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
    if (!(get_words(bytes, CAPABILITIES, 1) >> 9 & 1) || size < ATA_SECTOR ||
        size > BLOCK_SIZE_MAX || size & (size - 1))
        return ERROR_UNSUPPORTED;
    identity->block_size = (uint32_t)size;
    identity->has_48 = get_words(bytes, COMMAND_SETS, 1) >> 10 & 1;
    if (identity->has_48)
        identity->block_count = get_words(bytes, SECTORS, 4) & ((UINT64_C(1) << 48) - 1);
    else
        identity->block_count = get_words(bytes, SECTORS_28, 2) & ((UINT64_C(1) << 28) - 1);
    identity->has_cache = get_words(bytes, ENABLED, 1) >> 5 & 1;
    return OK;
}

struct ata_command ata_transfer(const struct block_command *command, enum ata_way way)
{
    static const uint8_t opcodes[][BLOCK_FLUSH + 1] = {
        [ATA_DMA] = {READ_DMA_EXT, WRITE_DMA_EXT, FLUSH_CACHE_EXT},
        [ATA_PIO] = {READ_SECTORS_EXT, WRITE_SECTORS_EXT, FLUSH_CACHE_EXT},
        [ATA_PIO_28] = {READ_SECTORS, WRITE_SECTORS, FLUSH_CACHE},
    };
    uint8_t highest = way == ATA_PIO_28 ? command->block >> 24 & 15 : 0;
    return (struct ata_command){
        .command = opcodes[way][command->operation],
        .device = DEVICE_LBA | highest,
        .block = command->block,
        .count = (uint16_t)command->count,
        .is_write = command->operation == BLOCK_WRITE,
    };
}

/* --- CDs ------------------------------------------------------------------------------------ */

static struct ata_command packet(uint8_t opcode, uint16_t bytes)
{
    return (struct ata_command){
        .command = PACKET,
        .feature = bytes ? 0 : FEATURE_DMA,
        .block = (uint64_t)bytes << 8,
        .is_packet = true,
        .packet = {opcode},
    };
}

struct ata_command cd_transfer(const struct block_command *command, uint16_t bytes)
{
    struct ata_command ata = packet(READ_10, bytes);
    for (unsigned i = 0; i < 4; i++)
        ata.packet[2 + i] = (uint8_t)(command->block >> 8 * (3 - i));
    ata.packet[7] = (uint8_t)(command->count >> 8);
    ata.packet[8] = (uint8_t)command->count;
    return ata;
}

struct ata_command cd_capacity(uint16_t bytes)
{
    return packet(READ_CAPACITY, bytes);
}

enum error cd_read_capacity(const uint8_t *bytes, struct ata_identity *identity)
{
    identity->block_count = (uint64_t)get_big_32(bytes) + 1;
    identity->block_size = get_big_32(bytes + 4);
    identity->has_cache = false;
    return identity->block_size == CD_BLOCK ? OK : ERROR_UNSUPPORTED;
}
