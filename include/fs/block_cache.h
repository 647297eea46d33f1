/*
 * Single blocks of a disk in memory, for a file system's own tables. What files contain is in their
 * page caches instead, and never here: so no block is in memory twice.
 *
 * A block that was changed is dirty, and is written when its owner says so. The owner gives each
 * dirty block a stage, and has the stages written one after the other.
 *
 * In threads; functions that may wait say so.
 */
#ifndef FS_BLOCK_CACHE_H
#define FS_BLOCK_CACHE_H

#include <drivers/block/block.h>
#include <lib/list.h>

enum { BLOCK_CACHE_BUCKETS = 512, BLOCK_CACHE_STAGES = 4 };

struct block_cache {
    struct block_device *device; /* the owner has a reference */
    uint32_t size;               /* of a block; the device's or a multiple, at most a page */
    struct list blocks;          /* the clean ones, the latest used ones first */
    struct list dirty[BLOCK_CACHE_STAGES];
    struct list buckets[BLOCK_CACHE_BUCKETS];
    size_t count;
    struct list_node node; /* among all caches */
};

struct cached_block {
    uint8_t *bytes;
    /* block_cache.c's */
    struct block_cache *cache;
    uint64_t block;
    size_t references;
    bool is_read; /* else it is on its way */
    bool is_dirty;
    unsigned stage; /* of a dirty one */
    enum error error;
    struct event ready;
    struct list_node in_bucket, in_order;
};

/* Makes an empty cache of blocks of `size` bytes. */
void block_cache_init(struct block_cache *cache, struct block_device *device, uint32_t size);

/* Forgets all blocks, also the dirty ones. None is referenced. */
void block_cache_end(struct block_cache *cache);

/* Reads a block unless it is there, and adds a reference. ERROR_DEVICE, ERROR_INVALID: it is not on
 * the disk; ERROR_OUT_OF_FRAMES. May wait. */
enum error block_cache_get(struct block_cache *cache, uint64_t block, struct cached_block **found);

/* The same for a block whose content on the disk does not matter: it is all zeros. Not dirty if it
 * was not before. */
enum error block_cache_make(struct block_cache *cache, uint64_t block, struct cached_block **made);

/* Drops a reference. */
void block_cache_put(struct cached_block *cached);

/* Notes that the block, to which the caller has a reference, was changed. A block that is dirty
 * already keeps the lower stage of both. */
void block_cache_change(struct cached_block *cached, unsigned stage);

/* Notes that the block is free: what was changed in it is not written. */
void block_cache_drop(struct block_cache *cache, uint64_t block);

/* Writes the dirty blocks of a stage. Nobody changes blocks meanwhile. *wrote: there were some.
 * Returns the first error; then these blocks stay dirty. May wait. */
enum error block_cache_write(struct block_cache *cache, unsigned stage, bool *wrote);

/* Copies `size` bytes from byte `offset` of the disk on. They lie within one block. Errors as
 * block_cache_get(). May wait. */
enum error block_cache_read(struct block_cache *cache, uint64_t offset, void *to, size_t size);

/* Frees up to so many frames of clean blocks of all caches, and returns how many. Does not wait. */
size_t block_caches_give_up(size_t wanted);

#endif
