/*
 * A disk in memory, for the host's suites of file systems.
 */
#ifndef TESTS_HOST_MEMORY_DISK_H
#define TESTS_HOST_MEMORY_DISK_H

#include <drivers/block/block.h>
#include <fs/path.h>

enum { MEMORY_DISK_BLOCK = 512, MEMORY_DISK_SIZE = 6 << 20 };

/* The disk's bytes, as the kernel has written them. */
extern uint8_t *memory_disk;

/* At the root, above the disk's directory /disk. */
extern struct fs_context *disk_context;

/* The disk. Its name is `md0`, or so. */
extern struct block_device memory_disk_device;

/* Write commands until all that follow fail; 0: none fails. Reads count, too, if they are to fail.
 */
extern unsigned memory_disk_failures_after;
extern bool memory_disk_reads_fail;

/* Is told of each write before it is done, and with 0 bytes of each flush. NULL: nobody is. */
extern void (*memory_disk_watch)(uint64_t place, size_t size);

/* Starts files and the disk, on which there is nothing yet, or what the last test has left. */
bool memory_disk_start(void);

/* Has a tool make a file system, as `mke2fs -b 1024`; the name of a file follows. */
bool memory_disk_make(const char *tool);

/* Has a tool look at the disk, as `e2fsck -fn`; its report is printed when it finds something. */
bool memory_disk_is_clean(const char *tool);

/* Has e2fsck mend `bytes`, which are another disk's, as far as it does so without questions. True:
 * it has, and has nothing to say when it looks again. Else its report is printed. */
bool memory_disk_can_be_mended(const uint8_t *bytes);

/* Mount the disk at /disk, unmount it, and mount it with other `flags` (MOUNT_READ_ONLY or 0). */
enum error memory_disk_mount(const char *type, bool is_read_only);
enum error memory_disk_unmount(void);
enum error memory_disk_change(unsigned flags);

/* Ends a test: the build machine's files are removed. */
void memory_disk_end(void);

#endif
