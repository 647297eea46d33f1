/*
 * A disk in memory with an ext2 file system, for the host's suites.
 */
#ifndef TESTS_HOST_EXT2_DISK_H
#define TESTS_HOST_EXT2_DISK_H

#include <fs/path.h>

enum { EXT2_DISK_BLOCK = 512, EXT2_DISK_SIZE = 6 << 20 };

/* The disk's bytes, as the kernel has written them. */
extern uint8_t *ext2_image;

/* At the root, above the disk's directory /disk. */
extern struct fs_context *ext2_context;

/* Write commands until all that follow fail; 0: none fails. */
extern unsigned ext2_disk_failures_after;

/* Is told of each write before it is done, and with 0 bytes of each flush. NULL: nobody is. */
extern void (*ext2_disk_watch)(uint64_t place, size_t size);

/* Starts files and the disk, on which there is nothing yet, or what the last test has left. */
bool ext2_disk_start(void);

/* Has mke2fs make a file system, with these options. */
bool ext2_disk_make(const char *options);

/* Has e2fsck look at the disk; its report is printed when it finds something. */
bool ext2_disk_is_clean(void);

/* Has e2fsck mend `bytes`, which are another disk's, as far as it does so without questions. True:
 * it has, and has nothing to say when it looks again. Else its report is printed. */
bool ext2_disk_can_be_mended(const uint8_t *bytes);

/* Mount the disk at /disk, and unmount it. */
enum error ext2_disk_mount(bool is_read_only);
enum error ext2_disk_unmount(void);

/* Ends a test: the build machine's files are removed. */
void ext2_disk_end(void);

#endif
