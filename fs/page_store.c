/*
 * A page is in one of these states, by the flags of its entry in the tree:
 *
 *     (no entry) ---- get ----> BUSY ---- read ----> clean ---- written to ----> DIRTY
 *         ^                                          |   ^                         |
 *         +---------------- given up ----------------+   +------ written back -----+
 *
 * While a page is BUSY its content is on its way from the store, and others wait. A DIRTY page is
 * newer than the store. Before it is written back, its mappings become read-only, and so the next
 * write through one of them asks for the page again and makes it DIRTY again. A write that fails
 * leaves it DIRTY, and the error with the file, until somebody asks for it.
 *
 * Without a store, pages begin as zeros and stay until the file becomes shorter: there are no
 * flags, and nothing here waits.
 */
#include <assert.h>
#include <fs/filesystem.h>
#include <fs/page_store.h>
#include <kernel/log/log.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>

enum { FIRST_WINDOW = 4 };

static uint64_t all_pages, dirty_pages; /* of all files */
static struct list with_store = LIST_INIT(with_store);
static struct list dirty_caches = LIST_INIT(dirty_caches);

void (*page_cache_became_dirty)(void);

uint64_t page_cache_pages(void)
{
    return all_pages;
}

uint64_t page_cache_dirty_pages(void)
{
    return dirty_pages;
}

void page_cache_init(struct page_cache *cache, const struct page_cache_operations *operations,
                     struct inode *inode)
{
    *cache = (struct page_cache){.operations = operations, .inode = inode, .limit = INT64_MAX};
    wait_queue_init(&cache->ready);
    list_node_init(&cache->node);
    list_node_init(&cache->dirty_node);
    if (operations->read)
        list_push_back(&with_store, &cache->node);
}

void page_cache_destroy(struct page_cache *cache)
{
    ASSERT(cache->dirty == 0); /* dirty pages hold the inode */
    ASSERT(cache->transfers == 0 && cache->held == NO_FRAME);
    for (uint64_t index = 0; page_store_remove(cache, &index);)
        ;
    ASSERT(cache->count == 0);
    list_remove(&cache->node);
}

/* --- Single pages ---------------------------------------------------------------------------- */

/* A page that has a store gives way to another one. */
static phys_addr_t allocate(const struct page_cache *cache)
{
    phys_addr_t frame = frame_alloc();
    if (frame == NO_FRAME && cache->operations->read && page_cache_give_up(PAGE_RUN_MAX))
        frame = frame_alloc();
    return frame;
}

enum error page_store_add(struct page_cache *cache, uint64_t index, unsigned flags,
                          phys_addr_t *frame)
{
    enum error error = cache->operations->add ? cache->operations->add(cache) : OK;
    if (error)
        return error;
    *frame = allocate(cache);
    error = *frame == NO_FRAME ? ERROR_OUT_OF_FRAMES
                               : page_tree_add(&cache->pages, index, *frame | flags);
    if (!error) {
        cache->count++;
        cache->inode->pages += !cache->operations->read;
        all_pages++;
        return OK;
    }
    if (*frame != NO_FRAME)
        frame_free(*frame);
    if (cache->operations->remove)
        cache->operations->remove(cache);
    return error;
}

/* One dirty page less. The caller has a reference to the inode, too. */
static void note_clean(struct page_cache *cache)
{
    ASSERT(cache->dirty > 0 && dirty_pages > 0);
    dirty_pages--;
    if (--cache->dirty > 0)
        return;
    list_remove(&cache->dirty_node);
    inode_release(cache->inode);
}

bool page_store_remove(struct page_cache *cache, uint64_t *index)
{
    uint64_t entry = page_tree_remove_next(&cache->pages, index);
    if (!entry)
        return false;
    ASSERT(cache->count > 0 && all_pages > 0);
    frame_free(page_frame(entry));
    cache->count--;
    cache->inode->pages -= !cache->operations->read;
    all_pages--;
    if (cache->operations->remove)
        cache->operations->remove(cache);
    if (entry & PAGE_DIRTY && cache->dirty > 0)
        note_clean(cache);
    return true;
}

void page_store_make_dirty(struct page_cache *cache, uint64_t index)
{
    if (!cache->operations->write)
        return;
    uint64_t entry = page_tree_get(&cache->pages, index);
    if (entry & PAGE_DIRTY)
        return;
    ASSERT(entry && !(entry & PAGE_BUSY));
    page_tree_set(&cache->pages, index, entry | PAGE_DIRTY);
    dirty_pages++;
    if (cache->dirty++ > 0)
        return;
    inode_reference(cache->inode);
    list_push_back(&dirty_caches, &cache->dirty_node);
    if (page_cache_became_dirty)
        page_cache_became_dirty();
}

