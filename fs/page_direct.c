/*
 * The device moves the data to and from frames of the kernel, and the processor copies it: so a
 * program may unmap its buffer, or end, while the device works. Whole pages go this way. What is in
 * the cache already goes through it, and so do parts of pages, and writes to files whose store has
 * to make room first.
 */
#include <assert.h>
#include <fs/inode.h>
#include <fs/page_direct.h>
#include <layout.h>
#include <mm/frames.h>

/* Linux 6.1: block/fops.c:blkdev_dio_unaligned, fs/iomap/direct-io.c:iomap_dio_bio_iter */
static bool is_aligned(const struct buffer *buffer, uint64_t position, uint32_t unit)
{
    uint64_t all = position | buffer->left | buffer->part_offset;
    ASSERT((unit & (unit - 1)) == 0);
    const struct buffer_part *part = buffer->parts;
    for (uint64_t left = buffer->left; left > 0; part++) {
        all |= part->address;
        left -= MIN(left, part->size - (part == buffer->parts ? buffer->part_offset : 0));
        if (left)
            all |= part->size;
    }
    return (all & (unit - 1)) == 0;
}

/* How many whole pages from `position` on, of `size` bytes, are not in the cache. */
static unsigned pages_outside(const struct page_cache *cache, uint64_t position, uint64_t size)
{
    unsigned count = 0, most = (unsigned)MIN(size / PAGE_SIZE, (uint64_t)PAGE_RUN_MAX);
    if (position % PAGE_SIZE)
        return 0;
    while (count < most && !page_cache_has_page(cache, position / PAGE_SIZE + count))
        count++;
    return count;
}

/* As many of `count` frames as there are. */
static unsigned take_frames(phys_addr_t *frames, unsigned count)
{
    unsigned taken = 0;
    while (taken < count && (frames[taken] = frame_alloc()) != NO_FRAME)
        taken++;
    return taken;
}

static void give_frames(const phys_addr_t *frames, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        frame_free(frames[i]);
}

static enum error read_run(struct page_cache *cache, struct buffer *buffer, uint64_t *position,
                           unsigned pages)
{
    phys_addr_t frames[PAGE_RUN_MAX];
    ASSERT(*position % PAGE_SIZE == 0 && pages <= PAGE_RUN_MAX);
    unsigned count = take_frames(frames, pages);
    if (!count)
        return ERROR_OUT_OF_FRAMES;
    enum error error = cache->operations->read(cache, *position / PAGE_SIZE, frames, count);
    for (unsigned i = 0; !error && i < count; i++) {
        size_t before = buffer->left;
        error = buffer_put(buffer, phys_to_virt(frames[i]), PAGE_SIZE);
        *position += before - buffer->left;
    }
    give_frames(frames, count);
    return error;
}

/* A page that came into the cache meanwhile has the old content, and is forgotten. */
static enum error write_run(struct page_cache *cache, struct buffer *buffer, uint64_t *position,
                            unsigned pages)
{
    phys_addr_t frames[PAGE_RUN_MAX];
    ASSERT(*position % PAGE_SIZE == 0 && pages <= PAGE_RUN_MAX);
    unsigned count = take_frames(frames, pages);
    enum error error = count ? OK : ERROR_OUT_OF_FRAMES;
    size_t before = buffer->left;
    for (unsigned i = 0; !error && i < count; i++)
        error = buffer_get(buffer, phys_to_virt(frames[i]), PAGE_SIZE);
    if (!error)
        error = cache->operations->write(cache, *position / PAGE_SIZE, frames, count);
    if (error)
        buffer->left = before;
    *position += before - buffer->left;
    give_frames(frames, count);
    if (!error && pages_outside(cache, *position - count * PAGE_SIZE, count * PAGE_SIZE) < count)
        page_cache_forget(cache);
    return error;
}

/* Up to the end of a page, through the cache. */
static enum error move_in_cache(struct page_cache *cache, struct buffer *buffer, uint64_t *position,
                                enum error (*move)(struct page_cache *cache, struct buffer *buffer,
                                                   uint64_t *position))
{
    size_t all = buffer->left, some = MIN(all, PAGE_SIZE - *position % PAGE_SIZE);
    buffer->left = some;
    enum error error = move(cache, buffer, position);
    buffer->left += all - some;
    return error;
}

enum error page_direct_read(struct page_cache *cache, struct buffer *buffer, uint64_t *position,
                            uint32_t unit)
{
    const struct inode *inode = cache->inode;
    enum error error = OK;
    if (!is_aligned(buffer, *position, unit))
        return ERROR_INVALID;
    while (!error && buffer->left && *position < inode->size) {
        uint64_t size = MIN((uint64_t)buffer->left, inode->size - *position);
        unsigned pages = pages_outside(cache, *position, size);
        error = pages ? read_run(cache, buffer, position, pages)
                      : move_in_cache(cache, buffer, position, page_cache_read);
    }
    return error;
}

enum error page_direct_write(struct page_cache *cache, struct buffer *buffer, uint64_t *position,
                             uint32_t unit)
{
    const struct inode *inode = cache->inode;
    enum error error = OK;
    if (!is_aligned(buffer, *position, unit))
        return ERROR_INVALID;
    while (!error && buffer->left) {
        uint64_t before_end = *position < inode->size ? inode->size - *position : 0;
        uint64_t size = MIN((uint64_t)buffer->left, before_end);
        unsigned pages = cache->operations->reserve ? 0 : pages_outside(cache, *position, size);
        error = pages ? write_run(cache, buffer, position, pages)
                      : move_in_cache(cache, buffer, position, page_cache_write);
    }
    return error;
}

enum error page_direct_end(struct page_cache *cache)
{
    enum error error = page_cache_write_back(cache);
    page_cache_forget(cache);
    return error;
}
