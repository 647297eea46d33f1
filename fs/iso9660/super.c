/*
 * Mounts an ISO 9660 file system, which is read-only: its primary volume descriptor leads to the
 * root. A disk with several sessions shows the first one.
 */
#include <assert.h>
#include <fs/dentry.h>
#include <fs/iso9660/iso9660.h>
#include <fs/iso9660/mount.h>
#include <lib/string.h>
#include <mm/heap.h>

/* ECMA-119 8.1 and 8.4: sectors, and offsets in a volume descriptor. */
enum {
    FIRST_DESCRIPTOR = 16,
    MOST_DESCRIPTORS = 32,
    PRIMARY = 1,
    LAST = 255,
    SECTORS = 80,
    BLOCK_SIZE = 128,
    ROOT_RECORD = 156,
    MAGIC = 0x9660, /* in statfs(2) */
};

/* Reads the descriptor of the primary volume. ERROR_INVALID: there is none. */
static enum error find_descriptor(struct iso *iso, uint64_t *place)
{
    uint8_t header[6];
    for (uint64_t sector = FIRST_DESCRIPTOR; sector < FIRST_DESCRIPTOR + MOST_DESCRIPTORS;
         sector++) {
        enum error error =
            block_cache_read(&iso->cache, sector * ISO_SECTOR, header, sizeof(header));
        if (error)
            return error;
        if (memcmp(header + 1, "CD001", 5) != 0 || header[0] == LAST)
            return ERROR_INVALID;
        *place = sector * ISO_SECTOR;
        if (header[0] == PRIMARY)
            return OK;
    }
    return ERROR_INVALID;
}

static enum error read_descriptor(struct iso *iso, uint64_t place)
{
    const struct block_device *device = iso->cache.device;
    uint8_t sectors[4], size[4];
    enum error error = block_cache_read(&iso->cache, place + SECTORS, sectors, sizeof(sectors));
    if (!error)
        error = block_cache_read(&iso->cache, place + BLOCK_SIZE, size, sizeof(size));
    if (error)
        return error;
    iso->sectors = get_little_32(sectors);
    if (get_little_16(size) != ISO_SECTOR) {
        (void)iso_damaged(iso, "blocks of another size than 2,048 bytes are not supported");
        return ERROR_INVALID;
    }
    if (iso->sectors > device->block_count / (ISO_SECTOR / device->block_size)) {
        (void)iso_damaged(iso, "the disk is smaller than its descriptor says");
        return ERROR_INVALID;
    }
    return OK;
}

/* The root's record in the descriptor has no system use area; its first record has one. */
static enum error make_root(struct iso *iso, uint64_t descriptor)
{
    struct iso_record record;
    struct inode *inode = NULL;
    enum error error = iso_read_record(iso, descriptor + ROOT_RECORD, &record);
    if (!error && (!record.is_there || (record.mode & S_IFMT) != S_IFDIR || !record.size))
        error = iso_damaged(iso, "the root is no directory");
    if (!error)
        error = iso_find_rock_ridge(iso, record.first);
    if (!error && iso->has_rock_ridge)
        error = iso_read_record(iso, (uint64_t)record.first * ISO_SECTOR, &record);
    if (!error && (record.mode & S_IFMT) != S_IFDIR)
        error = iso_damaged(iso, "the root is no directory");
    if (!error)
        error = iso_get_inode(iso, &record, &inode);
    if (error)
        return error;
    iso->filesystem.root = dentry_create(NULL, "", 0, inode);
    if (!iso->filesystem.root) {
        inode_release(inode);
        return ERROR_OUT_OF_FRAMES;
    }
    return OK;
}

static enum error mount(const struct mount_arguments *arguments, struct filesystem **filesystem)
{
    struct block_device *device = arguments->device;
    uint64_t descriptor = 0;
    if (!arguments->is_read_only)
        return ERROR_ACCESS; /* so mount(8) tries it read-only */
    if (ISO_SECTOR % device->block_size != 0)
        return ERROR_INVALID;
    struct iso *iso = kzalloc(sizeof(*iso));
    if (!iso)
        return ERROR_OUT_OF_FRAMES;
    filesystem_init(&iso->filesystem, &iso9660_type);
    iso->filesystem.is_read_only = true;
    block_cache_init(&iso->cache, device, ISO_SECTOR);
    enum error error = find_descriptor(iso, &descriptor);
    if (!error)
        error = read_descriptor(iso, descriptor);
    if (!error)
        error = make_root(iso, descriptor);
    if (error) {
        block_cache_end(&iso->cache);
        kfree(iso);
        return error;
    }
    block_reference(device);
    *filesystem = &iso->filesystem;
    return OK;
}

static void unmount(struct filesystem *filesystem)
{
    filesystem_drop_names(filesystem);
}

static void free_filesystem(struct filesystem *filesystem)
{
    struct iso *iso = iso_of(filesystem);
    ASSERT(list_empty(&filesystem->inodes));
    block_cache_end(&iso->cache);
    block_release(iso->cache.device);
    kfree(iso);
}

static void statistics(struct filesystem *filesystem, struct filesystem_statistics *result)
{
    *result = (struct filesystem_statistics){
        .magic = MAGIC, .blocks = iso_of(filesystem)->sectors / (PAGE_SIZE / ISO_SECTOR)};
}

struct filesystem_type iso9660_type = {.name = "iso9660",
                                       .has_device = true,
                                       .mount = mount,
                                       .statistics = statistics,
                                       .unmount = unmount,
                                       .free = free_filesystem};
