/*
 * The content of tmpfs's regular files is in the page cache and nowhere else. A page that was never
 * written has no frame and reads as zeros.
 *
 * The inode's mutex guards the pages and the size of a file while its content is copied, which may
 * wait for the program's memory.
 */
#include <assert.h>
#include <fs/seals.h>
#include <fs/tmpfs_node.h>
#include <layout.h>

static struct tmpfs *tmpfs_of_cache(struct page_cache *cache)
{
    return tmpfs_of(cache->inode->filesystem);
}

static enum error add_page(struct page_cache *cache)
{
    struct tmpfs *tmpfs = tmpfs_of_cache(cache);
    if (tmpfs->pages >= tmpfs->page_limit)
        return ERROR_FULL;
    tmpfs->pages++;
    return OK;
}

static void remove_page(struct page_cache *cache)
{
    struct tmpfs *tmpfs = tmpfs_of_cache(cache);
    ASSERT(tmpfs->pages > 0);
    tmpfs->pages--;
}

const struct page_cache_operations tmpfs_cache_operations = {.add = add_page,
                                                             .remove = remove_page};

static struct page_cache *cache_of(struct vm_object *object)
{
    return &tmpfs_node_of(CONTAINER_OF(object, struct inode, object))->cache;
}

enum error tmpfs_get_page(struct vm_object *object, uint64_t index, bool write, phys_addr_t *frame)
{
    return page_cache_get_page(cache_of(object), index, write, frame);
}

bool tmpfs_has_page(struct vm_object *object, uint64_t index)
{
    return page_cache_has_page(cache_of(object), index);
}

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    inode_lock(file->inode);
    enum error error = page_cache_read(&tmpfs_node_of(file->inode)->cache, buffer, position);
    inode_unlock(file->inode);
    file_note_read(file);
    return error;
}

/* May so many bytes there be changed? */
static enum error check_seals(struct inode *inode, uint64_t offset, uint64_t length)
{
    unsigned seals = tmpfs_node_of(inode)->seals;
    bool grows = offset > inode->size || length > inode->size - offset;
    if (seals & (SEAL_WRITE | SEAL_FUTURE_WRITE) || (seals & SEAL_GROW && grows))
        return ERROR_NOT_PERMITTED;
    return OK;
}

static enum error check_size(struct inode *inode, uint64_t size)
{
    unsigned seals = tmpfs_node_of(inode)->seals;
    bool is_sealed =
        (seals & SEAL_SHRINK && size < inode->size) || (seals & SEAL_GROW && size > inode->size);
    return is_sealed ? ERROR_NOT_PERMITTED : OK;
}

/* Something is written, and the inode is locked. */
static enum error write_some(struct inode *inode, struct buffer *buffer, uint64_t *position)
{
    enum error error = check_seals(inode, *position, buffer->left);
    if (error)
        return error;
    if (*position < INT64_MAX) /* else nothing can be written */
        inode_note_write(inode);
    return page_cache_write(&tmpfs_node_of(inode)->cache, buffer, position);
}

static enum error write(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct inode *inode = file->inode;
    inode_lock(inode);
    if (file->flags & O_APPEND)
        *position = inode->size;
    enum error error = buffer->left > 0 ? write_some(inode, buffer, position) : OK;
    inode_unlock(inode);
    return error;
}

enum error tmpfs_set_size(struct inode *inode, uint64_t size)
{
    inode_lock(inode);
    enum error error = check_size(inode, size);
    if (!error)
        error = page_cache_set_size(&tmpfs_node_of(inode)->cache, size);
    if (!error)
        inode_note_write(inode);
    inode_unlock(inode);
    return error;
}

static enum error find(struct file *file, int whence, uint64_t offset, uint64_t *position)
{
    const struct page_cache *cache = &tmpfs_node_of(file->inode)->cache;
    *position = page_cache_find(cache, offset, whence == SEEK_DATA);
    bool is_end = *position >= file->inode->size;
    return is_end && whence == SEEK_DATA ? ERROR_NO_UNIT : OK;
}

static enum error allocate_range(struct inode *inode, unsigned mode, uint64_t offset,
                                 uint64_t length)
{
    const struct tmpfs *tmpfs = tmpfs_of(inode->filesystem);
    uint64_t end = offset + length;
    if (length / PAGE_SIZE > tmpfs->page_limit)
        return ERROR_FULL;
    enum error error =
        end > inode->size ? page_cache_check_size(&tmpfs_node_of(inode)->cache, end) : OK;
    if (!error)
        error = page_cache_allocate(&tmpfs_node_of(inode)->cache, offset, end);
    if (!error && !(mode & FALLOC_KEEP_SIZE) && end > inode->size)
        error = page_cache_set_size(&tmpfs_node_of(inode)->cache, end);
    return error;
}

static enum error allocate(struct file *file, unsigned mode, uint64_t offset, uint64_t length)
{
    struct inode *inode = file->inode;
    unsigned seals = tmpfs_node_of(inode)->seals;
    bool punches = mode & FALLOC_PUNCH_HOLE;
    enum error error = OK;
    inode_lock(inode);
    if (punches ? seals & (SEAL_WRITE | SEAL_FUTURE_WRITE)
                : seals & SEAL_GROW && offset + length > inode->size)
        error = ERROR_NOT_PERMITTED;
    else if (punches)
        page_cache_punch(&tmpfs_node_of(inode)->cache, offset, offset + length);
    else
        error = allocate_range(inode, mode, offset, length);
    if (!error)
        inode_note_write(inode);
    inode_unlock(inode);
    return error;
}

const struct file_operations tmpfs_regular_operations = {.has_position = true,
                                                         .read = read,
                                                         .write = write,
                                                         .map = file_map_inode,
                                                         .find = find,
                                                         .allocate = allocate};
