/*
 * Reads, writes and faults. What single pages do is in page_store.c.
 *
 * Before a page becomes dirty the store makes room for what is written, and so a program learns at
 * once that a disk is full. The page is marked dirty in the moment in which the store has changed:
 * a store that puts its tables on the disk between the two would lead to a block without content.
 *
 * Behind a file's end, its last page may hold anything: writing a file front to back would
 * otherwise clear each page first. So the rest of the page is cleared when the end moves without a
 * write to what lies between, and when the page is mapped. The store has zeros there.
 */
#include <assert.h>
#include <fs/page_store.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>

enum { DIRTY_SHARE = 8 /* of all frames, one in so many may be of a dirty page */ };

uint64_t (*page_cache_size_limit)(void);
void (*page_cache_size_exceeded)(void);

static char *page_at(phys_addr_t frame)
{
    return phys_to_virt(frame);
}

/* Keeps a page from being given up while a copy waits, or the store makes room. The thread that has
 * locked the inode uses one page at a time. */
static void hold(struct page_cache *cache, phys_addr_t frame)
{
    cache->held = frame;
}

static void let_go(struct page_cache *cache)
{
    cache->held = NO_FRAME;
}

/* Clears what lies behind the end in the last page. */
static void clear_behind_end(const struct page_cache *cache)
{
    uint64_t size = cache->inode->size, within = size % PAGE_SIZE;
    uint64_t entry = page_tree_get(&cache->pages, size / PAGE_SIZE);
    if (within != 0 && entry && !(entry & PAGE_BUSY))
        memset(page_at(page_frame(entry)) + within, 0, PAGE_SIZE - within);
}

/* Makes the page dirty, once the store has room for the bytes; without a store there is nothing to
 * do. False in *there: the page has gone meanwhile. */
static enum error reserve(struct page_cache *cache, uint64_t position, size_t size, bool *there)
{
    if (!cache->operations->write)
        return OK;
    uint64_t index = position / PAGE_SIZE, entry = page_tree_get(&cache->pages, index);
    bool whole = false;
    if (entry & PAGE_DIRTY && entry & PAGE_ROOM)
        return OK;
    if (cache->operations->reserve && !(entry & PAGE_ROOM)) {
        enum error error = cache->operations->reserve(cache, position, size, &whole);
        if (error)
            return error;
        uint64_t now = page_tree_get(&cache->pages, index);
        *there = page_frame(now) == page_frame(entry);
        if (*there && whole)
            page_tree_set(&cache->pages, index, now | PAGE_ROOM);
    }
    if (*there)
        page_store_make_dirty(cache, index);
    return OK;
}

/* Programs that write faster than the disk do so at the disk's speed. */
static void limit_dirty_pages(struct page_cache *cache)
{
    struct frames_stats frames;
    if (!cache->operations->write || !thread_current())
        return;
    frames_stats(&frames);
    if (page_cache_dirty_pages() > frames.total / DIRTY_SHARE)
        (void)page_cache_write_back(cache); /* an error stays with the file */
}

/* --- Faults ---------------------------------------------------------------------------------- */

/* The bytes of the page that are in the file are going to be written. */
static enum error reserve_page(struct page_cache *cache, uint64_t index, bool *there)
{
    uint64_t position = index * PAGE_SIZE, size = cache->inode->size;
    ASSERT(position < size);
    return reserve(cache, position, (size_t)MIN(size - position, PAGE_SIZE), there);
}

enum error page_cache_get_page(struct page_cache *cache, uint64_t index, bool write,
                               phys_addr_t *frame)
{
    const struct inode *inode = cache->inode;
    if (write)
        limit_dirty_pages(cache);
    for (;;) {
        bool there = true;
        if (index >= ALIGN_UP(inode->size, PAGE_SIZE) / PAGE_SIZE)
            return ERROR_BEYOND_END;
        enum error error = page_store_get(cache, index, frame);
        if (!error)
            error = frame_reference(*frame);
        if (error)
            return error;
        if (index == inode->size / PAGE_SIZE)
            clear_behind_end(cache);
        if (write && index < ALIGN_UP(inode->size, PAGE_SIZE) / PAGE_SIZE)
            error = reserve_page(cache, index, &there);
        if (!error && there)
            return OK;
        frame_free(*frame);
        if (error)
            return error;
    }
}

