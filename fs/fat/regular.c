/*
 * Regular files: their pages, which are on the disk in as few requests as their clusters allow, and
 * what programs do with them. A file has no holes.
 */
#include <assert.h>
#include <fs/fat/fat.h>
#include <fs/file.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>

/* --- Regular files --------------------------------------------------------------------------- */

/* Reads or writes the sectors of some pages, as far as the file has clusters there. Those that
 * follow each other on the disk go at once. */
struct transfer {
    struct fat_node *node;
    enum block_operation operation;
    const phys_addr_t *frames;
    uint64_t start; /* of the first page, in the file's sectors */
    struct block_part parts[PAGE_RUN_MAX];
    unsigned part_count;
    uint64_t sector; /* of the disk, where the parts begin */
    uint32_t count;  /* sectors */
};

static enum error flush_parts(struct transfer *transfer)
{
    struct fat *fat = transfer->node->fat;
    struct block_request request;
    uint32_t each = fat->sector / fat->cache.device->block_size;
    if (transfer->count == 0)
        return OK;
    block_begin(&request, fat->cache.device, transfer->operation, transfer->sector * each,
                transfer->count * each, transfer->parts, transfer->part_count);
    await(&request.future);
    fat->unflushed |= transfer->operation == BLOCK_WRITE;
    transfer->count = transfer->part_count = 0;
    return request.error ? ERROR_DEVICE : OK;
}

static enum error add_sector(struct transfer *transfer, uint32_t i)
{
    const struct fat *fat = transfer->node->fat;
    uint32_t per_page = PAGE_SIZE / fat->sector, per_cluster = fat->cluster / fat->sector;
    uint64_t at = transfer->start + i;
    ASSERT(at / per_cluster < transfer->node->length);
    uint64_t sector =
        fat_sector_of(fat, transfer->node->chain[at / per_cluster]) + at % per_cluster;
    phys_addr_t address = transfer->frames[i / per_page] + (uint64_t)(i % per_page) * fat->sector;
    if (transfer->count > 0 && sector != transfer->sector + transfer->count) {
        enum error error = flush_parts(transfer);
        if (error)
            return error;
    }
    if (transfer->count++ == 0)
        transfer->sector = sector;
    if (transfer->part_count > 0 && i % per_page != 0) { /* in the last part's page */
        transfer->parts[transfer->part_count - 1].size += fat->sector;
    } else {
        ASSERT(transfer->part_count < PAGE_RUN_MAX);
        transfer->parts[transfer->part_count++] =
            (struct block_part){.address = address, .size = fat->sector};
    }
    return OK;
}

static enum error transfer_all(struct transfer *transfer, unsigned pages)
{
    const struct fat_node *node = transfer->node;
    const struct fat *fat = node->fat;
    enum error error = OK;
    uint64_t end = (uint64_t)node->length * (fat->cluster / fat->sector);
    for (uint32_t i = 0;
         !error && i < pages * (PAGE_SIZE / fat->sector) && transfer->start + i < end; i++)
        error = add_sector(transfer, i);
    return error ? error : flush_parts(transfer);
}

static struct transfer transfer_of(struct page_cache *cache, enum block_operation operation,
                                   uint64_t index, const phys_addr_t *frames)
{
    struct fat_node *node = CONTAINER_OF(cache, struct fat_node, cache);
    return (struct transfer){.node = node,
                             .operation = operation,
                             .frames = frames,
                             .start = index * (PAGE_SIZE / node->fat->sector)};
}

/* Behind the file's end, or its last cluster if that comes first, a page has zeros. */
static void clear_behind_end(const struct fat_node *node, uint64_t index, const phys_addr_t *frames,
                             unsigned count)
{
    uint64_t end = MIN(node->inode.size, (uint64_t)node->length * node->fat->cluster);
    for (unsigned i = 0; i < count; i++) {
        uint64_t start = (index + i) * PAGE_SIZE;
        size_t kept = end <= start ? 0 : MIN(end - start, (uint64_t)PAGE_SIZE);
        memset((char *)phys_to_virt(frames[i]) + kept, 0, PAGE_SIZE - kept);
    }
}

static enum error read_pages(struct page_cache *cache, uint64_t index, const phys_addr_t *frames,
                             unsigned count)
{
    struct transfer transfer = transfer_of(cache, BLOCK_READ, index, frames);
    enum error error = fat_load_chain(transfer.node);
    if (!error)
        error = transfer_all(&transfer, count);
    if (!error)
        clear_behind_end(transfer.node, index, frames, count);
    return error;
}

static enum error write_pages(struct page_cache *cache, uint64_t index, const phys_addr_t *frames,
                              unsigned count)
{
    struct transfer transfer = transfer_of(cache, BLOCK_WRITE, index, frames);
    enum error error = fat_load_chain(transfer.node);
    return error ? error : transfer_all(&transfer, count);
}

