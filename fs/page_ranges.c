/*
 * Ranges of a file without a store: room that is taken before it is written to, holes, and where
 * they are.
 */
#include <assert.h>
#include <fs/page_store.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>

/* --- Taking room ------------------------------------------------------------------------------ */

static enum error add_new(struct page_cache *cache, uint64_t index)
{
    phys_addr_t frame;
    if (page_tree_get(&cache->pages, index))
        return OK;
    if (thread_current() && thread_is_interrupted(thread_current()))
        return ERROR_INTERRUPTED;
    enum error error = page_store_get(cache, index, &frame);
    if (!error)
        page_tree_set(&cache->pages, index, frame | PAGE_NEW);
    return error;
}

/* The new pages stay, or go again. */
static void end_new(struct page_cache *cache, uint64_t first, uint64_t last, bool stay)
{
    uint64_t index = first, entry;
    for (; (entry = page_tree_next(&cache->pages, &index)) && index < last; index++) {
        if (!(entry & PAGE_NEW))
            continue;
        page_tree_set(&cache->pages, index, entry - PAGE_NEW);
        if (!stay) {
            uint64_t removed = index;
            vm_object_unmap(&cache->inode->object, index, index + 1);
            page_store_remove(cache, &removed);
        }
    }
}

enum error page_cache_allocate(struct page_cache *cache, uint64_t from, uint64_t end)
{
    uint64_t first = from / PAGE_SIZE, last = ALIGN_UP(end, PAGE_SIZE) / PAGE_SIZE, index = first;
    enum error error = OK;
    ASSERT(!cache->operations->read && from < end);
    for (unsigned pages = 1; index < last && !error; index++) {
        error = add_new(cache, index);
        page_store_yield_at(pages++);
    }
    end_new(cache, first, index, !error);
    return error;
}

/* --- Holes ------------------------------------------------------------------------------------ */

/* Clears a part of a page, if it is there. */
static void clear(const struct page_cache *cache, uint64_t from, uint64_t end)
{
    uint64_t entry = page_tree_get(&cache->pages, from / PAGE_SIZE);
    char *page = phys_to_virt(page_frame(entry));
    if (entry && from < end)
        memset(page + from % PAGE_SIZE, 0, end - from);
}

void page_cache_punch(struct page_cache *cache, uint64_t from, uint64_t end)
{
    uint64_t first = ALIGN_UP(from, PAGE_SIZE), last = ALIGN_DOWN(end, PAGE_SIZE);
    ASSERT(!cache->operations->read && from < end);
    clear(cache, from, MIN(first, end));
    if (last >= first)
        clear(cache, last, end);
    if (last <= first)
        return;
    uint64_t index = first / PAGE_SIZE;
    vm_object_unmap(&cache->inode->object, index, last / PAGE_SIZE);
    for (unsigned pages = 1; page_tree_next(&cache->pages, &index) && index < last / PAGE_SIZE;) {
        page_store_remove(cache, &index);
        page_store_yield_at(pages++);
    }
}

uint64_t page_cache_find(const struct page_cache *cache, uint64_t from, bool is_there)
{
    uint64_t size = cache->inode->size, index = from / PAGE_SIZE, next = index;
    if (is_there && !page_tree_next(&cache->pages, &next))
        return size;
    while (!is_there && page_tree_get(&cache->pages, next))
        next++;
    return MIN(next == index ? from : next * PAGE_SIZE, size);
}
