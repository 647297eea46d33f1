/*
 * What the files of drivers/block/ call from each other. In tasks and set-up code.
 */
#ifndef DRIVERS_BLOCK_START_H
#define DRIVERS_BLOCK_START_H

#include <drivers/block/block.h>

/* Starts the disk's task, which takes requests from now on. Calls `given_up` when a reset fails.
 * ERROR_OUT_OF_FRAMES. */
enum error block_start(struct block_device *device, struct executor *executor,
                       void (*given_up)(struct block_device *device));

/* Ends all requests, and the task. */
void block_stop(struct block_device *device);

/* Spawns a thread that reads the disk's partition table, and calls `add` for each partition.
 * ERROR_OUT_OF_FRAMES. */
enum error block_read_partitions(struct block_device *disk, struct executor *executor,
                                 void (*add)(struct block_device *disk,
                                             const struct partition *partition));

/* Adds a partition to the list. */
void block_add_partition(struct block_device *disk, const struct partition *partition);

#endif
