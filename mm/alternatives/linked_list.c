/*
 * Blocks of any size, the free ones on linked lists (mm/alternatives/free_lists.c). At the start
 * the whole arena is one free block. Allocating splits a block; freeing coalesces it with both of
 * its neighbours if they are free, so that no two free blocks ever touch.
 *
 * To coalesce small blocks only to split them again would take most of the time. So freed blocks of
 * up to 4 KiB go onto quick lists, one for each size, and are allocated again as they are.
 * Meanwhile they do not count as free when a neighbour is coalesced. When an eighth of all memory
 * is on quick lists, the next freed blocks are coalesced at once; when memory is out, the quick
 * lists are emptied.
 *
 * Free memory is given back page by page: a free block may have a hole, whole pages in it that are
 * not committed (mm/alternatives/holes.c).
 *
 * A free is checked against a map of the addresses where live blocks begin
 * (mm/alternatives/live_map.c), which is exact: double, invalid and foreign frees are always
 * caught. A write beyond a block's end damages the next header: an ASSERT finds that when the block
 * is coalesced, or in check().
 *
 * The costs: 8 bytes a block and 1/128 of the memory for the map; small live blocks keep large free
 * ones from coalescing; and free blocks are written to.
 */
#include <assert.h>
#include <mm/alternatives/holes.h>
#include <mm/alternatives/linked_list.h>
#include <mm/alternatives/live_map.h>

enum {
    KEPT_PAGES = 8,            /* stay committed at the start of a free block */
    SLACK_PAGES = 16,          /* may be committed on either side of a hole */
    QUICK_SHARE = 8,           /* all memory divided by this may be on quick lists */
    QUICK_LARGEST = 4096 + 16, /* the largest blocks there, header included */
};

#define QUICK_MIN KIB(256) /* this much may always be on quick lists */
#define MAP_SLACK KIB(64)  /* the map may be this much larger than necessary */

/* Lies at the start of its arena. */
struct linked_list_heap {
    struct allocator allocator;
    struct arena arena;
    virt_addr_t first; /* the first block */
    virt_addr_t end;   /* where a block after the last one would be; page-aligned */
    struct live_map live;
    struct free_lists free;
    size_t quick_bytes; /* the size of all blocks on quick lists */
    struct free_block *quick[QUICK_LARGEST / ALLOCATOR_ALIGNMENT + 1]; /* by size */
};

#define FIRST_BLOCK \
    ALIGN_UP(sizeof(struct linked_list_heap) + BLOCK_HEADER_SIZE, ALLOCATOR_ALIGNMENT)

_Static_assert(FIRST_BLOCK + sizeof(struct free_block) <= PAGE_SIZE, "one page is committed");

static struct linked_list_heap *heap_of(struct allocator *allocator)
{
    return CONTAINER_OF(allocator, struct linked_list_heap, allocator);
}

/* --- Splitting and coalescing --------------------------------------------------------------- */

/* Makes one free block of the bytes from `block` to the block at `end`. */
static void make_free(struct linked_list_heap *heap, virt_addr_t block, virt_addr_t end,
                      struct hole hole)
{
    ASSERT(end - block >= BLOCK_SMALLEST);
    *block_header(block) = (end - block) | BLOCK_FLAG_FREE;
    block_as_free(block)->hole = hole;
    *block_size_before(end) = end - block;
    *block_header(end) |= BLOCK_FLAG_PREVIOUS_FREE;
    free_lists_add(&heap->free, block);
}

/* Makes a live block of `size` bytes, header included, at `at` in the free block `block`; what is
 * left of that before and after it, if it is enough for a block, is free. NULL: memory is out. */
