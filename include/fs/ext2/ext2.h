/*
 * ext2, for the files of fs/ext2/. What is on the disk: Documentation "The Second Extended File
 * System" (D. Poirier). All numbers there are little-endian, and are checked: they come from
 * outside.
 */
#ifndef FS_EXT2_EXT2_H
#define FS_EXT2_EXT2_H

#include <fs/block_cache.h>
#include <fs/filesystem.h>
#include <fs/inode.h>
#include <fs/page_cache.h>
#include <kernel/log/log.h>

enum {
    EXT2_ROOT = 2,
    EXT2_BLOCKS = 15, /* numbers in an inode: direct ones, and those of three tables of numbers */
    EXT2_DIRECT = 12,
    EXT2_NAME_MAX = 255,
};

struct ext2 {
    struct filesystem filesystem;
    struct block_cache cache;
    uint32_t block_size;
    uint32_t blocks, first_block, blocks_per_group;
    uint32_t inodes, inodes_per_group, inode_size, groups;
    uint32_t free_blocks, free_inodes;
    bool has_types; /* directory entries tell what the file is */
    bool is_revision_0;
    struct list nodes;                        /* the inodes that are in memory */
    const struct inode_operations *directory; /* the operations of directories */
    const struct file_operations *directory_files;
};

struct ext2_node {
    struct inode inode;
    struct ext2 *ext2;
    struct page_cache cache; /* of a regular file */
    uint32_t numbers[EXT2_BLOCKS];
    char *target; /* of a symbolic link, once it was read */
    struct list_node node;
};

/* The whole that a file system or an inode is part of. */
static inline struct ext2 *ext2_of(struct filesystem *filesystem)
{
    return CONTAINER_OF(filesystem, struct ext2, filesystem);
}

/* Likewise. */
static inline struct ext2_node *ext2_node_of(struct inode *inode)
{
    return CONTAINER_OF(inode, struct ext2_node, inode);
}

/* Read numbers from the disk, at any address. */
static inline uint32_t ext2_get_16(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8;
}

/* Likewise. */
static inline uint32_t ext2_get_32(const uint8_t *bytes)
{
    return ext2_get_16(bytes) | ext2_get_16(bytes + 2) << 16;
}

/* The inode of that number, with a reference. ERROR_DEVICE: the disk has an error, or contradicts
 * itself, which is logged. ERROR_OUT_OF_FRAMES. May wait. */
enum error ext2_get_inode(struct ext2 *ext2, uint32_t number, struct inode **inode);

/* The disk's block that holds the file's block `index`; 0: a hole. Errors as above. May wait. */
enum error ext2_map(struct ext2_node *node, uint64_t index, uint32_t *block);

/* Logs that something on the disk cannot be, and returns ERROR_DEVICE. */
static inline enum error ext2_damaged(const struct ext2 *ext2, const char *what)
{
    log_warn("ext2: %s: %s", ext2->cache.device->name, what);
    return ERROR_DEVICE;
}

extern const struct inode_operations ext2_directory;
extern const struct file_operations ext2_directory_files;

#endif
