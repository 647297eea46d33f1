/*
 * Single numbers of an ext2 file system that contradict the rest.
 */
#include <fs/ext2/format.h>
#include <fs/filesystem.h>
#include <fs/mount.h>
#include <string.h>

#include "../test.h"
#include "memory_disk.h"

enum { BLOCK = 1024, SUPER = EXT2_SUPERBLOCK, FIRST_GROUP = 2 * BLOCK };

static bool start(void)
{
    return memory_disk_start() && memory_disk_make("mke2fs -q -F -t ext2 -b 1024");
}

static uint8_t *root_inode(void)
{
    uint32_t table = get_little_32(memory_disk + FIRST_GROUP + GROUP_INODE_TABLE);
    uint32_t size = get_little_16(memory_disk + SUPER + SUPER_INODE_SIZE);
    return memory_disk + (size_t)table * BLOCK + (EXT2_ROOT - 1) * (size_t)size;
}

/* Else a new block would be put in the place of the last one. */
TEST(ext2_numbers, a_directory_ends_where_a_block_ends)
{
    EXPECT(start());
    put_little_32(root_inode() + INODE_SIZE, BLOCK + BLOCK / 2);
    EXPECT_EQ(memory_disk_mount("ext2", true), ERROR_DEVICE);
    put_little_32(root_inode() + INODE_SIZE, BLOCK);
    EXPECT_EQ(memory_disk_mount("ext2", true), OK);
    EXPECT_EQ(memory_disk_unmount(), OK);
    memory_disk_end();
}

TEST(ext2_numbers, reserved_inodes_are_not_for_files)
{
    EXPECT(start());
    put_little_32(memory_disk + SUPER + SUPER_FIRST_INODE, EXT2_ROOT);
    EXPECT_EQ(memory_disk_mount("ext2", true), ERROR_INVALID);
    put_little_32(memory_disk + SUPER + SUPER_FIRST_INODE, UINT32_MAX);
    EXPECT_EQ(memory_disk_mount("ext2", true), ERROR_INVALID);
    put_little_32(memory_disk + SUPER + SUPER_FIRST_INODE, EXT2_FIRST_INODE);
    EXPECT_EQ(memory_disk_mount("ext2", true), OK);
    EXPECT_EQ(memory_disk_unmount(), OK);
    memory_disk_end();
}

static struct filesystem_statistics statistics(void)
{
    struct path root;
    struct filesystem_statistics result = {0};
    if (path_find(disk_context, NULL, "/disk", 0, &root))
        return result;
    struct filesystem *filesystem = root.dentry->inode->filesystem;
    filesystem->type->statistics(filesystem, &result);
    path_release(&root);
    return result;
}

/* The groups' counters are those that count: the superblock's may be any. */
TEST(ext2_numbers, what_is_free_is_the_sum_of_the_groups)
{
    static const uint32_t wrong[] = {0, UINT32_MAX};
    EXPECT(start());
    EXPECT_EQ(memory_disk_mount("ext2", true), OK);
    const struct filesystem_statistics right = statistics();
    EXPECT_EQ(memory_disk_unmount(), OK);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        put_little_32(memory_disk + SUPER + SUPER_FREE_BLOCKS, wrong[i]);
        put_little_32(memory_disk + SUPER + SUPER_FREE_INODES, wrong[i]);
        EXPECT_EQ(memory_disk_mount("ext2", false), OK);
        const struct filesystem_statistics now = statistics();
        EXPECT(now.free_blocks == right.free_blocks && now.free_inodes == right.free_inodes);
        EXPECT_EQ(memory_disk_unmount(), OK);
        EXPECT(memory_disk_is_clean("e2fsck -fn"));
    }
    memory_disk_end();
}
