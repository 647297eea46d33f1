/*
 * Commands of ATA disks and CD drives (ATA/ATAPI Command Set 3; MMC-6), whatever carries them.
 *
 * Pure functions; any context.
 */
#ifndef DRIVERS_BLOCK_ATA_H
#define DRIVERS_BLOCK_ATA_H

#include <drivers/block/block.h>

enum {
    ATA_IDENTITY_SIZE = 512,
    ATA_PACKET_SIZE = 12,
    ATA_SECTOR = 512,
    CD_BLOCK = 2048,
    CD_CAPACITY_SIZE = 8
};

/* How a disk's data goes: by DMA; through a port, by the processor; the same for a disk that knows
 * only addresses of 28 bits and counts of 8. */
enum ata_way { ATA_DMA, ATA_PIO, ATA_PIO_28 };

/* What is written to a drive's registers. */
struct ata_command {
    uint8_t command;
    uint8_t feature;
    uint8_t device;
    uint64_t block; /* 48 bits, or 28 whose highest 4 are in `device` */
    uint16_t count; /* of sectors; 0: 65,536, or 256 */
    bool is_packet; /* `packet` is sent to the drive */
    bool is_write;
    uint8_t packet[ATA_PACKET_SIZE];
};

/* What an ATA drive says of itself. */
struct ata_identity {
    uint64_t block_count;
    uint32_t block_size;
    bool has_cache;
    bool has_48; /* bits of an address, and 16 of a count */
};

/* The command that makes a drive say what it is, in ATA_IDENTITY_SIZE bytes. */
struct ata_command ata_identify(void);

/* Reads that. ERROR_UNSUPPORTED: no addresses of blocks, or blocks of a size that cannot be. */
enum error ata_read_identity(const uint8_t *bytes, struct ata_identity *identity);

/* The command for a disk's blocks. */
struct ata_command ata_transfer(const struct block_command *command, enum ata_way way);

/* The same for a CD's. Not by DMA: the drive sends at most `bytes` at a time, below 65,535. 0: by
 * DMA. */
struct ata_command cd_transfer(const struct block_command *command, uint16_t bytes);

/* Asks a CD drive how large the medium is, in CD_CAPACITY_SIZE bytes, and reads the answer.
 * ERROR_UNSUPPORTED: its blocks do not have CD_BLOCK bytes. */
struct ata_command cd_capacity(uint16_t bytes);
enum error cd_read_capacity(const uint8_t *bytes, struct ata_identity *identity);

#endif
