/*
 * A bump allocator: the next block lies where the last one ended. It fails by design where one
 * block outlives many others, for memory comes back in two cases only: when the last block is freed
 * (the next one goes there again), and when no block is live any more (everything starts afresh).
 * In return nothing is cheaper.
 *
 * The word in front of a block is its header: the address where the block after it can be, every
 * bit inverted, and in a dead block the lowest bit inverted once more. An inverted kernel address
 * is no kernel address, so a program does not have such words lying about; so every free can be
 * checked by the header alone:
 *
 *     - where no header can be, outside the memory in use: foreign, or free
 *     - the word is not a header: not a block. (Neither does an address inside a block ever find
 *       the header of a former one: a header that falls free again is wiped, one that is left over
 *       from before a fresh start is dead.)
 *     - the header is a dead block's: freed twice
 *
 * What is not caught is a header that was forged, and, as with any allocator, a pointer to a former
 * block where by now another one lives.
 *
 * The blocks, live and dead, lie without gaps from the first one to `next`; what an alignment skips
 * becomes a dead block. While no block is dead, as with frees in the reverse order of allocation, a
 * free need not ask whether any is live: `next` is back at the start when none is. After another
 * free somebody has to look, from the start to the first live block; the dead ones that are passed
 * on the way become one, so that no step is made twice.
 */
#include <assert.h>
#include <mm/bump.h>

#define HEADER_SIZE sizeof(uint64_t)
#define LIVE_BIT    UINT64_C(1) /* in a header: set, for addresses of blocks are even */

enum {
    COMMIT_STEP = 16, /* pages that are committed at once, if there are as many */
    KEPT_PAGES = 16,  /* stay committed after `next` when others are given back */
};

static struct bump *heap_of(struct allocator *allocator)
{
    return CONTAINER_OF(allocator, struct bump, allocator);
}

/* --- Headers -------------------------------------------------------------------------------- */

/* Through memcpy, for a block that somebody wants freed may be any address. */
static uint64_t read_header(virt_addr_t block)
{
    uint64_t header;
    __builtin_memcpy(&header, (const char *)block - HEADER_SIZE, sizeof(header));
    return header;
}

static void write_header(virt_addr_t block, uint64_t header)
{
    __builtin_memcpy((char *)block - HEADER_SIZE, &header, sizeof(header));
}

/* Where the block after one of `size` bytes can be. */
static virt_addr_t end_of(virt_addr_t block, size_t size)
{
    return ALIGN_UP(block + size + HEADER_SIZE, ALLOCATOR_ALIGNMENT);
}

static virt_addr_t read_end(virt_addr_t block)
{
    return ~(read_header(block) | LIVE_BIT);
}

static bool is_live(virt_addr_t block)
{
    return read_header(block) & LIVE_BIT;
}

static void write_live(virt_addr_t block, virt_addr_t end)
{
    write_header(block, ~end);
}

static void write_dead(virt_addr_t block, virt_addr_t end)
{
    write_header(block, ~end & ~LIVE_BIT);
}

/* May `block`, an address from where headers can be, be a block, to judge by its header? Says where
 * it ends, then. */
static bool find_end(const struct bump *heap, virt_addr_t block, virt_addr_t *end)
{
    *end = read_end(block);
    return IS_ALIGNED(block | *end, ALLOCATOR_ALIGNMENT) && *end > block && *end <= heap->next;
}

static enum block_state inspect(struct allocator *allocator, const void *pointer, size_t *usable)
{
    struct bump *heap = heap_of(allocator);
    virt_addr_t block = (virt_addr_t)pointer, end;
    if (block - heap->heap.base >= heap->heap.size)
        return BLOCK_FOREIGN;
    if (block >= heap->next)
        return BLOCK_FREE;
    if (block < heap->first || !find_end(heap, block, &end))
        return BLOCK_INSIDE;
    *usable = end - HEADER_SIZE - block;
    return is_live(block) ? BLOCK_LIVE : BLOCK_FREE;
}

