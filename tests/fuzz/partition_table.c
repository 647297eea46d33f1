/*
 * Tables of partitions out of any bytes: each partition that is found lies within the disk.
 */
#include <drivers/partition_table.h>
#include <string.h>

#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { BLOCK = 512, BLOCKS = 4096 };

struct disk {
    struct partition_source source;
    const uint8_t *bytes;
    size_t size;
};

/* Behind the input's end the disk is zeros. */
static enum error read_block(struct partition_source *source, uint64_t block)
{
    const struct disk *disk = (const struct disk *)source;
    require(block < source->block_count);
    memset(source->bytes, 0, BLOCK);
    if (block < disk->size / BLOCK)
        memcpy(source->bytes, disk->bytes + block * BLOCK, BLOCK);
    return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uint8_t buffer[BLOCK];
    struct partition_table table;
    struct disk disk = {
        .source = {.read = read_block, .bytes = buffer, .block_size = BLOCK, .block_count = BLOCKS},
        .bytes = bytes,
        .size = size,
    };
    require(partition_table_read(&disk.source, &table) == OK && table.count <= PARTITIONS);
    for (unsigned i = 0; i < table.count; i++) {
        const struct partition *partition = &table.partitions[i];
        require(partition->count && partition->first < BLOCKS);
        require(partition->count <= BLOCKS - partition->first);
        require(memchr(partition->name, 0, PARTITION_NAME));
    }
    return 0;
}
