/*
 * The pages of a page cache one by one. Contexts and locks as in page_cache.h.
 */
#ifndef FS_PAGE_STORE_H
#define FS_PAGE_STORE_H

#include <fs/page_cache.h>

/* Frees the first page from *index on, and sets *index behind it. False: there was none. */
bool page_store_remove(struct page_cache *cache, uint64_t *index);

/* The page as it is in the file; a page that is nowhere is zeros. With a store it may wait. */
enum error page_store_get(struct page_cache *cache, uint64_t index, phys_addr_t *frame);

#endif