static void *split(struct linked_list_heap *heap, virt_addr_t block, virt_addr_t at, size_t size)
{
    virt_addr_t end = block_next(block), rest = at + size;
    ASSERT(block_has(block, BLOCK_FLAG_FREE));
    ASSERT(rest <= end);
    if (end - rest < BLOCK_SMALLEST)
        rest = end;
    virt_addr_t touched = rest < end ? rest + sizeof(struct free_block) : end;
    if (live_map_reach(&heap->live, &heap->arena, at) != OK ||
        hole_fill(&heap->arena, block, touched) != OK)
        return NULL;

    struct hole hole = block_as_free(block)->hole;
    free_lists_remove(&heap->free, block);
    *block_header(at) = rest - at;
    if (at > block)
        make_free(heap, block, at, (struct hole){0});
    if (rest < end)
        make_free(heap, rest, end, hole);
    else
        *block_header(end) &= ~(size_t)BLOCK_FLAG_PREVIOUS_FREE;
    live_map_flip(&heap->live, at);
    return (void *)at;
}

/* Makes a block free, together with its neighbours if they are. */
static void coalesce(struct linked_list_heap *heap, virt_addr_t block)
{
    struct hole hole = {0};
    virt_addr_t start = block, end = block_next(block);
    ASSERT(end - block >= BLOCK_SMALLEST);
    ASSERT(end <= heap->end);
    if (block_has(block, BLOCK_FLAG_PREVIOUS_FREE)) {
        start -= *block_size_before(block);
        ASSERT(start >= heap->first);
        ASSERT(block_next(start) == block);
        free_lists_remove(&heap->free, start);
        hole = block_as_free(start)->hole;
    }
    if (block_has(end, BLOCK_FLAG_FREE)) {
        virt_addr_t next = end;
        free_lists_remove(&heap->free, next);
        end = block_next(next);
        hole = hole_join(&heap->arena, hole, block_as_free(next)->hole); /* may decommit `next` */
    }
    make_free(heap, start, end, hole);
    hole_punch(&heap->arena, start, KEPT_PAGES, SLACK_PAGES);
    if (end == heap->end)
        live_map_shrink(&heap->live, &heap->arena, start, MAP_SLACK);
}

/* --- Quick lists ---------------------------------------------------------------------------- */

static void flush_quick_lists(struct linked_list_heap *heap)
{
    for (size_t list = 0; list < ARRAY_SIZE(heap->quick); list++) {
        for (struct free_block *block; (block = heap->quick[list]);) {
            heap->quick[list] = block->next;
            coalesce(heap, (virt_addr_t)block);
        }
    }
    heap->quick_bytes = 0;
}

static void trim(struct allocator *allocator)
{
    struct linked_list_heap *heap = heap_of(allocator);
    flush_quick_lists(heap);
    virt_addr_t last = heap->first;
    for (virt_addr_t block = heap->first; block < heap->end; block = block_next(block)) {
        if (block_has(block, BLOCK_FLAG_FREE))
            hole_punch(&heap->arena, block, 0, 0);
        else
            last = block_next(block);
    }
    live_map_shrink(&heap->live, &heap->arena, last, 0);
}

static bool may_be_quick(const struct linked_list_heap *heap)
{
    return heap->quick_bytes < QUICK_MIN || heap->quick_bytes < heap->arena.committed / QUICK_SHARE;
}

/* --- Allocating and freeing ----------------------------------------------------------------- */

static size_t size_with_header(size_t size)
{
    return MAX(ALIGN_UP(size + BLOCK_HEADER_SIZE, ALLOCATOR_ALIGNMENT), BLOCK_SMALLEST);
}

static void *allocate_once(struct linked_list_heap *heap, size_t size, size_t alignment)
{
    /* Skipping to an aligned address leaves either nothing or a free block. */
    size_t skip = alignment > ALLOCATOR_ALIGNMENT ? alignment + BLOCK_SMALLEST : 0;
    virt_addr_t block = free_lists_search(&heap->free, size + skip);
    if (!block)
        return NULL;
    virt_addr_t at = ALIGN_UP(block, alignment);
    while (at != block && at - block < BLOCK_SMALLEST)
        at += alignment;
    return split(heap, block, at, size);
}

