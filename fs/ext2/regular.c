/*
 * Regular files: their pages, which are on the disk in as few requests as their blocks allow, and
 * what programs do with them.
 */
#include <assert.h>
#include <fs/ext2/ext2.h>
#include <fs/file.h>
#include <fs/page_direct.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>

/* --- Pages ----------------------------------------------------------------------------------- */

/* Pages of a file that follow each other, seen as its blocks. */
struct run {
    struct ext2_node *node;
    uint64_t first; /* block of the file */
    const phys_addr_t *frames;
    uint32_t each, count; /* blocks in a page, and in all */
};

/* The requests' parts: one for each page. */
static unsigned fill_parts(const struct run *run, uint32_t from, uint32_t count,
                           struct block_part *parts)
{
    uint32_t size = run->node->ext2->block_size;
    unsigned part = 0;
    for (uint32_t i = from; i < from + count;) {
        uint32_t within = i % run->each, some = MIN(run->each - within, from + count - i);
        parts[part++] = (struct block_part){
            .address = run->frames[i / run->each] + (uint64_t)within * size, .size = some * size};
        i += some;
    }
    return part;
}

static enum error transfer(const struct run *run, enum block_operation operation, uint32_t from,
                           uint32_t count, uint32_t block)
{
    struct ext2 *ext2 = run->node->ext2;
    uint32_t each = ext2->block_size / ext2->cache.device->block_size;
    struct block_part parts[PAGE_RUN_MAX];
    struct block_request request;
    unsigned part_count = fill_parts(run, from, count, parts);
    ASSERT(part_count > 0 && part_count <= PAGE_RUN_MAX);
    ASSERT(ext2_is_block(ext2, block) && ext2_is_block(ext2, block + count - 1));
    block_begin(&request, ext2->cache.device, operation, (uint64_t)block * each, count * each,
                parts, part_count);
    await(&request.future);
    ext2->unflushed |= operation == BLOCK_WRITE;
    return request.error ? ERROR_DEVICE : OK;
}

/* How many blocks from `from` on follow each other on the disk, and where they are there. Holes
 * follow each other, too. */
static enum error find_extent(const struct run *run, uint32_t from, uint32_t *block,
                              uint32_t *count)
{
    uint32_t next = 0;
    enum error error = ext2_map(run->node, run->first + from, block);
    for (*count = 1; !error && from + *count < run->count; ++*count) {
        error = ext2_map(run->node, run->first + from + *count, &next);
        if (next != (*block ? *block + *count : 0))
            break;
    }
    return error;
}

static void clear(const struct run *run, uint32_t from, uint32_t count)
{
    uint32_t size = run->node->ext2->block_size;
    for (uint32_t i = from; i < from + count; i++)
        memset((char *)phys_to_virt(run->frames[i / run->each]) + (size_t)(i % run->each) * size, 0,
               size);
}

/* What is a hole is not written: then no byte of it was written to. */
static enum error transfer_all(const struct run *run, enum block_operation operation)
{
    uint32_t count = 0;
    for (uint32_t from = 0; from < run->count; from += count) {
        uint32_t block = 0;
        enum error error = find_extent(run, from, &block, &count);
        if (!error && block)
            error = transfer(run, operation, from, count, block);
        else if (!error && operation == BLOCK_READ)
            clear(run, from, count);
        if (error)
            return error;
    }
    return OK;
}

static struct run run_of(struct page_cache *cache, uint64_t index, const phys_addr_t *frames,
                         unsigned count)
{
    struct ext2_node *node = CONTAINER_OF(cache, struct ext2_node, cache);
    uint32_t each = PAGE_SIZE / node->ext2->block_size;
    ASSERT(count > 0 && count <= PAGE_RUN_MAX);
    return (struct run){node, index * each, frames, each, count * each};
}

static enum error read_pages(struct page_cache *cache, uint64_t index, const phys_addr_t *frames,
                             unsigned count)
{
    struct run run = run_of(cache, index, frames, count);
    return transfer_all(&run, BLOCK_READ);
}

/* Behind the file's end the disk has zeros. A page that is being written to there may hold
 * anything: the disk gets zeros in its place, and the page is dirty again when its content has
 * come. */
