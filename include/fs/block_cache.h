/*
 * Single blocks of a disk in memory, for a file system's own tables. What files contain is in their
 * page caches instead, and never here: so no block is in memory twice.
 *
 * In threads; what may wait says so.
 */
#ifndef FS_BLOCK_CACHE_H
#define FS_BLOCK_CACHE_H

#include <drivers/block/block.h>
#include <lib/list.h>

enum { BLOCK_CACHE_BUCKETS = 64 };

struct block_cache {
    struct block_device *device; /* the owner has a reference */
    uint32_t size;               /* of a block; the device's or a multiple, at most a page */
    struct list blocks;          /* all of them, the latest used ones first */
    struct list buckets[BLOCK_CACHE_BUCKETS];
    size_t count;
};

struct cached_block {
    uint8_t *bytes;
    /* block_cache.c's */
    uint64_t block;
    size_t references;
    bool is_read; /* else it is on its way */
    enum error error;
    struct event ready;
    struct list_node in_bucket, in_order;
};

/* Makes an empty cache of blocks of `size` bytes. */
void block_cache_init(struct block_cache *cache, struct block_device *device, uint32_t size);

/* Forgets all blocks. None is referenced. */
void block_cache_end(struct block_cache *cache);

/* Reads a block unless it is there, and adds a reference. ERROR_DEVICE, ERROR_INVALID: it is not on
 * the disk; ERROR_OUT_OF_FRAMES. May wait. */
enum error block_cache_get(struct block_cache *cache, uint64_t block, struct cached_block **found);

/* Drops the reference. */
void block_cache_put(struct cached_block *cached);

/* Copies `size` bytes from byte `offset` of the disk on. They lie within one block. Errors as
 * block_cache_get(). May wait. */
enum error block_cache_read(struct block_cache *cache, uint64_t offset, void *to, size_t size);

#endif
