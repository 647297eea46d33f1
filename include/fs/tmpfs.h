/*
 * tmpfs: files in memory. The first one is the root.
 */
#ifndef FS_TMPFS_H
#define FS_TMPFS_H

#include <fs/filesystem.h>
#include <fs/inode.h>

extern struct filesystem_type tmpfs_type;

/* A new one, as `type`, of at most so many pages of content. ERROR_OUT_OF_FRAMES. */
enum error tmpfs_create(struct filesystem_type *type, uint64_t page_limit,
                        struct filesystem **filesystem);

/* Operations for types that are made of it. */
void tmpfs_statistics(struct filesystem *filesystem, struct filesystem_statistics *result);
void tmpfs_unmount(struct filesystem *filesystem);
void tmpfs_free(struct filesystem *filesystem);

/* A regular file without a name, with one reference. NULL when memory is out. */
struct inode *tmpfs_make_file(struct filesystem *filesystem, uint32_t permissions);

#endif
