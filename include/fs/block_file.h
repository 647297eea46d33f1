/*
 * Disks as files: /dev/vda and the like. All who open one, and file systems on it, use the same
 * pages.
 */
#ifndef FS_BLOCK_FILE_H
#define FS_BLOCK_FILE_H

#include <drivers/block/block.h>
#include <fs/page_cache.h>

/* The content of a disk or a partition. */
struct block_file;

/* Adds a device for each disk that is there, and for those that come. Once, in set-up code. */
void block_files_start(void);

/* The disk or partition whose files have that number; NULL: there is none. Not referenced. */
struct block_device *block_file_device(uint32_t number);

/* Claims the device for a file system, or for a program that opens it with O_EXCL: as long as it is
 * claimed, it is not claimed again, nor is the disk of which it is a partition, nor a partition of
 * it. Programs may open it without a claim all the same. What was written to its file is on the
 * disk afterwards, and the file's pages are forgotten. The claim holds a reference to the device.
 * ERROR_BUSY. In threads; may wait. */
enum error block_file_claim(struct block_device *device);

/* Ends a claim. */
void block_file_unclaim(struct block_device *device);

/* Writes back what was written to all disks, and flushes them. In threads; may wait. */
void block_files_sync(void);

#endif
