/*
 * Mounts an ext2 file system: what its superblock says is checked against the disk's size, and
 * features that are not known are refused by name. Features that only writers have to know, and a
 * file system that was not unmounted cleanly, make it read-only.
 *
 * While it is mounted writable, its superblock says that it is not clean.
 */
#include <assert.h>
#include <fs/block_file.h>
#include <fs/dentry.h>
#include <fs/ext2/ext2.h>
#include <fs/ext2/mount.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>

enum { SHIFT_MAX = 2, PASSES_MAX = 8 };

#define SECOND ((int64_t)NANOSECONDS_PER_SECOND)

struct feature {
    uint32_t bit;
    const char *name;
};

static const struct feature incompatible_features[] = {{0x1, "compression"},
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

static const struct feature read_only_features[] = {
    {0x4, "btree_dir"},    {0x8, "huge_file"}, {0x10, "uninit_bg"}, {0x20, "dir_nlink"},
    {0x40, "extra_isize"}, {0x100, "quota"},   {0x200, "bigalloc"}, {0x400, "metadata_csum"},
    {0x1000, "read-only"}, {0x2000, "project"}};

/* Are all features known? Else the log has their names. */
static bool are_known(const struct ext2 *ext2, uint32_t unknown, const struct feature *features,
                      size_t count, const char *so)
{
    for (size_t i = 0; i < count; i++) {
        if (unknown & features[i].bit)
            log_warn("ext2: %s has %s, which is not supported%s", ext2->cache.device->name,
                     features[i].name, so);
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
           ext2->first_block == (ext2->block_size == EXT2_SUPERBLOCK) &&
           (uint64_t)ext2->blocks * ext2->block_size <= bytes && ext2->blocks_per_group &&
           ext2->blocks_per_group <= bits && ext2->inodes_per_group &&
           ext2->inodes_per_group <= bits && ext2->inode_size >= EXT2_INODE_BYTES &&
           ext2->inode_size <= ext2->block_size && !(ext2->inode_size & (ext2->inode_size - 1)) &&
           ext2->first_inode >= EXT2_FIRST_INODE && ext2->first_inode <= ext2->inodes &&
           groups_of(ext2->inodes, ext2->inodes_per_group) == ext2->groups;
}

/* What the superblock says of whether it may be written to. */
static void take_state(struct ext2 *ext2, const uint8_t *super)
{
    const char *name = ext2->cache.device->name;
    uint32_t state = get_little_16(super + SUPER_STATE);
    ext2->read_only_features =
        ext2->is_revision_0 ? 0 : get_little_32(super + SUPER_READ_ONLY_COMPATIBLE);
    uint32_t unknown =
        ext2->read_only_features & ~(uint32_t)(READ_ONLY_SPARSE | READ_ONLY_LARGE_FILES);
    bool is_clean = state & EXT2_STATE_CLEAN && !(state & EXT2_STATE_ERRORS);
    if (!is_clean)
        log_warn("ext2: %s %s: it is read-only until e2fsck has mended it", name,
                 state & EXT2_STATE_ERRORS ? "has errors" : "was not unmounted cleanly");
    ext2->must_stay_read_only = !are_known(ext2, unknown, read_only_features,
                                           ARRAY_SIZE(read_only_features), ": it is read-only");
    ext2->must_stay_read_only |= !is_clean;
}

/* ERROR_INVALID: it is no ext2, or one that cannot be mounted; the log says why. */
static enum error take_superblock(struct ext2 *ext2, const uint8_t *super, uint64_t bytes)
{
    uint32_t shift = get_little_32(super + SUPER_BLOCK_SHIFT);
    if (get_little_16(super + SUPER_MAGIC) != EXT2_MAGIC || shift > SHIFT_MAX)
        return ERROR_INVALID;
    ext2->block_size = (uint32_t)EXT2_SUPERBLOCK << shift;
    ext2->blocks = get_little_32(super + SUPER_BLOCKS);
    ext2->reserved = get_little_32(super + SUPER_RESERVED);
    ext2->inodes = get_little_32(super + SUPER_INODES);
    ext2->first_block = get_little_32(super + SUPER_FIRST_BLOCK);
    ext2->blocks_per_group = get_little_32(super + SUPER_BLOCKS_PER_GROUP);
    ext2->inodes_per_group = get_little_32(super + SUPER_INODES_PER_GROUP);
    ext2->is_revision_0 = get_little_32(super + SUPER_REVISION) == 0;
    ext2->inode_size =
        ext2->is_revision_0 ? EXT2_INODE_BYTES : get_little_16(super + SUPER_INODE_SIZE);
    ext2->first_inode =
        ext2->is_revision_0 ? EXT2_FIRST_INODE : get_little_32(super + SUPER_FIRST_INODE);
    uint32_t incompatible = ext2->is_revision_0 ? 0 : get_little_32(super + SUPER_INCOMPATIBLE);
    ext2->has_types = incompatible & INCOMPATIBLE_TYPES;
    if (!are_known(ext2, incompatible & ~(uint32_t)INCOMPATIBLE_TYPES, incompatible_features,
                   ARRAY_SIZE(incompatible_features), ""))
        return ERROR_INVALID;
    if (ext2->blocks_per_group)
        ext2->groups = groups_of(ext2->blocks - ext2->first_block, ext2->blocks_per_group);
    if (!is_consistent(ext2, bytes)) {
        (void)ext2_damaged(ext2, "its superblock contradicts itself");
        return ERROR_INVALID;
    }
    take_state(ext2, super);
    return OK;
}

static enum error read_superblock(struct ext2 *ext2, struct block_device *device)
{
    uint8_t super[EXT2_SUPERBLOCK];
    uint32_t size = MAX(device->block_size, (uint32_t)EXT2_SUPERBLOCK);
    uint64_t bytes = device->block_count * device->block_size;
    block_cache_init(&ext2->cache, device, size);
    enum error error = block_cache_read(&ext2->cache, EXT2_SUPERBLOCK, super, sizeof(super));
    if (!error)
        error = take_superblock(ext2, super, bytes);
    block_cache_end(&ext2->cache);
    if (!error && ext2->block_size < device->block_size)
        error = ERROR_INVALID;
    if (!error)
        block_cache_init(&ext2->cache, device, ext2->block_size);
    return error;
}

/* --- The state on the disk ------------------------------------------------------------------- */

/* Marks the disk before the first change: it is in use, and a file may be larger than 2 GiB. */
static enum error begin_writing(struct ext2 *ext2)
{
    ext2->filesystem.is_read_only = false;
    if (!ext2->is_revision_0)
        ext2->read_only_features |= READ_ONLY_LARGE_FILES;
    ext2_lock(ext2);
    enum error error = ext2_store_superblock(ext2, false);
    if (!error)
        error = ext2_commit_locked(ext2, true);
    ext2->filesystem.is_read_only = error != OK;
    ext2_unlock(ext2);
    return error;
}

/* All is written: it is clean, and read-only. */
static enum error end_writing(struct ext2 *ext2)
{
    enum error error = ext2->has_failed ? ERROR_DEVICE : OK;
    if (ext2->filesystem.is_read_only)
        return error;
    ext2_lock(ext2);
    error = ext2_commit_locked(ext2, true);
    if (!error)
        error = ext2_store_clean(ext2);
    ext2->filesystem.is_read_only = true;
    ext2_unlock(ext2);
    return error;
}

/* --- Mounting -------------------------------------------------------------------------------- */

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

static enum error make_room(struct ext2 *ext2)
{
    return ext2_commit_locked(ext2, false);
}

static const struct ext2_kinds kinds = {.file = &ext2_file_operations,
                                        .directory = &ext2_directory_operations,
                                        .link = &ext2_link_operations,
                                        .regular_files = &ext2_regular_files,
                                        .directory_files = &ext2_directory_files,
                                        .pages = &ext2_pages,
                                        .make_room = make_room};

static struct ext2 *create(void)
{
    struct ext2 *ext2 = kzalloc(sizeof(*ext2));
    if (!ext2)
        return NULL;
    filesystem_init(&ext2->filesystem, &ext2_type);
    ext2->kinds = &kinds;
    ext2->filesystem.is_read_only = true;
    ext2->filesystem.time_step = SECOND;
    ext2->filesystem.first_time = INT32_MIN * SECOND;
    ext2->filesystem.last_time = INT32_MAX * SECOND;
    ext2->changes = (struct mutex)MUTEX_INIT_RANKED(ext2->changes, LOCK_OF_DISK);
    for (size_t i = 0; i < EXT2_BUCKETS; i++)
        list_init(&ext2->nodes[i]);
    list_init(&ext2->dirty);
    list_init(&ext2->due);
    list_init(&ext2->stored);
    list_init(&ext2->removed);
    list_init(&ext2->freed);
    return ext2;
}

/* Frees what a mount has made, and ends the claim. */
static void destroy(struct ext2 *ext2)
{
    ASSERT(ext2->node_count == 0);
    ASSERT(list_empty(&ext2->dirty) && list_empty(&ext2->removed) && list_empty(&ext2->freed));
    block_cache_end(&ext2->cache);
    block_file_unclaim(ext2->cache.device);
    kfree(ext2->group);
    if (ext2->zeros != NO_FRAME)
        frame_free(ext2->zeros);
    kfree(ext2);
}

/* The superblock is read, and the device claimed. */
static enum error start(struct ext2 *ext2, bool is_read_only)
{
    ext2->group = kzalloc(ext2->groups * sizeof(*ext2->group));
    ext2->zeros = frame_alloc();
    if (!ext2->group || ext2->zeros == NO_FRAME)
        return ERROR_OUT_OF_FRAMES;
    memset(phys_to_virt(ext2->zeros), 0, PAGE_SIZE);
    enum error error = ext2_load_groups(ext2);
    if (!error)
        error = make_root(ext2);
    if (!error && !is_read_only && !ext2->must_stay_read_only)
        error = begin_writing(ext2);
    return error;
}

static enum error mount(const struct mount_arguments *arguments, struct filesystem **filesystem)
{
    struct block_device *device = arguments->device;
    if (!arguments->is_read_only && device->is_read_only)
        return ERROR_ACCESS;
    struct ext2 *ext2 = create();
    if (!ext2)
        return ERROR_OUT_OF_FRAMES;
    enum error error = block_file_claim(device);
    if (error) {
        kfree(ext2);
        return error;
    }
    error = read_superblock(ext2, device);
    if (error) {
        block_file_unclaim(device);
        kfree(ext2);
        return error;
    }
    error = start(ext2, arguments->is_read_only);
    if (!error) {
        *filesystem = &ext2->filesystem;
        return OK;
    }
    filesystem_drop_names(&ext2->filesystem);
    destroy(ext2);
    return error;
}

static enum error sync(struct filesystem *filesystem)
{
    struct ext2 *ext2 = ext2_of(filesystem);
    enum error error = ext2_commit(ext2, true);
    enum error of_content = ext2->content_error;
    ext2->content_error = OK;
    return error ? error : of_content;
}

/* What is deleted with the one commit is on the disk with the next. */
static enum error settle(struct filesystem *filesystem)
{
    struct ext2 *ext2 = ext2_of(filesystem);
    (void)dentry_forget(filesystem->root, SIZE_MAX);
    for (unsigned i = 0; i < PASSES_MAX; i++) { /* the first one waits for another's commit, too */
        if (ext2_commit(ext2, true))
            break;
        (void)dentry_forget(filesystem->root, SIZE_MAX);
        if (list_empty(&ext2->dirty))
            break;
    }
    if (ext2->has_failed)
        ext2_discard(ext2);
    return filesystem_has_root_alone(filesystem) && list_empty(&ext2->dirty) ? OK : ERROR_BUSY;
}

static void stop(struct filesystem *filesystem)
{
    struct ext2 *ext2 = ext2_of(filesystem);
    if (end_writing(ext2))
        log_error("ext2: %s: not everything could be written", ext2->cache.device->name);
}

static void unmount(struct filesystem *filesystem)
{
    stop(filesystem);
    ext2_discard(ext2_of(filesystem));
    filesystem_drop_names(filesystem);
}

static void free_filesystem(struct filesystem *filesystem)
{
    destroy(ext2_of(filesystem));
}

/* e2fsck may have changed the disk since it was mounted: all that was read of it is forgotten. */
static enum error make_writable(struct ext2 *ext2)
{
    uint8_t super[EXT2_SUPERBLOCK];
    if (ext2->cache.device->is_read_only || ext2->has_failed)
        return ERROR_READ_ONLY;
    (void)dentry_forget(ext2->filesystem.root, SIZE_MAX);
    (void)block_caches_give_up(SIZE_MAX);
    enum error error = block_cache_read(&ext2->cache, EXT2_SUPERBLOCK, super, sizeof(super));
    if (error)
        return error;
    take_state(ext2, super);
    error = ext2_load_groups(ext2);
    if (error)
        return error;
    return ext2->must_stay_read_only ? ERROR_READ_ONLY : begin_writing(ext2);
}

static enum error remount(struct filesystem *filesystem, const struct mount_arguments *arguments)
{
    struct ext2 *ext2 = ext2_of(filesystem);
    if (arguments->is_read_only == filesystem->is_read_only)
        return OK;
    if (!arguments->is_read_only)
        return make_writable(ext2);
    enum error error = ext2_commit(ext2, true);
    if (error)
        return error;
    return filesystem_is_written(filesystem) ? ERROR_BUSY : end_writing(ext2);
}

/* Has something been deleted that a commit has not freed yet? */
static bool has_deleted(const struct ext2 *ext2)
{
    list_for_each(link, &ext2->dirty) {
        if (!CONTAINER_OF(link, struct ext2_node, dirty)->inode.links)
            return true;
    }
    return !list_empty(&ext2->removed) || !list_empty(&ext2->freed);
}

static void statistics(struct filesystem *filesystem, struct filesystem_statistics *result)
{
    struct ext2 *ext2 = ext2_of(filesystem);
    if (has_deleted(ext2))
        (void)ext2_commit(ext2, false);
    uint32_t shift = PAGE_SIZE / ext2->block_size; /* statistics are in pages */
    *result = (struct filesystem_statistics){
        .magic = EXT2_MAGIC,
        .blocks = (ext2->blocks - ext2->first_block) / shift,
        .free_blocks = ext2->free_blocks / shift,
        .reserved_blocks = ext2->reserved / shift,
        .inodes = ext2->inodes,
        .free_inodes = ext2->free_inodes,
    };
}

struct filesystem_type ext2_type = {.name = "ext2",
                                    .has_device = true,
                                    .mount = mount,
                                    .statistics = statistics,
                                    .sync = sync,
                                    .settle = settle,
                                    .remount = remount,
                                    .stop = stop,
                                    .unmount = unmount,
                                    .free = free_filesystem};
