/*
 * Each disk and each partition has an inode of its own, whose pages hold its blocks. The nodes in
 * devfs lead to it by their number. A file keeps the disk's struct, so it stays valid when the disk
 * is gone: reads that the pages do not answer fail then, as all writes do in the end.
 */
#include <assert.h>
#include <fs/block_file.h>
#include <fs/device.h>
#include <fs/filesystem.h>
#include <fs/page_direct.h>
#include <kernel/log/log.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

struct block_file {
    struct inode inode;
    struct page_cache cache;
    struct block_device *device; /* referenced */
    struct device node;          /* in devfs */
    size_t opened;               /* files */
    struct list_node link;
};

static struct list block_files = LIST_INIT(block_files);
static struct filesystem_type type = {.name = "bdev"};
static struct filesystem filesystem;

/* --- Pages ---------------------------------------------------------------------------------- */

static struct block_file *of_cache(struct page_cache *cache)
{
    return CONTAINER_OF(cache, struct block_file, cache);
}

/* The last page may be only in part on the disk; what a read leaves of it is zeros. */
static enum error transfer(struct page_cache *cache, enum block_operation operation, uint64_t index,
                           const phys_addr_t *frames, unsigned pages)
{
    const struct block_device *device = of_cache(cache)->device;
    struct block_part parts[PAGE_RUN_MAX];
    struct block_request request;
    uint32_t each = PAGE_SIZE / device->block_size;
    uint64_t left = (device->block_count - index * each) * device->block_size;
    uint64_t bytes = MIN(left, pages * PAGE_SIZE);
    ASSERT(pages > 0 && pages <= PAGE_RUN_MAX);
    ASSERT(index * each < device->block_count && bytes > (pages - 1) * PAGE_SIZE);
    for (unsigned i = 0; i < pages; i++) {
        uint64_t size = MIN(bytes - i * PAGE_SIZE, PAGE_SIZE);
        parts[i] = (struct block_part){.address = frames[i], .size = (uint32_t)size};
        if (operation == BLOCK_READ)
            memset((char *)phys_to_virt(frames[i]) + size, 0, PAGE_SIZE - size);
    }
    block_begin(&request, of_cache(cache)->device, operation, index * each,
                (uint32_t)(bytes / device->block_size), parts, pages);
    await(&request.future);
    return request.error ? ERROR_DEVICE : OK;
}

static enum error read_pages(struct page_cache *cache, uint64_t index, const phys_addr_t *frames,
                             unsigned count)
{
    return transfer(cache, BLOCK_READ, index, frames, count);
}

static enum error write_pages(struct page_cache *cache, uint64_t index, const phys_addr_t *frames,
                              unsigned count)
{
    return transfer(cache, BLOCK_WRITE, index, frames, count);
}

static const struct page_cache_operations cache_operations = {.read = read_pages,
                                                              .write = write_pages};

static enum error get_page(struct vm_object *object, uint64_t index, bool write, phys_addr_t *frame)
{
    struct block_file *file = CONTAINER_OF(object, struct block_file, inode.object);
    return page_cache_get_page(&file->cache, index, write, frame);
}

static void release(struct vm_object *object)
{
    struct block_file *file = CONTAINER_OF(object, struct block_file, inode.object);
    page_cache_destroy(&file->cache);
    block_release(file->device);
    inode_end(&file->inode);
    kfree(file);
}

static const struct vm_object_operations object_operations = {.get_page = get_page,
                                                              .release = release};

static enum error sync_block_file(struct block_file *file)
{
    struct block_request request;
    enum error error = page_cache_write_back(&file->cache);
    block_begin(&request, file->device, BLOCK_FLUSH, 0, 0, NULL, 0);
    await(&request.future);
    return error ? error : request.error ? ERROR_DEVICE : OK;
}

/* --- Claims ---------------------------------------------------------------------------------- */

static struct block_file *find_file(const struct block_device *device)
{
    list_for_each(node, &block_files) {
        struct block_file *file = CONTAINER_OF(node, struct block_file, link);
        if (file->device == device)
            return file;
    }
    return NULL;
}

enum error block_file_claim(struct block_device *device)
{
    struct block_file *file = find_file(device);
    bool is_partition = device->partition > 0;
    if (device->is_claimed || (is_partition ? device->disk->is_claimed : device->claimed_parts > 0))
        return ERROR_BUSY;
    block_reference(device);
    device->is_claimed = true;
    device->disk->claimed_parts += is_partition;
    if (!file)
        return OK; /* the disk has gone: its user finds out */
    inode_reference(&file->inode);
    if (sync_block_file(file))
        log_warn("%s: not everything could be written", device->name);
    page_cache_forget(&file->cache);
    inode_release(&file->inode);
    return OK;
}

void block_file_unclaim(struct block_device *device)
{
    ASSERT(device->is_claimed);
    ASSERT(device->partition == 0 || device->disk->claimed_parts > 0);
    device->is_claimed = false;
    device->disk->claimed_parts -= device->partition > 0;
    block_release(device);
}

/* The index'th one; NULL: there are not so many. The list may change while somebody waits. */
static struct block_file *block_file_at(size_t index)
{
    list_for_each(node, &block_files) {
        if (index-- == 0)
            return CONTAINER_OF(node, struct block_file, link);
    }
    return NULL;
}

void block_files_sync(void)
{
    struct block_file *file;
    for (size_t i = 0; (file = block_file_at(i)); i++) {
        inode_reference(&file->inode);
        if (sync_block_file(file))
            log_warn("%s: not everything could be written", file->device->name);
        inode_release(&file->inode);
    }
}

/* --- Files ---------------------------------------------------------------------------------- */

static struct block_file *of_file(const struct file *file)
{
    return file->data;
}

