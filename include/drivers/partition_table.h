/*
 * Reads the table of a disk's partitions: an MBR (one sector with four entries) or a GPT (Unified
 * Extensible Firmware Interface 2.10, chapter 5). The tables are outside data: whatever the bytes
 * are, nothing beyond them is read, and a partition that is kept lies within the disk.
 *
 * Pure functions; any context.
 */
#ifndef DRIVERS_PARTITION_TABLE_H
#define DRIVERS_PARTITION_TABLE_H

#include <error.h>
#include <types.h>

enum {
    PARTITIONS = 8,        /* that are kept */
    PARTITION_NAME = 37,   /* bytes, a NUL included */
    PARTITION_SECTOR = 512 /* the least size of a block */
};

struct partition {
    unsigned number; /* in the table, from 1 */
    uint64_t first;  /* block */
    uint64_t count;  /* of blocks, never 0 */
    char name[PARTITION_NAME];
};

/* All zeros is a disk without a table. */
struct partition_table {
    const char *kind; /* "MBR" or "GPT"; NULL: there is none */
    unsigned count;
    struct partition partitions[PARTITIONS];
};

/* Where the entries of a GPT are. */
struct gpt_header {
    uint64_t entries; /* their first block */
    uint32_t entry_count;
    uint32_t entry_size; /* in bytes; a multiple of 128 */
};

/* Reads an MBR from the disk's first PARTITION_SECTOR bytes. `blocks` is the disk's size. *is_gpt:
 * the MBR only says that a GPT is there. */
void partition_read_mbr(const uint8_t *sector, uint64_t blocks, struct partition_table *table,
                        bool *is_gpt);

/* Reads the header of a GPT, PARTITION_SECTOR bytes of the disk's second block. ERROR_INVALID: it
 * is none. */
enum error partition_read_gpt_header(const uint8_t *bytes, uint64_t blocks,
                                     struct gpt_header *header);

/* Reads the entries of a GPT, of which `size` bytes are there. */
void partition_read_gpt(const uint8_t *bytes, size_t size, const struct gpt_header *header,
                        uint64_t blocks, struct partition_table *table);

#endif
