/*
 * A page is in one of these states, by the flags of its entry in the tree:
 *
 *     (no entry) ---- get ----> BUSY ---- read ----> clean ---- written to ----> DIRTY
 *         ^                                          |   ^                         |
 *         +---------------- given up ----------------+   +------ written back -----+
 *
 * While a page is BUSY its content is on its way from the store, and others wait. A DIRTY page is
 * newer than the store. Before it is written back, its mappings become read-only, and so the next
 * write through one of them asks for the page again and makes it DIRTY again.
 *
 * Without a store, pages begin as zeros and stay until the file becomes shorter: there are no
 * flags, and nothing here waits but the copies.
 *
 * Behind a file's end, its last page may hold anything: writing a file front to back would
 * otherwise clear each page first. So the rest of the page is cleared when the end moves without a
 * write to what lies between, and when the page is mapped.
 */
#include <assert.h>
#include <fs/page_store.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>

enum { BUSY = 1, DIRTY = 2 };

/* Of a long read, write or truncation. */
enum { PAGES_BETWEEN_YIELDS = 64 };

static uint64_t all_pages; /* of all files */
static struct list with_store = LIST_INIT(with_store);

static char *page_at(phys_addr_t frame)
{
    return phys_to_virt(frame);
}

uint64_t page_cache_pages(void)
{
    return all_pages;
}

void page_cache_init(struct page_cache *cache, const struct page_cache_operations *operations,
                     struct inode *inode)
{
    *cache = (struct page_cache){.operations = operations, .inode = inode};
    wait_queue_init(&cache->ready);
    list_node_init(&cache->node);
    if (operations->read)
        list_push_back(&with_store, &cache->node);
}

/* --- Single pages ---------------------------------------------------------------------------- */

/* A new page, with any content. */
static enum error add_page(struct page_cache *cache, uint64_t index, unsigned flags,
                           phys_addr_t *frame)
{
    enum error error = cache->operations->add ? cache->operations->add(cache) : OK;
    if (error)
        return error;
    *frame = frame_alloc();
    error = *frame == NO_FRAME ? ERROR_OUT_OF_FRAMES
                               : page_tree_add(&cache->pages, index, *frame | flags);
    if (!error) {
        cache->inode->pages++;
        all_pages++;
        return OK;
    }
    if (*frame != NO_FRAME)
        frame_free(*frame);
    if (cache->operations->remove)
        cache->operations->remove(cache);
    return error;
}

bool page_store_remove(struct page_cache *cache, uint64_t *index)
{
    uint64_t entry = page_tree_remove_next(&cache->pages, index);
    if (!entry)
        return false;
    frame_free(ALIGN_DOWN(entry, PAGE_SIZE));
    cache->inode->pages--;
    all_pages--;
    if (cache->operations->remove)
        cache->operations->remove(cache);
    return true;
}

/* While a page is on its way from the store or there, its place in the tree does not change. */
static void begin_transfer(struct page_cache *cache)
{
    cache->transfers++;
}

static void end_transfer(struct page_cache *cache)
{
    cache->transfers--;
    wait_queue_wake_all(&cache->ready);
}

/* Adds a page and reads it in. */
static enum error read_page(struct page_cache *cache, uint64_t index, phys_addr_t *frame)
{
    enum error error = add_page(cache, index, BUSY, frame);
    if (error)
        return error;
    begin_transfer(cache);
    error = cache->operations->read(cache, index, page_at(*frame));
    page_tree_set(&cache->pages, index, *frame);
    if (error)
        page_store_remove(cache, &index);
    end_transfer(cache);
    return error;
}

enum error page_store_get(struct page_cache *cache, uint64_t index, phys_addr_t *frame)
{
    uint64_t entry;
    while ((entry = page_tree_get(&cache->pages, index)) & BUSY)
        thread_wait(&cache->ready);
    *frame = ALIGN_DOWN(entry, PAGE_SIZE);
    if (*frame != NO_FRAME)
        return OK;
    if (cache->operations->read)
        return read_page(cache, index, frame);
    enum error error = add_page(cache, index, 0, frame);
    if (!error)
        memset(page_at(*frame), 0, PAGE_SIZE);
    return error;
}

