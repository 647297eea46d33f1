/*
 * Code that all allocators share: it counts an arena's committed pages, reports a bad free, and
 * computes statistics and a picture of a heap from a walk through its regions. An allocation that
 * finds a free block runs none of it.
 */
#include <assert.h>
#include <kernel/log/panic.h>
#include <kernel/log/symbols.h>
#include <mm/allocator.h>

/* --- Committing ----------------------------------------------------------------------------- */

enum error arena_commit(struct arena *arena, virt_addr_t start, size_t pages)
{
    ASSERT(IS_ALIGNED(start, PAGE_SIZE));
    ASSERT(start - arena->base + pages * PAGE_SIZE <= arena->size);

    enum error error = arena->commit(arena->context, start, pages);
    if (error == OK) {
        arena->committed += pages * PAGE_SIZE;
        arena->peak = MAX(arena->peak, arena->committed);
    }
    return error;
}

void arena_decommit(struct arena *arena, virt_addr_t start, size_t pages)
{
    ASSERT(IS_ALIGNED(start, PAGE_SIZE));
    ASSERT(start >= arena->base);
    ASSERT(pages * PAGE_SIZE <= arena->committed);

    arena->decommit(arena->context, start, pages);
    arena->committed -= pages * PAGE_SIZE;
}

enum error extent_reach(struct arena *arena, struct extent *extent, size_t bytes)
{
    if (bytes <= extent->committed)
        return OK;
    ASSERT(bytes <= extent->size);
    size_t wanted = ALIGN_UP(bytes, PAGE_SIZE);

    enum error error = arena_commit(arena, extent->base + extent->committed,
                                    (wanted - extent->committed) / PAGE_SIZE);
    if (error == OK)
        extent->committed = wanted;
    return error;
}

void extent_shrink(struct arena *arena, struct extent *extent, size_t bytes)
{
    size_t kept = ALIGN_UP(bytes, PAGE_SIZE);
    if (kept >= extent->committed)
        return;
    arena_decommit(arena, extent->base + kept, (extent->committed - kept) / PAGE_SIZE);
    extent->committed = kept;
}

/* --- Regions -------------------------------------------------------------------------------- */

void region_show(region_visitor visit, void *context, virt_addr_t start, virt_addr_t end,
                 enum region_state state)
{
    if (start < end)
        visit(context, &(struct region){.start = start, .size = end - start, .state = state});
}

/* --- Bad frees ------------------------------------------------------------------------------ */

void allocator_bad_free(struct allocator *allocator, const void *block, const void *caller)
{
    size_t usable;
    const struct symbol_place place = symbol_place((virt_addr_t)caller);
    switch (allocator->inspect(allocator, block, &usable)) {
    case BLOCK_FREE:
        PANIC("heap: double free of %p, called from %s", block, place.text);
    case BLOCK_INSIDE:
        PANIC("heap: free of %p, which is not a block's start, called from %s", block, place.text);
    case BLOCK_FOREIGN:
        PANIC("heap: free of foreign address %p, called from %s", block, place.text);
    case BLOCK_LIVE:
        break;
    }
    PANIC("heap: free of %p refused although it is live, called from %s", block, place.text);
}

/* --- Statistics ----------------------------------------------------------------------------- */

static void count_region(void *context, const struct region *region)
{
    struct allocator_stats *stats = context;
    if (region->state == REGION_LIVE) {
        stats->live_blocks++;
        stats->live_bytes += region->size;
    } else if (region->state == REGION_FREE) {
        stats->free_bytes += region->size;
    }
}

void allocator_stats(struct allocator *allocator, struct allocator_stats *stats)
{
    *stats = (struct allocator_stats){
        .committed_bytes = allocator->arena->committed,
        .peak_bytes = allocator->arena->peak,
    };
    allocator->walk(allocator, count_region, stats);
    ASSERT(stats->live_bytes + stats->free_bytes <= stats->committed_bytes);
}

/* --- The picture ---------------------------------------------------------------------------- */

struct bounds {
    virt_addr_t start;
    virt_addr_t end; /* of the last committed region; 0: there is none */
};

static void widen_bounds(void *context, const struct region *region)
{
    struct bounds *bounds = context;
    if (bounds->start == 0)
        bounds->start = region->start;
    if (region->state != REGION_HOLE)
        bounds->end = region->start + region->size;
}

struct picture {
    void (*emit)(void *context, char cell);
    void *context;
    size_t cells;       /* still to be drawn */
    size_t cell_size;   /* in bytes */
    size_t drawn;       /* bytes of the heap that are accounted for */
    size_t live, empty; /* bytes of the cell that is being filled: live, free */
};

static char cell_character(const struct picture *picture)
{
    if (picture->live == 0)
        return picture->empty ? '.' : ' ';
    if (picture->live >= picture->cell_size)
        return '#';
    return picture->live > picture->cell_size / 2 ? '+' : '-';
}

/* Cuts the region at the ends of cells, and draws every cell that it completes. */
static void draw_region(void *context, const struct region *region)
{
    struct picture *picture = context;
    size_t left = region->size;
    while (left > 0 && picture->cells > 0) {
        size_t room = picture->cell_size - picture->drawn % picture->cell_size;
        size_t part = MIN(left, room);
        if (region->state == REGION_FREE)
            picture->empty += part;
        else if (region->state != REGION_HOLE)
            picture->live += part;
        left -= part;
        picture->drawn += part;
        if (part < room)
            break;
        picture->emit(picture->context, cell_character(picture));
        picture->cells--;
        picture->live = picture->empty = 0;
    }
}

void allocator_picture(struct allocator *allocator, size_t cells,
                       void (*emit)(void *context, char cell), void *context)
{
    ASSERT(cells > 0);
    struct bounds bounds = {0};
    allocator->walk(allocator, widen_bounds, &bounds);

    size_t shown = bounds.end > bounds.start ? bounds.end - bounds.start : 0;
    struct picture picture = {
        .emit = emit,
        .context = context,
        .cells = cells,
        .cell_size = shown / cells + 1,
    };
    allocator->walk(allocator, draw_region, &picture);
    if (picture.cells > 0 && (picture.live || picture.empty)) {
        emit(context, cell_character(&picture));
        picture.cells--;
    }
    for (; picture.cells > 0; picture.cells--)
        emit(context, ' ');
}