/* The file gets as many clusters as it takes to reach that far. */
static enum error reserve(struct page_cache *cache, uint64_t position, size_t size, bool *whole)
{
    struct fat_node *node = CONTAINER_OF(cache, struct fat_node, cache);
    struct fat *fat = node->fat;
    ASSERT(size > 0 && position + size <= UINT32_MAX);
    uint32_t wanted = (uint32_t)((position + size + fat->cluster - 1) / fat->cluster);
    fat_lock(fat);
    enum error error = fat->filesystem.is_read_only ? ERROR_READ_ONLY : fat_load_chain(node);
    if (!error && wanted > node->length)
        error = fat_set_length(node, wanted);
    fat_unlock(fat);
    *whole = fat->cluster % PAGE_SIZE == 0;
    return error;
}

const struct page_cache_operations fat_pages = {
    .read = read_pages, .write = write_pages, .reserve = reserve};

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct fat_node *node = fat_node_of(file->inode);
    inode_lock(&node->inode);
    enum error error = page_cache_read(&node->cache, buffer, position);
    inode_unlock(&node->inode);
    return error;
}

/* A file has no holes: what is between its old end and a place behind it is written, with zeros.
 * With the inode locked. */
static enum error fill_to(struct fat_node *node, uint64_t end)
{
    static const uint8_t zeros[PAGE_SIZE];
    enum error error = OK;
    while (!error && node->inode.size < end) {
        uint64_t position = node->inode.size;
        size_t size = MIN(end - position, PAGE_SIZE - position % PAGE_SIZE);
        struct buffer buffer;
        buffer_init_kernel(&buffer, (void *)(uintptr_t)zeros, size);
        error = page_cache_write(&node->cache, &buffer, &position);
    }
    return error;
}

static enum error write(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct fat_node *node = fat_node_of(file->inode);
    struct inode *inode = &node->inode;
    enum error error = OK;
    inode_lock(inode);
    if (file->flags & O_APPEND)
        *position = inode->size;
    if (inode->filesystem->is_read_only) {
        error = ERROR_READ_ONLY;
    } else if (buffer->left > 0) {
        if (*position >= node->cache.limit)
            error = ERROR_FILE_TOO_BIG;
        if (!error)
            error = fill_to(node, *position);
        if (!error)
            error = page_cache_write(&node->cache, buffer, position);
        inode_note_write(inode);
        fat_mark_dirty(node);
    }
    inode_unlock(inode);
    return error;
}

static enum error sync(struct file *file)
{
    struct fat_node *node = fat_node_of(file->inode);
    enum error error = fat_commit(node->fat);
    enum error of_file = page_cache_take_error(&node->cache);
    return error ? error : of_file;
}

const struct file_operations fat_regular_files = {.has_position = true,
                                                  .may_be_direct = true,
                                                  .read = read,
                                                  .write = write,
                                                  .sync = sync,
                                                  .map = file_map_inode};

/* --- Attributes ------------------------------------------------------------------------------ */

/* What goes is first the content, then the clusters. */
static enum error set_size(struct inode *inode, uint64_t size)
{
    struct fat_node *node = fat_node_of(inode);
    struct fat *fat = node->fat;
    enum error error = OK;
    if (inode->filesystem->is_read_only)
        return ERROR_READ_ONLY;
    inode_lock(inode);
    if (size > node->cache.limit)
        error = ERROR_FILE_TOO_BIG;
    if (!error)
        error = size > inode->size ? fill_to(node, size) : page_cache_set_size(&node->cache, size);
    if (!error) {
        fat_lock(fat);
        error = fat_set_length(node, (uint32_t)((size + fat->cluster - 1) / fat->cluster));
        fat_unlock(fat);
    }
    inode_note_write(inode);
    fat_mark_dirty(node);
    inode_unlock(inode);
    return error;
}

/* As on Linux: r and x stay, and w is there for nobody or as it is for all files. */
static bool may_be_mode(uint32_t mode)
{
    uint32_t write = mode & FAT_MODE_WRITE;
    return (mode & ~(uint32_t)FAT_MODE_WRITE) == (FAT_MODE_ALL & ~FAT_MODE_WRITE) &&
           (write == 0 || (write & FAT_MODE_ALL) == (FAT_MODE_ALL & FAT_MODE_WRITE));
}

static enum error check(const struct inode *inode, const struct inode_attributes *attributes)
{
    unsigned set = attributes->set;
    if (inode->filesystem->is_read_only)
        return ERROR_READ_ONLY;
    if ((set & ATTRIBUTE_MODE && !may_be_mode(attributes->mode)) ||
        (set & ATTRIBUTE_UID && attributes->uid != inode->uid) ||
        (set & ATTRIBUTE_GID && attributes->gid != inode->gid))
        return ERROR_NOT_PERMITTED;
    return OK;
}

static enum error set(struct inode *inode, const struct inode_attributes *attributes)
{
    struct fat_node *node = fat_node_of(inode);
    enum error error = check(inode, attributes);
    if (error)
        return error;
    struct inode_attributes possible = *attributes;
    possible.mode &= FAT_MODE_ALL;
    inode_set(inode, &possible);
    fat_mark_dirty(node);
    return OK;
}

const struct inode_operations fat_file_operations = {.set = set, .set_size = set_size};