/* Empties the quick lists and gives idle memory back before it fails. */
static void *allocate_aligned(struct allocator *allocator, size_t size, size_t alignment)
{
    ASSERT(alignment > 0);
    ASSERT(IS_ALIGNED(PAGE_SIZE, alignment));
    struct linked_list_heap *heap = heap_of(allocator);
    if (size > heap->end - heap->first)
        return NULL;
    size = size_with_header(size);
    alignment = MAX(alignment, (size_t)ALLOCATOR_ALIGNMENT);
    void *block = allocate_once(heap, size, alignment);
    if (!block) {
        trim(allocator);
        block = allocate_once(heap, size, alignment);
    }
    return block;
}

static NOINLINE void *allocate_slowly(struct linked_list_heap *heap, size_t size)
{
    return allocate_aligned(&heap->allocator, size, ALLOCATOR_ALIGNMENT);
}

static void *allocate(struct allocator *allocator, size_t size)
{
    struct linked_list_heap *heap = heap_of(allocator);
    if (size <= QUICK_LARGEST - BLOCK_HEADER_SIZE) {
        size_t whole = size_with_header(size);
        struct free_block *block = heap->quick[whole / ALLOCATOR_ALIGNMENT];
        if (block) {
            heap->quick[whole / ALLOCATOR_ALIGNMENT] = block->next;
            heap->quick_bytes -= whole;
            live_map_flip(&heap->live, (virt_addr_t)block);
            return block;
        }
    }
    return allocate_slowly(heap, size);
}

static NOINLINE void free_slowly(struct linked_list_heap *heap, void *pointer, const void *caller)
{
    virt_addr_t block = (virt_addr_t)pointer;
    if (!pointer)
        return;
    if (!live_map_has(&heap->live, block))
        allocator_bad_free(&heap->allocator, pointer, caller);
    live_map_flip(&heap->live, block);
    coalesce(heap, block);
}

static void deallocate(struct allocator *allocator, void *pointer)
{
    struct linked_list_heap *heap = heap_of(allocator);
    virt_addr_t block = (virt_addr_t)pointer;
    if (live_map_has(&heap->live, block) && block_size(block) <= QUICK_LARGEST &&
        may_be_quick(heap)) {
        size_t size = block_size(block);
        live_map_flip(&heap->live, block);
        block_as_free(block)->next = heap->quick[size / ALLOCATOR_ALIGNMENT];
        heap->quick[size / ALLOCATOR_ALIGNMENT] = block_as_free(block);
        heap->quick_bytes += size;
        return;
    }
    free_slowly(heap, pointer, __builtin_return_address(0));
}

/* --- Looking -------------------------------------------------------------------------------- */

static enum block_state inspect(struct allocator *allocator, const void *pointer, size_t *usable)
{
    struct linked_list_heap *heap = heap_of(allocator);
    virt_addr_t address = (virt_addr_t)pointer;
    if (address - allocator->arena->base >= allocator->arena->size)
        return BLOCK_FOREIGN;
    if (live_map_has(&heap->live, address)) {
        *usable = block_size(address) - BLOCK_HEADER_SIZE;
        return BLOCK_LIVE;
    }
    for (virt_addr_t block = heap->first; block < heap->end; block = block_next(block)) {
        if (address >= block && address < block_next(block) - BLOCK_HEADER_SIZE)
            return live_map_has(&heap->live, block) ? BLOCK_INSIDE : BLOCK_FREE;
    }
    return BLOCK_INSIDE;
}

