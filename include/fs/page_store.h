/*
 * The pages of a page cache one by one, and their way from the store and there; for page_cache.c
 * and page_ranges.c. Contexts and locks as in page_cache.h.
 */
#ifndef FS_PAGE_STORE_H
#define FS_PAGE_STORE_H

#include <fs/page_cache.h>
#include <kernel/task/thread.h>
#include <layout.h>

/* Flags of a page's entry. ROOM: the store has room for all of the page, so nothing is left to
 * reserve. NEW: the call that goes on has added the page (page_ranges.c). */
enum { PAGE_BUSY = 1, PAGE_DIRTY = 2, PAGE_ROOM = 4, PAGE_NEW = 8 };

/* A page without its flags. */
static inline phys_addr_t page_frame(uint64_t entry)
{
    return ALIGN_DOWN(entry, PAGE_SIZE);
}

/* Adds a new page, with any content. ERROR_OUT_OF_FRAMES, and what the owner's add() says. */
enum error page_store_add(struct page_cache *cache, uint64_t index, unsigned flags,
                          phys_addr_t *frame);

/* Frees the first page from *index on, and sets *index behind it. False: there was none. */
bool page_store_remove(struct page_cache *cache, uint64_t *index);

/* The page as it is in the file; a page that is nowhere is zeros. With a store it may wait, and
 * reads pages ahead when the file is read front to back. */
enum error page_store_get(struct page_cache *cache, uint64_t index, phys_addr_t *frame);

/* Notes that the page is newer than the store. */
void page_store_make_dirty(struct page_cache *cache, uint64_t index);

/* In a long loop over pages, which are counted from 1 on: lets other threads run after every so
 * many. May wait. */
enum { PAGES_BETWEEN_YIELDS = 64 };
static inline void page_store_yield_at(unsigned pages)
{
    if (pages % PAGES_BETWEEN_YIELDS == 0 && thread_current())
        thread_yield();
}

#endif
