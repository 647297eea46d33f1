/*
 * Commands of ATA disks and CD drives (ATA/ATAPI Command Set 3; MMC-6), whatever carries them.
 *
 * Pure functions; any context.
 */
#ifndef DRIVERS_BLOCK_ATA_H
#define DRIVERS_BLOCK_ATA_H

#include <drivers/block/block.h>

enum { ATA_IDENTITY_SIZE = 512, ATA_PACKET_SIZE = 12, ATA_SECTOR = 512, CD_BLOCK = 2048 };

/* What is written to a drive's registers. */
struct ata_command {
    uint8_t command;
    uint8_t feature;
    uint8_t device;
    uint64_t block; /* 48 bits */
    uint16_t count; /* of sectors; 0: 65,536 */
    bool is_packet; /* `packet` is sent to the drive */
    bool is_write;
    uint8_t packet[ATA_PACKET_SIZE];
};

/* What an ATA drive says of itself. */
struct ata_identity {
    uint64_t block_count;
    uint32_t block_size;
    bool has_cache;
};

/* The command that makes a drive say what it is, in ATA_IDENTITY_SIZE bytes. */
struct ata_command ata_identify(void);

/* Reads that. ERROR_UNSUPPORTED: no 48-bit addresses, or blocks of a size that cannot be. */
enum error ata_read_identity(const uint8_t *bytes, struct ata_identity *identity);

/* The command for a disk's blocks. */
struct ata_command ata_transfer(const struct block_command *command);

/* The same for a CD's. */
struct ata_command cd_transfer(const struct block_command *command);

/* Asks a CD drive how large the medium is, in 8 bytes, and reads the answer. ERROR_UNSUPPORTED: its
 * blocks do not have CD_BLOCK bytes. */
struct ata_command cd_capacity(void);
enum error cd_read_capacity(const uint8_t *bytes, struct ata_identity *identity);

#endif