bool page_cache_has_page(const struct page_cache *cache, uint64_t index)
{
    uint64_t entry = page_tree_get(&cache->pages, index);
    return entry && !(entry & PAGE_BUSY);
}

/* --- From the store -------------------------------------------------------------------------- */

/* While a page is on its way from the store or there, its place in the tree does not change. */
static void begin_transfer(struct page_cache *cache)
{
    cache->transfers++;
}

static void end_transfer(struct page_cache *cache)
{
    ASSERT(cache->transfers > 0);
    cache->transfers--;
    wait_queue_wake_all(&cache->ready);
}

/* How many pages to read at once. The window doubles while the reads follow each other, and so is
 * small for those that do not. */
static unsigned choose_window(struct page_cache *cache, uint64_t index)
{
    if (index != cache->next_read)
        cache->window = 1;
    else
        cache->window =
            cache->window ? MIN(2 * cache->window, (unsigned)PAGE_RUN_MAX) : (unsigned)FIRST_WINDOW;
    uint64_t end = ALIGN_UP(cache->inode->size, PAGE_SIZE) / PAGE_SIZE;
    return end > index ? (unsigned)MIN(end - index, (uint64_t)cache->window) : 1;
}

/* Adds pages that are not there yet, BUSY; how many. */
static unsigned add_run(struct page_cache *cache, uint64_t index, unsigned most,
                        phys_addr_t *frames, enum error *error)
{
    unsigned count = 0;
    *error = OK;
    while (count < most && !page_tree_get(&cache->pages, index + count)) {
        *error = page_store_add(cache, index + count, PAGE_BUSY, &frames[count]);
        if (*error)
            break;
        count++;
    }
    return count;
}

/* Reads a page in, and some behind it. When that fails the page is tried alone, for the error may
 * be another one's. */
static enum error read_run(struct page_cache *cache, uint64_t index, phys_addr_t *frame)
{
    phys_addr_t frames[PAGE_RUN_MAX];
    enum error error;
    unsigned count = add_run(cache, index, choose_window(cache, index), frames, &error);
    if (count == 0)
        return error;
    begin_transfer(cache);
    error = cache->operations->read(cache, index, frames, count);
    bool alone = error && count > 1;
    if (alone)
        error = cache->operations->read(cache, index, frames, 1);
    for (unsigned i = 0; i < count; i++) {
        uint64_t at = index + i;
        page_tree_set(&cache->pages, at, frames[i]);
        if (error || (alone && i > 0))
            page_store_remove(cache, &at);
    }
    cache->next_read = index + count;
    end_transfer(cache);
    *frame = frames[0];
    return error;
}

enum error page_store_get(struct page_cache *cache, uint64_t index, phys_addr_t *frame)
{
    uint64_t entry;
    while ((entry = page_tree_get(&cache->pages, index)) & PAGE_BUSY)
        thread_wait(&cache->ready);
    *frame = page_frame(entry);
    if (*frame != NO_FRAME)
        return OK;
    if (cache->operations->read)
        return read_run(cache, index, frame);
    enum error error = page_store_add(cache, index, 0, frame);
    if (!error)
        memset(phys_to_virt(*frame), 0, PAGE_SIZE);
    return error;
}

/* --- To the store ---------------------------------------------------------------------------- */

/* The dirty pages from `index` on that follow each other become clean, with a reference: who writes
 * to them from here on makes them dirty again. */
static unsigned take_run(struct page_cache *cache, uint64_t index, phys_addr_t *frames)
{
    unsigned count = 0;
    for (; count < PAGE_RUN_MAX; count++) {
        uint64_t entry = page_tree_get(&cache->pages, index + count);
        if (!(entry & PAGE_DIRTY) || frame_reference(page_frame(entry)))
            break;
        page_tree_set(&cache->pages, index + count, entry & ~(uint64_t)PAGE_DIRTY);
        vm_object_forbid_writes(&cache->inode->object, index + count);
        frames[count] = page_frame(entry);
    }
    return count;
}

static enum error write_run(struct page_cache *cache, uint64_t index, unsigned *count)
{
    phys_addr_t frames[PAGE_RUN_MAX];
    *count = take_run(cache, index, frames);
    if (*count == 0)
        return ERROR_OUT_OF_FRAMES;
    begin_transfer(cache);
    enum error error = cache->operations->write(cache, index, frames, *count);
    for (unsigned i = 0; i < *count; i++) {
        if (error)
            page_store_make_dirty(cache, index + i);
        note_clean(cache); /* as it was counted before; a page that is dirty again counts anew */
        frame_free(frames[i]);
    }
    end_transfer(cache);
    return error;
}

