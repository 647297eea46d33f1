/*
 * Reads the table of a disk's partitions: an MBR (one sector with four entries, one of which may
 * lead to a chain of logical partitions) or a GPT (Unified Extensible Firmware Interface 2.10,
 * chapter 5). The tables are outside data: whatever the bytes are, nothing beyond them is read,
 * every chain has a limit, and a partition that is kept lies within the disk.
 *
 * Any context that the source's read() may be called in.
 */
#ifndef DRIVERS_PARTITION_TABLE_H
#define DRIVERS_PARTITION_TABLE_H

#include <error.h>
#include <types.h>

enum {
    PARTITIONS = 32,     /* that are kept */
    PARTITION_NAME = 37, /* bytes, a NUL included */
    FIRST_LOGICAL = 5,   /* the first logical partition's number in an MBR */
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

/* Where the tables are read from. */
struct partition_source {
    /* Reads a block, below block_count, into `bytes`. An error ends the search there. */
    enum error (*read)(struct partition_source *source, uint64_t block);
    uint8_t *bytes;      /* of block_size */
    uint32_t block_size; /* at least 512 */
    uint64_t block_count;
};

/* Reads the disk's table. A GPT whose checksums are wrong is replaced by its copy at the disk's
 * end. An error is the source's; what was found before is in the table. */
enum error partition_table_read(struct partition_source *source, struct partition_table *table);

#endif