/* --- Reading and writing --------------------------------------------------------------------- */

static enum error read_piece(struct page_cache *cache, struct buffer *buffer, size_t size,
                             uint64_t position)
{
    uint64_t entry = page_tree_get(&cache->pages, position / PAGE_SIZE);
    phys_addr_t frame = page_frame(entry);
    enum error error = OK;
    if (!cache->operations->read)
        return frame == NO_FRAME ? buffer_put_zeros(buffer, size)
                                 : buffer_put(buffer, page_at(frame) + position % PAGE_SIZE, size);
    if (!entry || entry & PAGE_BUSY)
        error = page_store_get(cache, position / PAGE_SIZE, &frame);
    if (error)
        return error;
    hold(cache, frame);
    error = buffer_put(buffer, page_at(frame) + position % PAGE_SIZE, size);
    let_go(cache);
    return error;
}

enum error page_cache_read(struct page_cache *cache, struct buffer *buffer, uint64_t *position)
{
    const struct inode *inode = cache->inode;
    enum error error = OK;
    for (unsigned pages = 1; !error && buffer->left > 0 && *position < inode->size; pages++) {
        size_t before = buffer->left, size = MIN(PAGE_SIZE - *position % PAGE_SIZE, before);
        error = read_piece(cache, buffer, MIN(size, inode->size - *position), *position);
        *position += before - buffer->left;
        page_store_yield_at(pages);
    }
    return error;
}

/* The page of which `size` bytes from `within` on are going to be written. It is read in if the
 * store may have a part of it. Else a new one is cleared around them, as far as it lies before the
 * end. */
static enum error page_for_write(struct page_cache *cache, uint64_t index, size_t within,
                                 size_t size, phys_addr_t *frame, bool *is_new)
{
    uint64_t file_size = cache->inode->size, entry = page_tree_get(&cache->pages, index);
    *is_new = false;
    *frame = page_frame(entry);
    if (entry && !(entry & PAGE_BUSY))
        return OK;
    if (cache->operations->read && index * PAGE_SIZE < file_size)
        return page_store_get(cache, index, frame);
    *is_new = true;
    enum error error = page_store_add(cache, index, 0, frame);
    if (error)
        return error;
    bool is_last = index * PAGE_SIZE + within + size >= file_size;
    memset(page_at(*frame), 0, within);
    if (!is_last)
        memset(page_at(*frame) + within + size, 0, PAGE_SIZE - within - size);
    return OK;
}

/* Copies into a page that is held. When the copy ends early, in a page that was not there before
 * and within the file, the rest of the piece must not show what the frame held. */
static enum error copy_piece(struct page_cache *cache, struct buffer *buffer, size_t size,
                             uint64_t *position, phys_addr_t frame, bool is_new)
{
    struct inode *inode = cache->inode;
    size_t within = *position % PAGE_SIZE, before = buffer->left;
    enum error error = buffer_get(buffer, page_at(frame) + within, size);
    size_t done = before - buffer->left;
    if (done < size && is_new)
        memset(page_at(frame) + within + done, 0, size - done);
    page_store_make_dirty(cache, *position / PAGE_SIZE); /* the copy may have waited */
    *position += done;
    inode->size = MAX(inode->size, *position);
    return error;
}

/* Frees the pages from `index` on. */
static void remove_pages(struct page_cache *cache, uint64_t index)
{
    while (cache->transfers > 0)
        thread_wait(&cache->ready);
    for (unsigned pages = 1; page_store_remove(cache, &index); pages++)
        page_store_yield_at(pages);
}