enum error page_cache_write_back(struct page_cache *cache)
{
    enum error first = OK;
    uint64_t entry;
    unsigned count;
    for (uint64_t index = 0; (entry = page_tree_next(&cache->pages, &index)); index += count) {
        count = 1;
        if (!(entry & PAGE_DIRTY))
            continue;
        enum error error = write_run(cache, index, &count);
        count = MAX(count, 1u);
        first = first ? first : error;
    }
    while (cache->transfers > 0) /* another thread may be about to write the last ones */
        thread_wait(&cache->ready);
    if (first && !cache->error)
        cache->error = first;
    return first;
}

enum error page_cache_take_error(struct page_cache *cache)
{
    enum error error = cache->error;
    cache->error = OK;
    return error;
}

static size_t list_length(const struct list *list)
{
    size_t length = 0;
    list_for_each(node, list)
        length++;
    return length;
}

/* The first file of the list, or the first one that belongs to the file system; it goes to the
 * list's end. */
static struct page_cache *next_dirty(const struct filesystem *filesystem)
{
    list_for_each(node, &dirty_caches) {
        struct page_cache *cache = CONTAINER_OF(node, struct page_cache, dirty_node);
        if (filesystem && cache->inode->filesystem != filesystem)
            continue;
        list_remove(node);
        list_push_back(&dirty_caches, node);
        return cache;
    }
    return NULL;
}

/* A file that cannot be stored is logged once. */
static enum error write_back_file(struct page_cache *cache)
{
    struct inode *inode = cache->inode;
    bool failed_before = cache->error;
    inode_reference(inode);
    enum error error = page_cache_write_back(cache);
    if (error && !failed_before)
        log_warn("%s: what was written to file %llu cannot be stored",
                 inode->filesystem->type->name, (unsigned long long)inode->number);
    inode_release(inode);
    return error;
}

enum error page_cache_write_back_all(const struct filesystem *filesystem)
{
    enum error first = OK;
    size_t files = list_length(&dirty_caches);
    for (struct page_cache *cache; files-- > 0 && (cache = next_dirty(filesystem));) {
        enum error error = write_back_file(cache);
        first = first ? first : error;
    }
    return first;
}

bool page_cache_write_some(void)
{
    struct page_cache *cache = next_dirty(NULL);
    return cache && write_back_file(cache) == OK;
}

static void discard(struct page_cache *cache)
{
    uint64_t entry;
    for (uint64_t index = 0; (entry = page_tree_next(&cache->pages, &index)); index++) {
        if (!(entry & PAGE_DIRTY))
            continue;
        page_tree_set(&cache->pages, index, entry & ~(uint64_t)PAGE_DIRTY);
        note_clean(cache);
    }
}

void page_cache_discard_all(const struct filesystem *filesystem)
{
    size_t files = list_length(&dirty_caches);
    for (struct page_cache *cache; files-- > 0 && (cache = next_dirty(filesystem));) {
        struct inode *inode = cache->inode;
        inode_reference(inode);
        discard(cache);
        inode_release(inode);
    }
}

/* --- Giving up ------------------------------------------------------------------------------- */

/* Gives up a page that is clean and that nobody holds but those who map it. */
static bool give_up(struct page_cache *cache, uint64_t index, uint64_t entry)
{
    phys_addr_t frame = page_frame(entry);
    if (entry & (PAGE_BUSY | PAGE_DIRTY) || frame == cache->held ||
        !vm_object_unmap_frame(&cache->inode->object, index, frame))
        return false;
    return !frame_is_shared(frame) && page_store_remove(cache, &index);
}

static size_t give_up_pages(struct page_cache *cache, size_t wanted)
{
    size_t given = 0;
    uint64_t entry;
    for (uint64_t index = 0; given < wanted && (entry = page_tree_next(&cache->pages, &index));
         index++)
        given += give_up(cache, index, entry);
    return given;
}

size_t page_cache_give_up(size_t wanted)
{
    size_t given = 0;
    list_for_each(node, &with_store)
        given += give_up_pages(CONTAINER_OF(node, struct page_cache, node), wanted - given);
    return given;
}

void page_cache_forget(struct page_cache *cache)
{
    (void)give_up_pages(cache, SIZE_MAX);
}
