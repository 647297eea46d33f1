/*
 * Inodes and what they contain: the sectors of a file follow each other. An inode in memory is on
 * the file system's list, so that each file has one at most, until nobody uses it.
 */
#include <assert.h>
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/iso9660/iso9660.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/heap.h>

/* --- Directories ----------------------------------------------------------------------------- */

/* A name that a path could not have is not shown. */
static bool is_shown(const struct iso_record *record)
{
    return record->is_there && record->name_length > 0 &&
           strlen(record->name) == record->name_length && !strchr(record->name, '/');
}

/* The dentry is kept: the next look-up does not come here, and what is read of the file stays in
 * memory. */
static enum error make_dentry(struct dentry *directory, const struct iso_record *record,
                              struct dentry **found)
{
    struct inode *inode;
    enum error error = iso_get_inode(iso_node_of(directory->inode)->iso, record, &inode);
    return error ? error : dentry_add(directory, record->name, record->name_length, inode, found);
}

static enum error lookup(struct dentry *directory, const char *name, size_t length,
                         struct dentry **found)
{
    struct iso_node *node = iso_node_of(directory->inode);
    uint64_t start = (uint64_t)node->first * ISO_SECTOR, end = start + node->inode.size;
    struct iso_record record;
    for (uint64_t place = start; place < end; place = record.next) {
        enum error error = iso_read_record(node->iso, place, &record);
        if (error)
            return error;
        if (is_shown(&record) && record.name_length == length &&
            memcmp(record.name, name, length) == 0)
            return make_dentry(directory, &record, found);
    }
    return ERROR_NO_ENTRY;
}

static const struct inode_operations directory_operations = {.lookup = lookup};

static enum error list(struct file *file, struct entry_sink *sink)
{
    struct iso_node *node = iso_node_of(file->inode);
    uint64_t start = (uint64_t)node->first * ISO_SECTOR;
    struct iso_record record;
    while (file->position < node->inode.size) {
        enum error error = iso_read_record(node->iso, start + file->position, &record);
        if (error)
            return error;
        if (is_shown(&record) && !sink->emit(sink, record.name, record.name_length, record.place,
                                             record.mode & S_IFMT, record.next - start))
            return OK;
        file->position = record.next - start;
    }
    return OK;
}

static const struct file_operations directory_files = {.has_position = true, .list = list};

/* --- Regular files --------------------------------------------------------------------------- */

enum { SECTORS_PER_PAGE = PAGE_SIZE / ISO_SECTOR };

/* Reads as many sectors as there are of the file; what is behind its end is zeros. */
static enum error read_pages(struct page_cache *cache, uint64_t index, const phys_addr_t *frames,
                             unsigned count)
{
    struct iso_node *node = CONTAINER_OF(cache, struct iso_node, cache);
    struct block_device *device = node->iso->cache.device;
    uint64_t first = index * PAGE_SIZE;
    uint64_t left = node->inode.size > first ? node->inode.size - first : 0;
    uint32_t each = ISO_SECTOR / device->block_size, sectors = 0;
    struct block_part parts[PAGE_RUN_MAX];
    struct block_request request;
    unsigned part = 0;
    ASSERT(count <= PAGE_RUN_MAX);
    for (unsigned i = 0; i < count; i++) {
        uint32_t size = (uint32_t)MIN(left, (uint64_t)PAGE_SIZE);
        uint32_t some = size / ISO_SECTOR + (size % ISO_SECTOR != 0);
        size_t used = (size_t)some * ISO_SECTOR;
        left -= size;
        sectors += some;
        if (some)
            parts[part++] = (struct block_part){frames[i], (uint32_t)used};
        if (used < PAGE_SIZE)
            memset((char *)phys_to_virt(frames[i]) + used, 0, PAGE_SIZE - used);
    }
    if (!sectors)
        return OK;
    block_begin(&request, device, BLOCK_READ,
                (node->first + index * SECTORS_PER_PAGE) * (uint64_t)each, sectors * each, parts,
                part);
    await(&request.future);
    return request.error ? ERROR_DEVICE : OK;
}

