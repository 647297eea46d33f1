/*
 * The map takes 1/128 of the memory below the highest block that has ever been live: a large block,
 * too, has a bit for each 16 of its bytes. In return, a block's bit is found by a computation.
 */
#include <assert.h>
#include <lib/string.h>
#include <mm/alternatives/live_map.h>

void live_map_init(struct live_map *map, virt_addr_t base, virt_addr_t bits, size_t size)
{
    *map = (struct live_map){
        .base = base,
        .bits = (uint64_t *)bits,
        .extent = {.base = bits, .size = size},
    };
}

enum error live_map_reach(struct live_map *map, struct arena *arena, virt_addr_t block)
{
    size_t bytes = (block - map->base) / ALLOCATOR_ALIGNMENT / 8 + 1;
    size_t before = map->extent.committed;
    if (bytes <= before)
        return OK;
    enum error error = extent_reach(arena, &map->extent, bytes);
    if (error == OK)
        memset((char *)map->bits + before, 0, map->extent.committed - before);
    return error;
}

void live_map_shrink(struct live_map *map, struct arena *arena, virt_addr_t end, size_t slack)
{
    ASSERT(end >= map->base);
    size_t bytes =
        (end - map->base + ALLOCATOR_ALIGNMENT * UINT64_C(8) - 1) / ALLOCATOR_ALIGNMENT / 8;
    if (map->extent.committed > bytes + slack)
        extent_shrink(arena, &map->extent, bytes);
}