static enum error open(struct file *file)
{
    struct device *node = device_find(S_IFBLK, file->inode->rdev);
    if (!node)
        return ERROR_NO_UNIT;
    struct block_file *block_file = CONTAINER_OF(node, struct block_file, node);
    if (block_file->device->is_read_only && (file->flags & O_ACCMODE) != O_RDONLY)
        return ERROR_READ_ONLY;
    bool claims = file->flags & O_EXCL && !(file->flags & O_CREAT);
    enum error error = claims ? block_file_claim(block_file->device) : OK;
    if (error)
        return error;
    inode_reference(&block_file->inode);
    block_file->opened++;
    file->data = block_file;
    file->data_number = claims;
    return OK;
}

struct block_device *block_file_device(uint32_t number)
{
    struct device *node = device_find(S_IFBLK, number);
    return node ? CONTAINER_OF(node, struct block_file, node)->device : NULL;
}

/* With the last file, what was written to it goes to the disk, and its pages are forgotten: a file
 * system may change the disk from now on. */
static void close(struct file *file)
{
    struct block_file *block_file = of_file(file);
    ASSERT(block_file->opened > 0);
    if ((file->flags & O_ACCMODE) != O_RDONLY && sync_block_file(block_file))
        log_warn("%s: not everything could be written", block_file->device->name);
    if (file->data_number)
        block_file_unclaim(block_file->device);
    if (--block_file->opened == 0)
        page_cache_forget(&block_file->cache);
    inode_release(&block_file->inode);
}

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct block_file *block_file = of_file(file);
    inode_lock(&block_file->inode);
    enum error error =
        file->flags & O_DIRECT
            ? page_direct_read(&block_file->cache, buffer, position, block_file->device->block_size)
            : page_cache_read(&block_file->cache, buffer, position);
    inode_unlock(&block_file->inode);
    return error;
}

/* A disk does not grow. */
static enum error write(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct block_file *block_file = of_file(file);
    uint64_t size = block_file->inode.size;
    if (*position >= size)
        return buffer->left ? ERROR_FULL : OK;
    size_t beyond = buffer->left - (size_t)MIN((uint64_t)buffer->left, size - *position);
    buffer->left -= beyond;
    bool direct = file->flags & O_DIRECT;
    inode_lock(&block_file->inode);
    enum error error = direct ? page_direct_write(&block_file->cache, buffer, position,
                                                  block_file->device->block_size)
                              : page_cache_write(&block_file->cache, buffer, position);
    inode_unlock(&block_file->inode);
    if (!error && direct)
        error = page_direct_end(&block_file->cache);
    buffer->left += beyond;
    return error;
}

static uint64_t size(const struct file *file)
{
    return of_file(file)->inode.size;
}

static enum error sync(struct file *file)
{
    return sync_block_file(of_file(file));
}

static enum error map(struct file *file, bool shared, struct vm_object **object)
{
    (void)shared;
    inode_reference(&of_file(file)->inode);
    *object = &of_file(file)->inode.object;
    return OK;
}

enum request {
    BLKROGET = 0x125e,
    BLKGETSIZE = 0x1260,
    BLKFLSBUF = 0x1261,
    BLKSSZGET = 0x1268,
    BLKBSZGET_64 = 0x80081270,
    BLKGETSIZE64 = 0x80081272,
};

static enum error put(virt_addr_t address, uint64_t value, size_t bytes)
{
    return copy_to_user(address, &value, bytes);
}

static enum error ioctl(struct file *file, unsigned request, uint64_t argument, int64_t *result)
{
    const struct block_device *device = of_file(file)->device;
    uint64_t bytes = of_file(file)->inode.size;
    *result = 0;
    switch (request) {
    case BLKROGET:
        return put(argument, device->is_read_only, sizeof(int));
    case BLKGETSIZE:
        return put(argument, bytes / 512, sizeof(uint64_t));
    case BLKFLSBUF:
        return sync(file);
    case BLKSSZGET:
        return put(argument, device->block_size, sizeof(int));
    case BLKBSZGET_64:
        return put(argument, PAGE_SIZE, sizeof(int));
    case BLKGETSIZE64:
        return put(argument, bytes, sizeof(uint64_t));
    default:
        return ERROR_NOT_TERMINAL;
    }
}

static const struct file_operations operations = {
    .has_position = true,
    .may_be_direct = true,
    .open = open,
    .close = close,
    .read = read,
    .write = write,
    .size = size,
    .sync = sync,
    .ioctl = ioctl,
    .map = map,
};

/* --- Disks that come and go ------------------------------------------------------------------ */

static void add(struct block_device *device)
{
    struct block_file *file = kzalloc(sizeof(*file));
    if (!file) {
        log_warn("%s: no memory for its file", device->name);
        return;
    }
    inode_init(&file->inode, &filesystem, &object_operations, S_IFBLK | 0660);
    page_cache_init(&file->cache, &cache_operations, &file->inode);
    block_reference(device);
    file->device = device;
    file->inode.size = device->block_count * device->block_size;
    file->node = (struct device){
        .name = device->name,
        .number = DEVICE_NUMBER(device->major, device->minor),
        .mode = S_IFBLK | 0660,
        .operations = &operations,
    };
    list_push_back(&block_files, &file->link);
    device_add(&file->node);
}

static void remove(struct block_device *device)
{
    list_for_each(node, &block_files) {
        struct block_file *file = CONTAINER_OF(node, struct block_file, link);
        if (file->device != device)
            continue;
        list_remove(&file->link);
        device_remove(&file->node);
        inode_release(&file->inode);
        return;
    }
}

void block_files_start(void)
{
    filesystem_init(&filesystem, &type);
    block_set_hooks(add, remove);
}
