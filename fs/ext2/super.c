/*
 * Mounts an ext2 file system: what its superblock says is checked against the disk's size, and
 * features that are not known are refused by name.
 */
#include <assert.h>
#include <fs/dentry.h>
#include <fs/ext2/ext2.h>
#include <fs/ext2/mount.h>
#include <kernel/log/log.h>
#include <lib/string.h>
#include <mm/heap.h>

enum { SUPERBLOCK = 1024 /* where, and its size */, MAGIC = 0xef53, STATE_CLEAN = 1 };

/* Offsets in the superblock. */
enum superblock {
    INODES = 0,
    BLOCKS = 4,
    FREE_BLOCKS = 12,
    FREE_INODES = 16,
    FIRST_BLOCK = 20,
    BLOCK_SHIFT = 24,
    BLOCKS_PER_GROUP = 32,
    INODES_PER_GROUP = 40,
    MAGIC_NUMBER = 56,
    STATE = 58,
    REVISION = 76,
    INODE_SIZE = 88,
    INCOMPATIBLE = 96,
    READ_ONLY_COMPATIBLE = 100,
};

enum { INODE_SIZE_0 = 128, TYPES = 2, SPARSE = 1, LARGE_FILES = 2 };

static const struct {
    uint32_t bit;
    const char *name;
} features[] = {{0x1, "compression"},
                {0x4, "a journal to be replayed"},
                {0x8, "a journal device"},
                {0x10, "meta_bg"},
                {0x40, "extents"},
                {0x80, "64bit"},
                {0x100, "mmp"},
                {0x200, "flex_bg"},
                {0x400, "ea_inode"},
                {0x2000, "csum_seed"},
                {0x8000, "inline_data"},
                {0x10000, "encrypt"}};

static bool is_known(const struct ext2 *ext2, uint32_t incompatible)
{
    uint32_t unknown = incompatible & ~(uint32_t)TYPES;
    for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
        if (unknown & features[i].bit)
            log_warn("ext2: %s has %s, which is not supported", ext2->cache.device->name,
                     features[i].name);
    }
    return !unknown;
}

static uint32_t groups_of(uint32_t count, uint32_t each)
{
    return count / each + (count % each != 0);
}

/* Can the numbers be? */
static bool is_consistent(const struct ext2 *ext2, uint64_t bytes)
{
    uint32_t bits = 8 * ext2->block_size; /* of a group's bitmap */
    return ext2->blocks > ext2->first_block &&
           ext2->first_block == (ext2->block_size == SUPERBLOCK) &&
           (uint64_t)ext2->blocks * ext2->block_size <= bytes && ext2->blocks_per_group &&
           ext2->blocks_per_group <= bits && ext2->inodes_per_group &&
           ext2->inodes_per_group <= bits && ext2->inode_size >= INODE_SIZE_0 &&
           ext2->inode_size <= ext2->block_size && !(ext2->inode_size & (ext2->inode_size - 1)) &&
           ext2->inodes > EXT2_ROOT &&
           groups_of(ext2->inodes, ext2->inodes_per_group) == ext2->groups;
}

/* ERROR_INVALID: it is no ext2, or one that cannot be mounted; the log says why. */
static enum error take_superblock(struct ext2 *ext2, const uint8_t *super, uint64_t bytes)
{
    uint32_t shift = ext2_get_32(super + BLOCK_SHIFT);
    if (ext2_get_16(super + MAGIC_NUMBER) != MAGIC || shift > 2)
        return ERROR_INVALID;
    ext2->block_size = (uint32_t)SUPERBLOCK << shift;
    ext2->blocks = ext2_get_32(super + BLOCKS);
    ext2->inodes = ext2_get_32(super + INODES);
    ext2->free_blocks = ext2_get_32(super + FREE_BLOCKS);
    ext2->free_inodes = ext2_get_32(super + FREE_INODES);
    ext2->first_block = ext2_get_32(super + FIRST_BLOCK);
    ext2->blocks_per_group = ext2_get_32(super + BLOCKS_PER_GROUP);
    ext2->inodes_per_group = ext2_get_32(super + INODES_PER_GROUP);
    ext2->is_revision_0 = ext2_get_32(super + REVISION) == 0;
    ext2->inode_size = ext2->is_revision_0 ? INODE_SIZE_0 : ext2_get_16(super + INODE_SIZE);
    uint32_t incompatible = ext2->is_revision_0 ? 0 : ext2_get_32(super + INCOMPATIBLE);
    ext2->has_types = incompatible & TYPES;
    if (!is_known(ext2, incompatible))
        return ERROR_INVALID;
    if (ext2->blocks_per_group)
        ext2->groups = groups_of(ext2->blocks - ext2->first_block, ext2->blocks_per_group);
    if (!is_consistent(ext2, bytes)) {
        (void)ext2_damaged(ext2, "its superblock contradicts itself");
        return ERROR_INVALID;
    }
    if (!(ext2_get_16(super + STATE) & STATE_CLEAN))
        log_warn("ext2: %s was not unmounted cleanly", ext2->cache.device->name);
    return OK;
}