static void make_dirty(struct page_cache *cache, uint64_t index, phys_addr_t frame)
{
    if (cache->operations->write)
        page_tree_set(&cache->pages, index, frame | DIRTY);
}

/* Clears what lies behind the end in the last page. */
static void clear_behind_end(const struct page_cache *cache)
{
    uint64_t size = cache->inode->size, within = size % PAGE_SIZE;
    uint64_t entry = page_tree_get(&cache->pages, size / PAGE_SIZE);
    if (within != 0 && entry && !(entry & BUSY))
        memset(page_at(ALIGN_DOWN(entry, PAGE_SIZE)) + within, 0, PAGE_SIZE - within);
}

bool page_cache_has_page(const struct page_cache *cache, uint64_t index)
{
    uint64_t entry = page_tree_get(&cache->pages, index);
    return entry && !(entry & BUSY);
}

enum error page_cache_get_page(struct page_cache *cache, uint64_t index, bool write,
                               phys_addr_t *frame)
{
    const struct inode *inode = cache->inode;
    if (index >= ALIGN_UP(inode->size, PAGE_SIZE) / PAGE_SIZE)
        return ERROR_BEYOND_END;
    enum error error = page_store_get(cache, index, frame);
    if (error)
        return error;
    if (index == inode->size / PAGE_SIZE)
        clear_behind_end(cache);
    if (write)
        make_dirty(cache, index, *frame);
    return frame_reference(*frame);
}

/* --- Reading and writing --------------------------------------------------------------------- */

/* In a long loop over pages: lets others run after every so many. */
static void pause_at(unsigned pages)
{
    if (pages % PAGES_BETWEEN_YIELDS == 0 && thread_current())
        thread_yield();
}

/* While a copy waits, a page that has a store may be given up: a reference keeps its frame. */
static enum error hold(const struct page_cache *cache, phys_addr_t frame)
{
    return cache->operations->read ? frame_reference(frame) : OK;
}

static void let_go(const struct page_cache *cache, phys_addr_t frame)
{
    if (cache->operations->read)
        frame_free(frame);
}

static enum error read_piece(struct page_cache *cache, struct buffer *buffer, size_t size,
                             uint64_t position)
{
    phys_addr_t frame = ALIGN_DOWN(page_tree_get(&cache->pages, position / PAGE_SIZE), PAGE_SIZE);
    if (!cache->operations->read)
        return frame == NO_FRAME ? buffer_put_zeros(buffer, size)
                                 : buffer_put(buffer, page_at(frame) + position % PAGE_SIZE, size);
    enum error error = page_store_get(cache, position / PAGE_SIZE, &frame);
    if (!error)
        error = hold(cache, frame);
    if (error)
        return error;
    error = buffer_put(buffer, page_at(frame) + position % PAGE_SIZE, size);
    let_go(cache, frame);
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
        pause_at(pages);
    }
    return error;
}

/* The page of which `size` bytes from `within` on are going to be written. A new one is cleared
 * around them, as far as it lies before the end; or it is read in, if the store may have a part of
 * it. */
static enum error page_for_write(struct page_cache *cache, uint64_t index, size_t within,
                                 size_t size, phys_addr_t *frame, bool *is_new)
{
    uint64_t file_size = cache->inode->size, entry = page_tree_get(&cache->pages, index);
    *is_new = !entry;
    *frame = ALIGN_DOWN(entry, PAGE_SIZE);
    if (entry && !(entry & BUSY))
        return OK;
    if (cache->operations->read && index * PAGE_SIZE < file_size)
        return page_store_get(cache, index, frame);
    enum error error = add_page(cache, index, 0, frame);
    if (error)
        return error;
    bool is_last = index * PAGE_SIZE + within + size >= file_size;
    memset(page_at(*frame), 0, within);
    if (!is_last)
        memset(page_at(*frame) + within + size, 0, PAGE_SIZE - within - size);
    return OK;
}

/* When the copy ends early, in a page that was not there before and within the file, the rest of
 * the piece must not show what the frame held. */
