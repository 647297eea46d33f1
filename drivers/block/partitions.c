/*
 * A thread for each disk reads its partition table, and adds the partitions.
 */
#include <drivers/block/start.h>
#include <kernel/log/log.h>
#include <kernel/task/executor.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/kernel_stacks.h>

/* What the thread that reads a disk's table needs. */
struct reading {
    struct thread thread;
    struct partition_source source;
    struct partition_table table;
    struct block_device *disk;
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

static void run(struct thread *thread)
{
    struct reading *reading = CONTAINER_OF(thread, struct reading, thread);
    struct block_device *disk = reading->disk;
    enum error error = partition_table_read(&reading->source, &reading->table);
    if (error)
        log_warn("%s: its partition table cannot be read (%s)", disk->name, error_name(error));
    log_info("%s: %llu MiB, %u partitions", disk->name,
             (unsigned long long)(disk->block_count * disk->block_size >> 20),
             reading->table.count);
    if (reading->table.kind)
        string_copy(disk->label, reading->table.kind, sizeof(disk->label));
    for (unsigned i = 0; i < reading->table.count && !disk->is_gone; i++)
        block_add_partition(disk, &reading->table.partitions[i]);
}

static void release(struct task *task)
{
    struct reading *reading = CONTAINER_OF(task, struct reading, thread.task);
    block_release(reading->disk);
    kernel_stack_free(&reading->thread.stack);
    frame_free(reading->frame);
    kfree(reading);
}

enum error block_read_partitions(struct block_device *disk, struct executor *executor)
{
    struct reading *reading = kzalloc(sizeof(*reading));
    struct stack stack = {.name = "disk"};
    if (!reading)
        return ERROR_OUT_OF_FRAMES;
    reading->frame = frame_alloc();
    if (reading->frame == NO_FRAME || kernel_stack_alloc(&stack)) {
        if (reading->frame != NO_FRAME)
            frame_free(reading->frame);
        kfree(reading);
        return ERROR_OUT_OF_FRAMES;
    }
    block_reference(disk);
    reading->disk = disk;
    reading->source = (struct partition_source){
        .read = read_block,
        .bytes = phys_to_virt(reading->frame),
        .block_size = disk->block_size,
        .block_count = disk->block_count,
    };
    thread_init(&reading->thread, disk->name, &stack, run, release);
    executor_spawn(executor, &reading->thread.task);
    return OK;
}
