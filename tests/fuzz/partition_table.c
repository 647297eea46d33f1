/*
 * Tables of partitions out of any bytes: each partition that is found lies within the disk.
 */
#include <drivers/partition_table.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { BLOCK = 512 };

struct disk {
    struct partition_source source;
    const uint8_t *bytes;
    size_t size;
};

/* Behind the input's end the disk is zeros. */
static enum error read_block(struct partition_source *source, uint64_t block)
{
    const struct disk *disk = (const struct disk *)source;
    if (block >= source->block_count)
        abort();
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
        .source = {.read = read_block, .bytes = buffer, .block_size = BLOCK, .block_count = 4096},
        .bytes = bytes,
        .size = size,
    };
    if (partition_table_read(&disk.source, &table) != OK || table.count > PARTITIONS)
        abort();
    for (unsigned i = 0; i < table.count; i++) {
        const struct partition *partition = &table.partitions[i];
        if (!partition->count || partition->first >= 4096 ||
            partition->count > 4096 - partition->first ||
            !memchr(partition->name, 0, PARTITION_NAME))
            abort();
    }
    return 0;
}