static void walk(struct allocator *allocator, region_visitor visit, void *context)
{
    struct linked_list_heap *heap = heap_of(allocator);
    for (virt_addr_t block = heap->first; block < heap->end; block = block_next(block)) {
        virt_addr_t end = block_next(block) - BLOCK_HEADER_SIZE;
        struct hole hole = {.start = end, .end = end};
        if (block_has(block, BLOCK_FLAG_FREE) && !hole_is_empty(block_as_free(block)->hole))
            hole = block_as_free(block)->hole;
        bool live = live_map_has(&heap->live, block);
        region_show(visit, context, block - BLOCK_HEADER_SIZE, block, REGION_BOOKKEEPING);
        region_show(visit, context, block, hole.start, live ? REGION_LIVE : REGION_FREE);
        if (block_next(block) == heap->end && !hole_is_empty(hole))
            return; /* after the hole only the page of the end is committed, up to 16 TiB away */
        region_show(visit, context, hole.start, hole.end, REGION_HOLE);
        region_show(visit, context, hole.end, end, REGION_FREE);
    }
}

static size_t count_quick(const struct linked_list_heap *heap)
{
    size_t bytes = 0;
    for (size_t list = 0; list < ARRAY_SIZE(heap->quick); list++) {
        for (struct free_block *block = heap->quick[list]; block; block = block->next) {
            ASSERT(block_size((virt_addr_t)block) == list * ALLOCATOR_ALIGNMENT);
            bytes += list * ALLOCATOR_ALIGNMENT;
        }
    }
    return bytes;
}

static void check(struct allocator *allocator)
{
    struct linked_list_heap *heap = heap_of(allocator);
    bool previous_free = false;
    size_t quick_bytes = 0;
    virt_addr_t block = heap->first;
    for (; block < heap->end; block = block_next(block)) {
        bool free = block_has(block, BLOCK_FLAG_FREE);
        ASSERT(block_size(block) >= BLOCK_SMALLEST);
        ASSERT(block_size(block) <= heap->end - block);
        ASSERT(block_has(block, BLOCK_FLAG_PREVIOUS_FREE) == previous_free);
        ASSERT(!(free && previous_free));
        ASSERT(!(free && live_map_has(&heap->live, block)));
        if (free) {
            free_lists_check(&heap->free, block);
            hole_check(block);
        } else if (!live_map_has(&heap->live, block)) {
            quick_bytes += block_size(block);
        }
        previous_free = free;
    }
    ASSERT(block == heap->end);
    ASSERT(block_has(block, BLOCK_FLAG_PREVIOUS_FREE) == previous_free);
    ASSERT(quick_bytes == heap->quick_bytes);
    ASSERT(quick_bytes == count_quick(heap));
}

/* The arena holds the instance, the blocks and the map, in this order. */
enum error linked_list_create(const struct arena *given, struct allocator **allocator)
{
    struct arena arena = *given;
    size_t map_size = live_map_size(arena.size);
    ASSERT(IS_ALIGNED(arena.base | arena.size, PAGE_SIZE));
    ASSERT(arena.size <= FREE_LISTS_LARGEST);
    if (arena.size < map_size + 2 * PAGE_SIZE)
        return ERROR_INVALID;
    virt_addr_t end = arena.base + arena.size - map_size;
    struct hole hole = {.start = arena.base + PAGE_SIZE, .end = end - PAGE_SIZE};
    if (arena_commit(&arena, arena.base, 1) != OK)
        return ERROR_OUT_OF_FRAMES;
    if (arena_commit(&arena, hole.end, 1) != OK) {
        arena_decommit(&arena, arena.base, 1);
        return ERROR_OUT_OF_FRAMES;
    }
    struct linked_list_heap *heap = (struct linked_list_heap *)arena.base;
    *heap = (struct linked_list_heap){
        .allocator =
            {
                .allocate = allocate,
                .free = deallocate,
                .allocate_aligned = allocate_aligned,
                .inspect = inspect,
                .trim = trim,
                .check = check,
                .walk = walk,
                .name = "linked_list",
                .arena = &heap->arena,
            },
        .arena = arena,
        .first = arena.base + FIRST_BLOCK,
        .end = end,
    };
    live_map_init(&heap->live, heap->first, end, map_size);
    *block_header(end) = 0;
    make_free(heap, heap->first, end, hole);
    *allocator = &heap->allocator;
    return OK;
}
