/*
 * What the files of tmpfs share: its file systems and inodes.
 */
#ifndef FS_TMPFS_NODE_H
#define FS_TMPFS_NODE_H

#include <fs/file.h>
#include <fs/filesystem.h>
#include <fs/page_cache.h>
#include <fs/tmpfs.h>

struct tmpfs {
    struct filesystem filesystem;
    uint64_t pages, page_limit;   /* of content */
    uint64_t inodes, inode_limit; /* another name of a file counts, too: it takes memory */
    uint32_t mode, uid, gid;      /* the root's, as it was mounted: for /proc/mounts */
};

struct tmpfs_inode {
    struct inode inode;
    struct page_cache cache; /* of a regular file */
    unsigned seals;          /* SEAL_… (seals.h), likewise */
    char *target;            /* of a symbolic link */
};

/* What a file system or an inode of tmpfs is part of. */
static inline struct tmpfs *tmpfs_of(struct filesystem *filesystem)
{
    return CONTAINER_OF(filesystem, struct tmpfs, filesystem);
}
static inline struct tmpfs_inode *tmpfs_node_of(struct inode *inode)
{
    return CONTAINER_OF(inode, struct tmpfs_inode, inode);
}

/* A new file without a name. ERROR_FULL, ERROR_OUT_OF_FRAMES. */
enum error tmpfs_make_inode(struct filesystem *filesystem, uint32_t mode,
                            struct tmpfs_inode **made);

/* tmpfs_content.c: the pages of regular files, their operations, and their size. There is no store
 * to wait for. */
extern const struct page_cache_operations tmpfs_cache_operations;
extern const struct file_operations tmpfs_regular_operations;
enum error tmpfs_get_page(struct vm_object *object, uint64_t index, bool write, phys_addr_t *frame);
bool tmpfs_has_page(struct vm_object *object, uint64_t index);
enum error tmpfs_set_size(struct inode *inode, uint64_t size);

#endif