static enum error write_pages(struct page_cache *cache, uint64_t index, const phys_addr_t *frames,
                              unsigned count)
{
    phys_addr_t to_write[PAGE_RUN_MAX];
    const struct ext2 *ext2 = ext2_node_of(cache->inode)->ext2;
    uint64_t size = cache->inode->size, last = size / PAGE_SIZE, within = size % PAGE_SIZE;
    for (unsigned i = 0; i < count; i++)
        to_write[i] = (index + i) * PAGE_SIZE < size ? frames[i] : ext2->zeros;
    struct run run = run_of(cache, index, to_write, count);
    if (last >= index && last < index + count && within && !cache->inode->mutex.owner)
        memset((char *)phys_to_virt(frames[last - index]) + within, 0, PAGE_SIZE - within);
    return transfer_all(&run, BLOCK_WRITE);
}

/* Each block of those bytes gets its place. */
static enum error reserve(struct page_cache *cache, uint64_t position, size_t size, bool *whole)
{
    struct ext2_node *node = CONTAINER_OF(cache, struct ext2_node, cache);
    struct ext2 *ext2 = node->ext2;
    uint64_t end = (position + size - 1) / ext2->block_size;
    uint32_t block;
    bool is_new;
    enum error error = OK;
    ASSERT(size > 0 && position % PAGE_SIZE + size <= PAGE_SIZE);
    ext2_lock(ext2);
    if (ext2->filesystem.is_read_only)
        error = ERROR_READ_ONLY;
    for (uint64_t i = position / ext2->block_size; !error && i <= end; i++)
        error = ext2_map_new(node, i, &block, &is_new);
    ext2_unlock(ext2);
    *whole = ext2->block_size == PAGE_SIZE;
    return error;
}

static void trim(struct page_cache *cache)
{
    struct ext2_node *node = CONTAINER_OF(cache, struct ext2_node, cache);
    struct ext2 *ext2 = node->ext2;
    ext2_lock(ext2);
    if (!ext2->filesystem.is_read_only) /* when it fails, e2fsck has to mend it */
        (void)ext2_truncate(node, (cache->inode->size + ext2->block_size - 1) / ext2->block_size);
    ext2_unlock(ext2);
}

const struct page_cache_operations ext2_pages = {
    .read = read_pages, .write = write_pages, .reserve = reserve, .trim = trim};

/* --- Files ----------------------------------------------------------------------------------- */

/* What O_DIRECT has to be aligned to. */
static uint32_t unit_of(const struct ext2_node *node)
{
    return node->ext2->cache.device->block_size;
}

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct ext2_node *node = ext2_node_of(file->inode);
    inode_lock(&node->inode);
    enum error error = file->flags & O_DIRECT
                           ? page_direct_read(&node->cache, buffer, position, unit_of(node))
                           : page_cache_read(&node->cache, buffer, position);
    inode_unlock(&node->inode);
    ext2_note_read(file);
    return error;
}

static enum error write(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct ext2_node *node = ext2_node_of(file->inode);
    struct inode *inode = &node->inode;
    bool direct = file->flags & O_DIRECT;
    enum error error = OK;
    inode_lock(inode);
    if (file->flags & O_APPEND)
        *position = inode->size;
    if (inode->filesystem->is_read_only) {
        error = ERROR_READ_ONLY;
    } else if (buffer->left > 0) {
        error = direct ? page_direct_write(&node->cache, buffer, position, unit_of(node))
                       : page_cache_write(&node->cache, buffer, position);
        inode_note_write(inode);
        ext2_mark_dirty(node);
    }
    inode_unlock(inode);
    if (!error && direct)
        error = page_direct_end(&node->cache);
    return error;
}

static enum error sync(struct file *file)
{
    struct ext2_node *node = ext2_node_of(file->inode);
    enum error error = ext2_commit(node->ext2, false);
    enum error of_file = page_cache_take_error(&node->cache);
    return error ? error : of_file;
}

const struct file_operations ext2_regular_files = {.has_position = true,
                                                   .may_be_direct = true,
                                                   .read = read,
                                                   .write = write,
                                                   .sync = sync,
                                                   .map = file_map_inode};
