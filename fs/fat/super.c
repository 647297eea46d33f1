/*
 * Mounts a FAT file system. What the first sector says is checked against the disk's size. How many
 * clusters there are decides how many bits a number in the table has.
 */
#include <assert.h>
#include <fs/block_file.h>
#include <fs/dentry.h>
#include <fs/fat/fat.h>
#include <fs/fat/mount.h>
#include <lib/string.h>
#include <mm/heap.h>

/* Offsets in the first sector. */
enum first_sector {
    SECTOR_SIZE = 11,
    CLUSTER_SECTORS = 13,
    RESERVED = 14,
    TABLES = 16,
    ROOT_ENTRIES = 17,
    SECTORS_16 = 19,
    TABLE_SECTORS_16 = 22,
    SECTORS_32 = 32,
    TABLE_SECTORS_32 = 36,
    VERSION = 42,
    ROOT_CLUSTER = 44,
    INFORMATION = 48,
    SIGNATURE = 510,
    FIRST_BYTES = 512,
};

enum { STATFS_MAGIC = 0x4d44, ROOT_NUMBER = 1 };

/* Seconds since 1970: from the start of 1980 to the last two of 2107. */
#define FIRST_TIME INT64_C(315532800)
#define LAST_TIME  INT64_C(4354819198)
#define SECOND     INT64_C(1000000000)

/* --- The first sector ------------------------------------------------------------------------ */

static bool is_power_of_2(uint32_t value)
{
    return value && !(value & (value - 1));
}

/* Is it one, and of a kind that is known? Many other sectors end with the signature, too. */
static bool is_fat(const uint8_t *bytes)
{
    uint32_t sector = get_little_16(bytes + SECTOR_SIZE);
    return get_little_16(bytes + SIGNATURE) == 0xaa55 && sector >= 512 && sector <= PAGE_SIZE &&
           is_power_of_2(sector) && is_power_of_2(bytes[CLUSTER_SECTORS]) && bytes[TABLES] > 0 &&
           get_little_16(bytes + RESERVED) > 0;
}

/* Where everything is, and how many clusters there are. False: that cannot be. */
static bool take_places(struct fat *fat, const uint8_t *bytes, uint64_t disk_bytes)
{
    uint32_t sectors = get_little_16(bytes + SECTORS_16);
    fat->sector = get_little_16(bytes + SECTOR_SIZE);
    fat->cluster = fat->sector * bytes[CLUSTER_SECTORS];
    fat->tables = bytes[TABLES];
    fat->table = get_little_16(bytes + RESERVED);
    fat->table_sectors = get_little_16(bytes + TABLE_SECTORS_16);
    if (!sectors)
        sectors = get_little_32(bytes + SECTORS_32);
    if (!fat->table_sectors)
        fat->table_sectors = get_little_32(bytes + TABLE_SECTORS_32);
    fat->root_sectors =
        (get_little_16(bytes + ROOT_ENTRIES) * FAT_SLOT + fat->sector - 1) / fat->sector;
    uint64_t root = fat->table + (uint64_t)fat->tables * fat->table_sectors;
    uint64_t data = root + fat->root_sectors;
    if ((uint64_t)sectors * fat->sector > disk_bytes || data >= sectors || !fat->table_sectors)
        return false;
    fat->root = (uint32_t)root;
    fat->data = (uint32_t)data;
    fat->clusters = (sectors - fat->data) / bytes[CLUSTER_SECTORS];
    return true;
}

/* The count of clusters decides (the specification's section 3.5). */
static bool take_kind(struct fat *fat, const uint8_t *bytes)
{
    enum { MOST_12 = 4084, MOST_16 = 65524 };
    fat->bits = fat->clusters <= MOST_12 ? 12 : fat->clusters <= MOST_16 ? 16 : 32;
    if (fat->bits == 32) {
        fat->root_cluster = get_little_32(bytes + ROOT_CLUSTER);
        fat->information = get_little_16(bytes + INFORMATION);
        if (fat->information >= fat->table)
            fat->information = 0;
    }
    fat->was_dirty = bytes[fat->bits == 32 ? FAT_STATE_32 : FAT_STATE_16] & FAT_STATE_DIRTY;
    uint64_t numbers = (uint64_t)fat->table_sectors * fat->sector * 8 / fat->bits;
    return fat->clusters > 0 && numbers >= (uint64_t)fat->clusters + FAT_FIRST_CLUSTER &&
           (fat->bits == 32) == (fat->root_sectors == 0);
}

static enum error read_first_sector(struct fat *fat, struct block_device *device)
{
    uint8_t bytes[FIRST_BYTES];
    block_cache_init(&fat->cache, device, MAX(device->block_size, (uint32_t)FIRST_BYTES));
    enum error error = block_cache_read(&fat->cache, 0, bytes, sizeof(bytes));
    block_cache_end(&fat->cache);
    if (error)
        return error;
    if (!is_fat(bytes))
        return ERROR_INVALID;
    if (!take_places(fat, bytes, device->block_count * device->block_size) ||
        !take_kind(fat, bytes) || fat->sector % device->block_size) {
        (void)fat_damaged(fat, "its first sector contradicts itself, or the disk");
        return ERROR_INVALID;
    }
    if (fat->was_dirty)
        log_warn("vfat: %s was not unmounted cleanly: fsck.fat should look at it", device->name);
    block_cache_init(&fat->cache, device, fat->sector);
    fat->next_free = FAT_FIRST_CLUSTER;
    return OK;
}

/* --- Mounting -------------------------------------------------------------------------------- */

