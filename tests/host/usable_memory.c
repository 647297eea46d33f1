#include "usable_memory.h"

#include <layout.h>
#include <stdlib.h>

static bool touches(uint64_t base, uint64_t length, phys_addr_t page)
{
    return base < page + PAGE_SIZE && (length > UINT64_MAX - base || base + length > page) &&
           length;
}

/* Do available entries, perhaps several, cover the page without a gap? */
static bool covered(const struct boot_info *info, phys_addr_t page)
{
    uint64_t at = page;
    for (size_t i = 0; i < info->region_count; i++) {
        const struct memory_region *region = &info->regions[i];
        if (region->type == MEMORY_AVAILABLE && region->length <= UINT64_MAX - region->base &&
            region->base <= at && at < region->base + region->length) {
            at = region->base + region->length;
            if (at >= page + PAGE_SIZE)
                return true;
            i = (size_t)-1; /* once more from the first entry */
        }
    }
    return false;
}

bool is_usable(const struct boot_info *info, phys_addr_t page)
{
    if (page < MIB(1) || page >= DIRECT_MAP_SIZE || !covered(info, page))
        return false;
    for (size_t i = 0; i < info->region_count; i++) {
        const struct memory_region *region = &info->regions[i];
        if (region->type != MEMORY_AVAILABLE && touches(region->base, region->length, page))
            return false;
    }
    for (size_t i = 0; i < info->reserved_count; i++) {
        const struct phys_range *range = &info->reserved[i];
        if (range->start < range->end && touches(range->start, range->end - range->start, page))
            return false;
    }
    return true;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static size_t add_edge(uint64_t *edges, size_t count, uint64_t edge)
{
    edges[count] = MIN(ALIGN_DOWN(edge, PAGE_SIZE), DIRECT_MAP_SIZE);
    edges[count + 1] = MIN(edges[count] + PAGE_SIZE, DIRECT_MAP_SIZE);
    return count + 2;
}

/* Between two pages where something begins or ends, all pages are alike. */
uint64_t count_usable(const struct boot_info *info)
{
    static uint64_t edges[4 * (BOOT_MAX_REGIONS + BOOT_MAX_RESERVED) + 4];
    size_t count = add_edge(edges, 0, 0);
    count = add_edge(edges, count, DIRECT_MAP_SIZE);
    for (size_t i = 0; i < info->region_count; i++) {
        const struct memory_region *region = &info->regions[i];
        count = add_edge(edges, count, region->base);
        count = add_edge(edges, count, region->base + region->length);
    }
    for (size_t i = 0; i < info->reserved_count; i++) {
        count = add_edge(edges, count, info->reserved[i].start);
        count = add_edge(edges, count, info->reserved[i].end);
    }
    qsort(edges, count, sizeof(edges[0]), compare);
    uint64_t frames = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        phys_addr_t from = MAX(edges[i], MIB(1));
        if (from < edges[i + 1] && is_usable(info, from))
            frames += (edges[i + 1] - from) / PAGE_SIZE;
    }
    return frames;
}
