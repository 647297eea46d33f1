/*
 * Reads and writes with O_DIRECT: pages that are not in memory are moved between the program and
 * the store, and stay out of the cache. A page that is in memory is used there, so everybody sees
 * the same bytes.
 *
 * In threads, with the inode locked, unless it is said otherwise. May wait.
 */
#ifndef FS_PAGE_DIRECT_H
#define FS_PAGE_DIRECT_H

#include <fs/page_cache.h>

/* As page_cache_read() and page_cache_write(), and ERROR_INVALID: the position, or the address or
 * size of a part of the buffer, is no multiple of `unit`, a power of two. */
enum error page_direct_read(struct page_cache *cache, struct buffer *buffer, uint64_t *position,
                            uint32_t unit);
enum error page_direct_write(struct page_cache *cache, struct buffer *buffer, uint64_t *position,
                             uint32_t unit);

/* After a write, without the lock: writes to the store what went into the cache all the same, and
 * forgets it there. */
enum error page_direct_end(struct page_cache *cache);

#endif