static enum error read_superblock(struct ext2 *ext2, struct block_device *device)
{
    uint8_t super[SUPERBLOCK];
    uint32_t size = MAX(device->block_size, (uint32_t)SUPERBLOCK);
    uint64_t bytes = device->block_count * device->block_size;
    block_cache_init(&ext2->cache, device, size);
    enum error error = block_cache_read(&ext2->cache, SUPERBLOCK, super, sizeof(super));
    if (!error)
        error = take_superblock(ext2, super, bytes);
    block_cache_end(&ext2->cache);
    if (!error && ext2->block_size < device->block_size)
        error = ERROR_INVALID;
    if (!error)
        block_cache_init(&ext2->cache, device, ext2->block_size);
    return error;
}

static enum error make_root(struct ext2 *ext2)
{
    struct inode *inode;
    enum error error = ext2_get_inode(ext2, EXT2_ROOT, &inode);
    if (error)
        return error;
    if (inode_is_directory(inode))
        ext2->filesystem.root = dentry_create(NULL, "", 0, inode);
    else
        error = ext2_damaged(ext2, "the root is no directory");
    if (!ext2->filesystem.root) {
        inode_release(inode);
        return error ? error : ERROR_OUT_OF_FRAMES;
    }
    return OK;
}

static enum error mount(const struct mount_arguments *arguments, struct filesystem **filesystem)
{
    if (!arguments->is_read_only)
        return ERROR_READ_ONLY;
    struct ext2 *ext2 = kzalloc(sizeof(*ext2));
    if (!ext2)
        return ERROR_OUT_OF_FRAMES;
    list_init(&ext2->nodes);
    ext2->directory = &ext2_directory;
    ext2->directory_files = &ext2_directory_files;
    filesystem_init(&ext2->filesystem, &ext2_type);
    ext2->filesystem.is_read_only = true;
    enum error error = read_superblock(ext2, arguments->device);
    if (!error) {
        block_reference(arguments->device);
        error = make_root(ext2);
        if (error) {
            block_cache_end(&ext2->cache);
            block_release(arguments->device);
        }
    }
    if (error)
        kfree(ext2);
    else
        *filesystem = &ext2->filesystem;
    return error;
}

static void unmount(struct filesystem *filesystem)
{
    dentry_delete_tree(filesystem->root);
    dentry_release(filesystem->root);
}

static void free_filesystem(struct filesystem *filesystem)
{
    struct ext2 *ext2 = ext2_of(filesystem);
    ASSERT(list_empty(&ext2->nodes));
    block_cache_end(&ext2->cache);
    block_release(ext2->cache.device);
    kfree(ext2);
}

static void statistics(struct filesystem *filesystem, struct filesystem_statistics *result)
{
    const struct ext2 *ext2 = ext2_of(filesystem);
    uint32_t shift = PAGE_SIZE / ext2->block_size; /* statistics are in pages */
    *result = (struct filesystem_statistics){
        .magic = MAGIC,
        .blocks = (ext2->blocks - ext2->first_block) / shift,
        .free_blocks = ext2->free_blocks / shift,
        .inodes = ext2->inodes,
        .free_inodes = ext2->free_inodes,
    };
}

struct filesystem_type ext2_type = {.name = "ext2",
                                    .has_device = true,
                                    .mount = mount,
                                    .statistics = statistics,
                                    .unmount = unmount,
                                    .free = free_filesystem};