static enum error write_piece(struct page_cache *cache, struct buffer *buffer, size_t size,
                              uint64_t *position)
{
    phys_addr_t frame;
    bool is_new;
    struct inode *inode = cache->inode;
    uint64_t index = *position / PAGE_SIZE;
    size_t within = *position % PAGE_SIZE, before = buffer->left;
    enum error error = page_for_write(cache, index, within, size, &frame, &is_new);
    if (!error)
        error = hold(cache, frame);
    if (error)
        return error;
    error = buffer_get(buffer, page_at(frame) + within, size);
    size_t done = before - buffer->left;
    if (done < size && is_new)
        memset(page_at(frame) + within + done, 0, size - done);
    *position += done;
    inode->size = MAX(inode->size, *position);
    make_dirty(cache, index, frame);
    let_go(cache, frame);
    return error;
}

enum error page_cache_write(struct page_cache *cache, struct buffer *buffer, uint64_t *position)
{
    enum error error = OK;
    if (*position >= INT64_MAX)
        return ERROR_FILE_TOO_BIG;
    if (*position > cache->inode->size)
        clear_behind_end(cache);
    for (unsigned pages = 1; !error && buffer->left > 0 && *position < INT64_MAX; pages++) {
        size_t room = MIN(PAGE_SIZE - *position % PAGE_SIZE, INT64_MAX - *position);
        error = write_piece(cache, buffer, MIN(room, buffer->left), position);
        pause_at(pages);
    }
    return error;
}

/* --- The store ------------------------------------------------------------------------------- */

static enum error write_back(struct page_cache *cache, uint64_t index, phys_addr_t frame)
{
    enum error error = frame_reference(frame);
    if (error)
        return error;
    page_tree_set(&cache->pages, index, frame); /* who writes from here on makes it dirty again */
    vm_object_forbid_writes(&cache->inode->object, index);
    begin_transfer(cache);
    error = cache->operations->write(cache, index, page_at(frame));
    if (error)
        page_tree_set(&cache->pages, index, frame | DIRTY);
    end_transfer(cache);
    frame_free(frame);
    return error;
}

enum error page_cache_write_back(struct page_cache *cache)
{
    enum error first = OK;
    uint64_t entry;
    for (uint64_t index = 0; (entry = page_tree_next(&cache->pages, &index)); index++) {
        if (!(entry & DIRTY))
            continue;
        enum error error = write_back(cache, index, entry - DIRTY);
        first = first ? first : error;
    }
    return first;
}

/* Gives up a page that is clean and that nobody holds but those who map it. */
static bool give_up(struct page_cache *cache, uint64_t index, uint64_t entry)
{
    if (entry & (BUSY | DIRTY) || !vm_object_unmap_frame(&cache->inode->object, index, entry))
        return false;
    return !frame_is_shared(entry) && page_store_remove(cache, &index);
}

size_t page_cache_give_up(size_t wanted)
{
    size_t given = 0;
    list_for_each(node, &with_store) {
        struct page_cache *cache = CONTAINER_OF(node, struct page_cache, node);
        uint64_t entry;
        for (uint64_t index = 0; given < wanted && (entry = page_tree_next(&cache->pages, &index));
             index++)
            given += give_up(cache, index, entry);
    }
    return given;
}

/* --- The end --------------------------------------------------------------------------------- */

/* Frees the pages from `index` on. */
static void remove_pages(struct page_cache *cache, uint64_t index)
{
    while (cache->transfers > 0)
        thread_wait(&cache->ready);
    for (unsigned pages = 1; page_store_remove(cache, &index); pages++)
        pause_at(pages);
}

enum error page_cache_set_size(struct page_cache *cache, uint64_t size)
{
    struct inode *inode = cache->inode;
    uint64_t old_size = inode->size, end = ALIGN_UP(size, PAGE_SIZE) / PAGE_SIZE;
    if (size > INT64_MAX)
        return ERROR_FILE_TOO_BIG;
    if (size > old_size)
        clear_behind_end(cache);
    inode->size = size;
    if (size > old_size)
        return OK;
    vm_object_unmap(&inode->object, end, UINT64_MAX);
    clear_behind_end(cache); /* somebody may have mapped the last page */
    remove_pages(cache, end);
    return OK;
}

void page_cache_destroy(struct page_cache *cache)
{
    for (uint64_t index = 0; page_store_remove(cache, &index);)
        ;
    ASSERT(cache->inode->pages == 0);
    list_remove(&cache->node);
}