static const struct page_cache_operations cache_operations = {.read = read_pages};

static enum error get_page(struct vm_object *object, uint64_t index, bool write, phys_addr_t *frame)
{
    struct iso_node *node = CONTAINER_OF(object, struct iso_node, inode.object);
    return page_cache_get_page(&node->cache, index, write, frame);
}

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct iso_node *node = iso_node_of(file->inode);
    inode_lock(&node->inode);
    enum error error = page_cache_read(&node->cache, buffer, position);
    inode_unlock(&node->inode);
    return error;
}

static const struct file_operations regular_files = {
    .has_position = true, .may_be_direct = true, .read = read, .map = file_map_inode};

/* --- Links ----------------------------------------------------------------------------------- */

static enum error read_link(struct inode *inode, const char **target)
{
    enum { TARGET_MAX = 4095 };
    struct iso_node *node = iso_node_of(inode);
    size_t length = 0;
    if (!node->target) {
        char *text = kzalloc(TARGET_MAX + 1);
        if (!text)
            return ERROR_OUT_OF_FRAMES;
        enum error error = iso_read_target(node->iso, inode->number, text, TARGET_MAX, &length);
        if (!error && length == 0)
            error = iso_damaged(node->iso, "a link has no target");
        if (error || node->target) /* another thread has read it meanwhile */
            kfree(text);
        else
            node->target = text;
        if (error)
            return error;
    }
    *target = node->target;
    return OK;
}

static const struct inode_operations link = {.read_link = read_link};
static const struct inode_operations other = {0};

/* --- Inodes ---------------------------------------------------------------------------------- */

static void release(struct vm_object *object)
{
    struct iso_node *node = CONTAINER_OF(object, struct iso_node, inode.object);
    if (inode_type(&node->inode) == S_IFREG)
        page_cache_destroy(&node->cache);
    kfree(node->target);
    inode_end(&node->inode);
    kfree(node);
}

static const struct vm_object_operations object_operations = {.get_page = get_page,
                                                              .release = release};

static struct inode *find(struct iso *iso, uint64_t number)
{
    list_for_each(node, &iso->filesystem.inodes) {
        struct inode *inode = CONTAINER_OF(node, struct inode, in_filesystem);
        if (inode->number == number)
            return inode;
    }
    return NULL;
}

static void fill(struct iso_node *node, const struct iso_record *record)
{
    struct inode *inode = &node->inode;
    inode_init(inode, &node->iso->filesystem, &object_operations, record->mode);
    inode->number = record->place;
    inode->links = record->links;
    inode->uid = record->uid;
    inode->gid = record->gid;
    inode->rdev = record->rdev;
    inode->size = record->size;
    inode->sectors = (record->size + 511ULL) / 512;
    inode->accessed = record->accessed;
    inode->modified = record->modified;
    inode->changed = record->changed;
    node->first = record->first;
    inode->operations = &other;
    if (inode_type(inode) == S_IFREG) {
        inode->file_operations = &regular_files;
        page_cache_init(&node->cache, &cache_operations, inode);
    } else if (inode_is_directory(inode)) {
        inode->operations = &directory_operations;
        inode->file_operations = &directory_files;
    } else if (inode_type(inode) == S_IFLNK) {
        inode->operations = &link;
    }
}

enum error iso_get_inode(struct iso *iso, const struct iso_record *record, struct inode **inode)
{
    *inode = find(iso, record->place);
    if (*inode) {
        inode_reference(*inode);
        return OK;
    }
    ASSERT(record->is_there);
    struct iso_node *node = kzalloc(sizeof(*node));
    if (!node)
        return ERROR_OUT_OF_FRAMES;
    node->iso = iso;
    fill(node, record);
    *inode = &node->inode;
    return OK;
}