static enum error make_root(struct fat *fat)
{
    struct fat_node *node = fat_make_node(fat, S_IFDIR | FAT_MODE_ALL);
    if (!node)
        return ERROR_OUT_OF_FRAMES;
    node->is_root = true;
    node->first = fat->root_cluster;
    node->inode.number = ROOT_NUMBER;
    node->inode.size = fat->bits == 32 ? fat->cluster : fat->root_sectors * fat->sector;
    fat->filesystem.root = dentry_create(NULL, "", 0, &node->inode);
    if (!fat->filesystem.root) {
        inode_release(&node->inode);
        return ERROR_OUT_OF_FRAMES;
    }
    return OK;
}

/* Frees what a mount has made, and ends the claim. */
static void destroy(struct fat *fat)
{
    ASSERT(list_empty(&fat->filesystem.inodes));
    ASSERT(list_empty(&fat->dirty));
    block_cache_end(&fat->cache);
    block_file_unclaim(fat->cache.device);
    kfree(fat);
}

static const struct fat_operations operations = {.directory = &fat_directory_operations,
                                                 .file = &fat_file_operations,
                                                 .directory_files = &fat_directory_files,
                                                 .regular_files = &fat_regular_files,
                                                 .pages = &fat_pages};

static struct fat *create(void)
{
    struct fat *fat = kzalloc(sizeof(*fat));
    if (!fat)
        return NULL;
    filesystem_init(&fat->filesystem, &fat_type);
    fat->operations = &operations;
    fat->filesystem.is_read_only = true;
    fat->filesystem.time_step = 2 * SECOND;
    fat->filesystem.first_time = FIRST_TIME * SECOND;
    fat->filesystem.last_time = LAST_TIME * SECOND;
    fat->changes = (struct mutex)MUTEX_INIT_RANKED(fat->changes, LOCK_OF_DISK);
    list_init(&fat->dirty);
    return fat;
}

static enum error mount(const struct mount_arguments *arguments, struct filesystem **filesystem)
{
    struct block_device *device = arguments->device;
    if (!arguments->is_read_only && device->is_read_only)
        return ERROR_ACCESS; /* so mount(8) tries it read-only */
    struct fat *fat = create();
    if (!fat)
        return ERROR_OUT_OF_FRAMES;
    enum error error = block_file_claim(device);
    if (error) {
        kfree(fat);
        return error;
    }
    error = read_first_sector(fat, device);
    if (error) {
        block_file_unclaim(device);
        kfree(fat);
        return error;
    }
    error = make_root(fat);
    if (!error && !arguments->is_read_only)
        error = fat_begin_writing(fat);
    if (!error) {
        *filesystem = &fat->filesystem;
        return OK;
    }
    filesystem_drop_names(&fat->filesystem);
    destroy(fat);
    return error;
}

static enum error sync(struct filesystem *filesystem)
{
    return fat_commit(fat_of(filesystem));
}

/* Forgets all that was changed. */
static void discard(struct fat *fat)
{
    struct list_node *link;
    while ((link = list_pop_front(&fat->dirty)))
        inode_release(&CONTAINER_OF(link, struct fat_node, dirty)->inode);
    page_cache_discard_all(&fat->filesystem);
}

static enum error settle(struct filesystem *filesystem)
{
    enum { PASSES = 8 }; /* what a file's end makes dirty is written with the next one */
    struct fat *fat = fat_of(filesystem);
    (void)dentry_forget(filesystem->root, SIZE_MAX);
    for (unsigned i = 0; i < PASSES; i++) { /* the first one waits for another's commit, too */
        if (fat_commit(fat))
            break;
        (void)dentry_forget(filesystem->root, SIZE_MAX);
        if (list_empty(&fat->dirty))
            break;
    }
    if (fat->has_failed)
        discard(fat);
    return filesystem_has_root_alone(filesystem) && list_empty(&fat->dirty) ? OK : ERROR_BUSY;
}

static void stop(struct filesystem *filesystem)
{
    if (fat_end_writing(fat_of(filesystem)))
        log_error("vfat: %s: not everything could be written",
                  fat_of(filesystem)->cache.device->name);
}

static void unmount(struct filesystem *filesystem)
{
    stop(filesystem);
    discard(fat_of(filesystem));
    filesystem_drop_names(filesystem);
}

static void free_filesystem(struct filesystem *filesystem)
{
    destroy(fat_of(filesystem));
}

static enum error remount(struct filesystem *filesystem, const struct mount_arguments *arguments)
{
    struct fat *fat = fat_of(filesystem);
    if (arguments->is_read_only == filesystem->is_read_only)
        return OK;
    if (!arguments->is_read_only)
        return fat->cache.device->is_read_only || fat->has_failed ? ERROR_READ_ONLY
                                                                  : fat_begin_writing(fat);
    enum error error = fat_commit(fat);
    if (error)
        return error;
    return filesystem_is_written(filesystem) ? ERROR_BUSY : fat_end_writing(fat);
}

static void statistics(struct filesystem *filesystem, struct filesystem_statistics *result)
{
    struct fat *fat = fat_of(filesystem);
    fat_lock(fat);
    (void)fat_count_free(fat);
    fat_unlock(fat);
    *result = (struct filesystem_statistics){
        .magic = STATFS_MAGIC,
        .blocks = (uint64_t)fat->clusters * fat->cluster / PAGE_SIZE,
        .free_blocks = fat->is_counted ? (uint64_t)fat->free * fat->cluster / PAGE_SIZE : 0,
    };
}

struct filesystem_type fat_type = {.name = "vfat",
                                   .has_device = true,
                                   .mount = mount,
                                   .statistics = statistics,
                                   .sync = sync,
                                   .settle = settle,
                                   .remount = remount,
                                   .stop = stop,
                                   .unmount = unmount,
                                   .free = free_filesystem};