/* --- Committing ----------------------------------------------------------------------------- */

/* After `committed` or `dead` has changed. */
static void set_bounds(struct bump *heap)
{
    size_t committed = heap->heap.committed, slack = HEADER_SIZE + ALLOCATOR_ALIGNMENT;
    heap->limit = committed ? heap->heap.base + committed - slack : 0;
    heap->quick = heap->first + (committed > KEPT_PAGES * PAGE_SIZE * 2 ? committed / 2 : 0);
    heap->reach = heap->dead == 0 && committed ? heap->heap.base + committed - heap->quick : 0;
}

/* Has everything below `end` committed. */
static enum error reach_to(struct bump *heap, virt_addr_t end)
{
    size_t bytes = end - heap->heap.base;
    if (bytes <= heap->heap.committed)
        return OK;
    size_t generous = MIN(heap->heap.committed + COMMIT_STEP * PAGE_SIZE, heap->heap.size);
    enum error error = ERROR_FULL;
    if (bytes < generous)
        error = extent_reach(&heap->arena, &heap->heap, generous);
    if (error != OK)
        error = extent_reach(&heap->arena, &heap->heap, bytes);
    set_bounds(heap);
    return error;
}

static void trim(struct allocator *allocator)
{
    struct bump *heap = heap_of(allocator);
    size_t bytes = heap->next == heap->first ? 0 : heap->next - heap->heap.base;
    extent_shrink(&heap->arena, &heap->heap, bytes);
    set_bounds(heap);
}

/* --- Allocating ----------------------------------------------------------------------------- */

static void *allocate_aligned(struct allocator *allocator, size_t size, size_t alignment)
{
    ASSERT(alignment > 0 && IS_ALIGNED(PAGE_SIZE, alignment));
    struct bump *heap = heap_of(allocator);
    if (size >= heap->heap.size)
        return NULL;
    virt_addr_t block = ALIGN_UP(heap->next, MAX(alignment, (size_t)ALLOCATOR_ALIGNMENT));
    virt_addr_t end = end_of(block, size);
    if (end - heap->heap.base > heap->heap.size || reach_to(heap, end) != OK)
        return NULL;

    if (block > heap->next) {
        write_dead(heap->next, block);
        heap->dead++;
        set_bounds(heap);
    }
    write_live(block, end);
    heap->next = end;
    return (void *)block;
}

static SLOW_PATH void *allocate_slowly(struct bump *heap, size_t size)
{
    return allocate_aligned(&heap->allocator, size, ALLOCATOR_ALIGNMENT);
}

static void *allocate(struct allocator *allocator, size_t size)
{
    struct bump *heap = heap_of(allocator);
    virt_addr_t block = heap->next, end;
    if (__builtin_add_overflow(block, size, &end) || end > heap->limit)
        return allocate_slowly(heap, size);
    end = end_of(block, size);
    write_live(block, end);
    heap->next = end;
    return (void *)block;
}

/* --- Freeing -------------------------------------------------------------------------------- */

/* Makes one dead block of those before the first live one; without a live one, a fresh start. Where
 * more than half of the memory has become free, it is given back. */
static void merge_dead(struct bump *heap)
{
    virt_addr_t end = heap->first;
    size_t merged = 0;
    for (; end < heap->next && !is_live(end); merged++)
        end = read_end(end);
    if (merged > 1) {
        write_dead(heap->first, end);
        heap->dead -= merged - 1;
    }
    heap->oldest = end;
    if (end == heap->next) {
        heap->next = heap->oldest = heap->first;
        heap->dead = 0;
    }
    size_t used = heap->next - heap->heap.base;
    if (used < heap->heap.committed / 2)
        extent_shrink(&heap->arena, &heap->heap, used + KEPT_PAGES * PAGE_SIZE);
    set_bounds(heap);
}