/* A write has ended early: what was added behind the end goes. */
static void undo(struct page_cache *cache)
{
    ASSERT(cache->held == NO_FRAME);
    remove_pages(cache, ALIGN_UP(cache->inode->size, PAGE_SIZE) / PAGE_SIZE);
    cache->operations->trim(cache);
}

static enum error write_piece(struct page_cache *cache, struct buffer *buffer, size_t size,
                              uint64_t *position)
{
    phys_addr_t frame;
    bool is_new, there = true;
    uint64_t index = *position / PAGE_SIZE;
    enum error error = page_for_write(cache, index, *position % PAGE_SIZE, size, &frame, &is_new);
    if (error)
        return error;
    hold(cache, frame);
    error = reserve(cache, *position, size, &there);
    ASSERT(there); /* the inode is locked, and the page is held */
    if (!error)
        error = copy_piece(cache, buffer, size, position, frame, is_new);
    let_go(cache);
    if (error && cache->operations->trim)
        undo(cache);
    return error;
}

/* The most that the file may hold: of this store, and of the running program. */
static uint64_t size_limit(const struct page_cache *cache)
{
    if (!page_cache_size_limit || inode_type(cache->inode) != S_IFREG)
        return cache->limit;
    return MIN(cache->limit, page_cache_size_limit());
}

enum error page_cache_check_size(const struct page_cache *cache, uint64_t size)
{
    if (size <= size_limit(cache))
        return OK;
    if (size <= cache->limit)
        page_cache_size_exceeded();
    return ERROR_FILE_TOO_BIG;
}

enum error page_cache_write(struct page_cache *cache, struct buffer *buffer, uint64_t *position)
{
    uint64_t limit = size_limit(cache);
    enum error error = OK;
    if (*position >= limit)
        return page_cache_check_size(cache, *position + 1);
    if (*position > cache->inode->size)
        clear_behind_end(cache);
    for (unsigned pages = 1; !error && buffer->left > 0 && *position < limit; pages++) {
        size_t room = MIN(PAGE_SIZE - *position % PAGE_SIZE, limit - *position);
        error = write_piece(cache, buffer, MIN(room, buffer->left), position);
        if (pages % PAGES_BETWEEN_YIELDS == 0)
            limit_dirty_pages(cache);
        page_store_yield_at(pages);
    }
    return error;
}

/* --- The size -------------------------------------------------------------------------------- */

/* The store keeps zeros behind the end: a page that is cut is read in, and written again. */
static enum error cut_page(struct page_cache *cache, uint64_t size)
{
    phys_addr_t frame;
    bool there = true;
    if (!cache->operations->write || size % PAGE_SIZE == 0)
        return OK;
    enum error error = page_store_get(cache, size / PAGE_SIZE, &frame);
    if (!error)
        error = frame_reference(frame);
    if (error)
        return error;
    error = reserve(cache, ALIGN_DOWN(size, PAGE_SIZE), size % PAGE_SIZE, &there);
    ASSERT(there);
    frame_free(frame);
    return error;
}

enum error page_cache_set_size(struct page_cache *cache, uint64_t size)
{
    struct inode *inode = cache->inode;
    uint64_t old_size = inode->size, end = ALIGN_UP(size, PAGE_SIZE) / PAGE_SIZE;
    enum error error = size > old_size ? page_cache_check_size(cache, size) : OK;
    if (error)
        return error;
    if (size > old_size)
        clear_behind_end(cache);
    else if (size < old_size)
        error = cut_page(cache, size);
    if (error)
        return error;
    inode->size = size;
    if (size > old_size) /* with the same size, what fallocate() has put behind the end goes */
        return OK;
    vm_object_unmap(&inode->object, end, UINT64_MAX);
    clear_behind_end(cache); /* somebody may have mapped the last page */
    remove_pages(cache, end);
    return OK;
}
