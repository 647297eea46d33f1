/*
 * A map of the addresses where live blocks begin: a bit for each 16 bytes of a heap. It says
 * exactly whether an address may be freed. A header in the heap cannot: it may be stale or
 * overwritten.
 */
#ifndef MM_ALTERNATIVES_LIVE_MAP_H
#define MM_ALTERNATIVES_LIVE_MAP_H

#include <mm/allocator.h>

struct live_map {
    virt_addr_t base;     /* of the heap */
    uint64_t *bits;       /* committed as far as live blocks have ever reached */
    struct extent extent; /* the memory of `bits` */
};

/* How many bytes of map, whole pages, go with `bytes` bytes of heap. */
static inline size_t live_map_size(size_t bytes)
{
    return ALIGN_UP(bytes / ALLOCATOR_ALIGNMENT / 8, PAGE_SIZE);
}

/* The map for the heap at `base` lies at `bits`; no block is live, and nothing committed. */
void live_map_init(struct live_map *map, virt_addr_t base, virt_addr_t bits, size_t size);

/* Commits the map up to the bit for `block`. Must be called before the block becomes live. */
enum error live_map_reach(struct live_map *map, struct arena *arena, virt_addr_t block);

/* No block from `end` on is live: decommits the part for them, if it is more than `slack`
 * bytes. */
void live_map_shrink(struct live_map *map, struct arena *arena, virt_addr_t end, size_t slack);

/* Is the block at this address live? It may be any address. */
static inline bool live_map_has(const struct live_map *map, virt_addr_t block)
{
    size_t bit = (block - map->base) / ALLOCATOR_ALIGNMENT;
    return IS_ALIGNED(block, ALLOCATOR_ALIGNMENT) && bit / 8 < map->extent.committed &&
           map->bits[bit / 64] >> bit % 64 & 1;
}

/* Makes a block live that is not, and a live one not live. */
static inline void live_map_flip(struct live_map *map, virt_addr_t block)
{
    size_t bit = (block - map->base) / ALLOCATOR_ALIGNMENT;
    map->bits[bit / 64] ^= UINT64_C(1) << bit % 64;
}

#endif