static void bury(struct bump *heap, void *pointer, const void *caller)
{
    virt_addr_t block = (virt_addr_t)pointer;
    size_t usable;
    if (inspect(&heap->allocator, pointer, &usable) != BLOCK_LIVE)
        allocator_bad_free(&heap->allocator, pointer, caller);
    if (read_end(block) == heap->next) {
        heap->next = block;
        write_header(block, 0);
    } else {
        write_dead(block, read_end(block));
        heap->dead++;
    }
    merge_dead(heap);
}

/* Any free; quick while there are dead blocks already, and the oldest live block stays. */
static SLOW_PATH void deallocate_slowly(struct bump *heap, void *pointer, const void *caller)
{
    virt_addr_t block = (virt_addr_t)pointer, end;
    if (!pointer)
        return;
    if (heap->dead > 0 && block - heap->first < heap->next - heap->first &&
        find_end(heap, block, &end) && is_live(block) && end != heap->next &&
        block != heap->oldest) {
        write_dead(block, end);
        heap->dead++;
        return;
    }
    bury(heap, pointer, caller);
}

/* The last block, while no block is dead and the others fill half of the memory: so a heap that is
 * freed backwards comes by deallocate_slowly() now and then, and is given back piece by piece. */
static void deallocate(struct allocator *allocator, void *pointer)
{
    struct bump *heap = heap_of(allocator);
    virt_addr_t block = (virt_addr_t)pointer;
    if (block - heap->quick < heap->reach && read_header(block) == ~heap->next) {
        heap->next = block;
        write_header(block, 0);
        return;
    }
    deallocate_slowly(heap, pointer, __builtin_return_address(0));
}

/* --- Looking -------------------------------------------------------------------------------- */

static void walk(struct allocator *allocator, region_visitor visit, void *context)
{
    struct bump *heap = heap_of(allocator);
    struct region region = {.start = heap->first - HEADER_SIZE};
    for (virt_addr_t block = heap->first, end; block < heap->next; block = end) {
        end = read_end(block);
        region.size = HEADER_SIZE;
        region.state = REGION_BOOKKEEPING;
        visit(context, &region);
        region.start += region.size;
        region.size = end - HEADER_SIZE - block;
        region.state = is_live(block) ? REGION_LIVE : REGION_FREE;
        visit(context, &region);
        region.start += region.size;
    }
    if (heap->heap.committed == 0)
        return;
    region.size = heap->heap.base + heap->heap.committed - region.start;
    region.state = REGION_FREE;
    visit(context, &region);
}

static void check(struct allocator *allocator)
{
    struct bump *heap = heap_of(allocator);
    size_t dead = 0;
    for (virt_addr_t block = heap->first; block < heap->next; block = read_end(block)) {
        virt_addr_t end = read_end(block);
        ASSERT(end > block && end <= heap->next && IS_ALIGNED(end, ALLOCATOR_ALIGNMENT));
        dead += !is_live(block);
    }
    ASSERT(dead == heap->dead);
    ASSERT(heap->oldest == heap->first || is_live(heap->oldest));
    ASSERT(heap->next == heap->first || heap->next <= heap->heap.base + heap->heap.committed);
    ASSERT(heap->reach == 0 || heap->dead == 0);
    ASSERT(heap->arena.committed == heap->heap.committed);
}

enum error bump_init(struct bump *heap, const struct arena *arena)
{
    if (arena->size < PAGE_SIZE)
        return ERROR_INVALID;
    ASSERT(IS_ALIGNED(arena->base | arena->size, PAGE_SIZE));
    *heap = (struct bump){
        .allocator =
            {
                .allocate = allocate,
                .free = deallocate,
                .allocate_aligned = allocate_aligned,
                .inspect = inspect,
                .trim = trim,
                .check = check,
                .walk = walk,
                .name = "bump",
                .arena = &heap->arena,
            },
        .arena = *arena,
        .heap = {.base = arena->base, .size = arena->size},
        .first = arena->base + ALLOCATOR_ALIGNMENT,
        .next = arena->base + ALLOCATOR_ALIGNMENT,
        .oldest = arena->base + ALLOCATOR_ALIGNMENT,
    };
    return OK;
}
