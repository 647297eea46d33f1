/*
 * A thread for each disk reads its partition table, and adds the partitions.
 */
#include <drivers/block/start.h>
#include <kernel/log/log.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/kernel_threads.h>

struct reading {
    struct partition_source source;
    struct partition_table table;
    struct block_device *disk; /* referenced */
    void (*add)(struct block_device *disk, const struct partition *partition);
    phys_addr_t frame;
};

static enum error read_block(struct partition_source *source, uint64_t block)
{
    struct reading *reading = CONTAINER_OF(source, struct reading, source);
    struct block_part part = {.address = reading->frame, .size = source->block_size};
    struct block_request request;
    block_begin(&request, reading->disk, BLOCK_READ, block, 1, &part, 1);
    await(&request.future);
    return request.error;
}

static void read_table(struct reading *reading)
{
    struct block_device *disk = reading->disk;
    struct partition_table *table = &reading->table;
    enum error error = partition_table_read(&reading->source, table);
    if (error)
        log_warn("%s: its partition table cannot be read (%s)", disk->name, error_name(error));
    log_debug("%s: %llu MiB, %u partitions", disk->name,
              (unsigned long long)(disk->block_count * disk->block_size >> 20), table->count);
    if (table->kind)
        string_copy(disk->label, table->kind, sizeof(disk->label));
    for (unsigned i = 0; i < table->count && !disk->is_gone; i++)
        reading->add(disk, &table->partitions[i]);
}

static void run(void *argument)
{
    struct reading *reading = argument;
    reading->frame = frame_alloc();
    if (reading->frame != NO_FRAME) {
        reading->source = (struct partition_source){
            .read = read_block,
            .bytes = phys_to_virt(reading->frame),
            .block_size = reading->disk->block_size,
            .block_count = reading->disk->block_count,
        };
        read_table(reading);
        frame_free(reading->frame);
    }
    block_release(reading->disk);
    kfree(reading);
}

enum error block_read_partitions(struct block_device *disk, struct executor *executor,
                                 void (*add)(struct block_device *disk,
                                             const struct partition *partition))
{
    struct reading *reading = kzalloc(sizeof(*reading));
    if (!reading)
        return ERROR_OUT_OF_FRAMES;
    reading->disk = disk;
    reading->add = add;
    block_reference(disk);
    enum error error = kernel_thread_spawn(executor, disk->name, run, reading);
    if (error) {
        block_release(disk);
        kfree(reading);
    }
    return error;
}
