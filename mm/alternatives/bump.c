/*
 * A bump allocator: the next block lies where the last one ended. Memory comes back in two cases
 * only: when the last block is freed (the next one is put there again), and when no block is live
 * any more (everything starts afresh). So one block that outlives many others keeps the memory of
 * all of them. In return, allocating and freeing cost the least.
 *
 * The word in front of a block is its header: the address where the next block can be, with every
 * bit inverted. A freed block that is not the last one is dead: in its header the lowest bit is
 * inverted once more. An inverted kernel address is no kernel address, so programs do not store
 * such words. Every free is checked by the header alone:
 *
 *     - no header can be there, outside the memory in use: foreign, or free
 *     - the word is not a header: not a block. (An address inside a block does not find the live
 *       header of a former block either: a freed header is wiped or marked dead.)
 *     - the header is a dead block's: freed twice
 *
 * Not caught are a header that was forged, and, as with any allocator, a pointer to a former block
 * where another one lives now.
 *
 * The blocks, live and dead, lie without gaps from the first one to `next`; the bytes that an
 * alignment skips become a dead block.
 */
#include <assert.h>
#include <mm/alternatives/bump.h>

#define HEADER_SIZE sizeof(uint64_t)
#define LIVE_BIT    UINT64_C(1) /* in a header: set, for addresses of blocks are even */
#define COMMIT_STEP KIB(64)     /* committed at a time, if the arena has that much left */
#define KEPT        KIB(64)     /* stays committed after `next` when memory is given back */

/* Lies at the start of its arena. */
struct bump_heap {
    struct allocator allocator;
    struct arena arena;
    struct extent extent; /* the whole arena */
    virt_addr_t first;    /* where the first block can be */
    virt_addr_t next;     /* where the next block can be; its header lies in front of it */
    size_t live;          /* the number of live blocks; `next` is `first` when there are none */
    virt_addr_t limit;    /* a block that ends above it may need more memory committed */
    virt_addr_t quick;    /* while `next` is at or above it, no memory is given back */
    size_t reach;         /* from `quick` to the end of what is committed */
};

#define FIRST_BLOCK ALIGN_UP(sizeof(struct bump_heap) + HEADER_SIZE, ALLOCATOR_ALIGNMENT)

static struct bump_heap *heap_of(struct allocator *allocator)
{
    return CONTAINER_OF(allocator, struct bump_heap, allocator);
}

/* --- Headers -------------------------------------------------------------------------------- */

/* Through memcpy, because an address that is to be freed may be any address. */
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

/* Does a block, live or dead, begin at `block`, judging by its header? Sets *end to where the next
 * block can be. */
static bool find_end(const struct bump_heap *heap, virt_addr_t block, virt_addr_t *end)
{
    if (block < heap->first || block >= heap->next)
        return false;
    *end = read_end(block);
    return IS_ALIGNED(block | *end, ALLOCATOR_ALIGNMENT) && *end > block && *end <= heap->next;
}

static enum block_state inspect(struct allocator *allocator, const void *pointer, size_t *usable)
{
    struct bump_heap *heap = heap_of(allocator);
    virt_addr_t block = (virt_addr_t)pointer, end;
    if (block - heap->extent.base >= heap->extent.size)
        return BLOCK_FOREIGN;
    if (block >= heap->next)
        return BLOCK_FREE;
    if (!find_end(heap, block, &end))
        return BLOCK_INSIDE;
    *usable = end - HEADER_SIZE - block;
    return is_live(block) ? BLOCK_LIVE : BLOCK_FREE;
}

/* --- Committing ----------------------------------------------------------------------------- */

/* After `extent.committed` has changed. */
static void set_bounds(struct bump_heap *heap)
{
    size_t committed = heap->extent.committed;
    virt_addr_t end = heap->extent.base + committed;
    heap->limit = end - HEADER_SIZE - ALLOCATOR_ALIGNMENT;
    heap->quick = MAX(end - committed / 2 - MIN(KEPT, committed / 2), heap->first);
    heap->reach = end - heap->quick;
}

static enum error reach_to(struct bump_heap *heap, virt_addr_t end)
{
    size_t bytes = end - heap->extent.base;
    size_t generous = MIN(heap->extent.committed + COMMIT_STEP, heap->extent.size);
    enum error error = ERROR_FULL;
    if (bytes < generous)
        error = extent_reach(&heap->arena, &heap->extent, generous);
    if (error)
        error = extent_reach(&heap->arena, &heap->extent, bytes);
    set_bounds(heap);
    return error;
}

/* Gives memory back when less than half of the committed pages are in use. */
static void give_back(struct bump_heap *heap)
{
    size_t kept = heap->next - heap->extent.base + KEPT;
    if (kept < heap->extent.committed / 2)
        extent_shrink(&heap->arena, &heap->extent, kept);
    set_bounds(heap);
}

static void trim(struct allocator *allocator)
{
    struct bump_heap *heap = heap_of(allocator);
    extent_shrink(&heap->arena, &heap->extent, heap->next - heap->extent.base);
    set_bounds(heap);
}

/* --- Allocating and freeing ----------------------------------------------------------------- */

static void *allocate_aligned(struct allocator *allocator, size_t size, size_t alignment)
{
    ASSERT(alignment > 0);
    ASSERT(IS_ALIGNED(PAGE_SIZE, alignment));
    struct bump_heap *heap = heap_of(allocator);
    if (size >= heap->extent.size)
        return NULL;
    virt_addr_t block = ALIGN_UP(heap->next, MAX(alignment, (size_t)ALLOCATOR_ALIGNMENT));
    virt_addr_t end = end_of(block, size);
    if (end - heap->extent.base > heap->extent.size || reach_to(heap, end) != OK)
        return NULL;
    if (block > heap->next)
        write_dead(heap->next, block);
    write_live(block, end);
    heap->next = end;
    heap->live++;
    return (void *)block;
}

static NOINLINE void *allocate_slowly(struct bump_heap *heap, size_t size)
{
    return allocate_aligned(&heap->allocator, size, ALLOCATOR_ALIGNMENT);
}

/* Most blocks fit into the committed pages. */
static void *allocate(struct allocator *allocator, size_t size)
{
    struct bump_heap *heap = heap_of(allocator);
    virt_addr_t block = heap->next, end;
    if (__builtin_add_overflow(block, size, &end) || end > heap->limit)
        return allocate_slowly(heap, size);
    end = end_of(block, size);
    write_live(block, end);
    heap->next = end;
    heap->live++;
    return (void *)block;
}

/* Handles any free. */
static NOINLINE void free_slowly(struct bump_heap *heap, void *pointer, const void *caller)
{
    virt_addr_t block = (virt_addr_t)pointer, end;
    if (!pointer)
        return;
    if (!find_end(heap, block, &end) || !is_live(block))
        allocator_bad_free(&heap->allocator, pointer, caller);
    if (end == heap->next) {
        write_header(block, 0);
        heap->next = block;
    } else {
        write_dead(block, end);
    }
    heap->live--;
    if (heap->live == 0)
        heap->next = heap->first;
    give_back(heap);
}

/* The fast path frees the last block, if no memory is to be given back and other blocks are live or
 * it is the first one. Only the live block that is last has `next`, inverted, in its header. */
static void deallocate(struct allocator *allocator, void *pointer)
{
    struct bump_heap *heap = heap_of(allocator);
    virt_addr_t block = (virt_addr_t)pointer;
    if (block - heap->quick < heap->reach && read_header(block) == ~heap->next &&
        (heap->live > 1 || block == heap->first)) {
        write_header(block, 0);
        heap->next = block;
        heap->live--;
        return;
    }
    free_slowly(heap, pointer, __builtin_return_address(0));
}

/* --- Looking -------------------------------------------------------------------------------- */

static void walk(struct allocator *allocator, region_visitor visit, void *context)
{
    struct bump_heap *heap = heap_of(allocator);
    virt_addr_t block = heap->first, committed = heap->extent.base + heap->extent.committed;
    while (block < heap->next) {
        virt_addr_t end = read_end(block), header = block - HEADER_SIZE;
        enum region_state state = is_live(block) ? REGION_LIVE : REGION_FREE;
        region_show(visit, context, header, block, REGION_BOOKKEEPING);
        region_show(visit, context, block, end - HEADER_SIZE, state);
        block = end;
    }
    region_show(visit, context, block - HEADER_SIZE, committed, REGION_FREE);
}

static void check(struct allocator *allocator)
{
    struct bump_heap *heap = heap_of(allocator);
    size_t live = 0;
    for (virt_addr_t block = heap->first, end; block < heap->next; block = end) {
        bool found = find_end(heap, block, &end);
        ASSERT(found);
        live += is_live(block);
    }
    ASSERT(live == heap->live);
    ASSERT(live > 0 || heap->next == heap->first);
    ASSERT(heap->next <= heap->extent.base + heap->extent.committed);
    ASSERT(heap->arena.committed == heap->extent.committed);
}

enum error bump_create(const struct arena *given, struct allocator **allocator)
{
    struct arena arena = *given;
    struct extent extent = {.base = arena.base, .size = arena.size};
    ASSERT(IS_ALIGNED(arena.base | arena.size, PAGE_SIZE));
    if (arena.size < FIRST_BLOCK)
        return ERROR_INVALID;
    enum error error = extent_reach(&arena, &extent, FIRST_BLOCK);
    if (error)
        return error;

    struct bump_heap *heap = (struct bump_heap *)arena.base;
    *heap = (struct bump_heap){
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
        .arena = arena,
        .extent = extent,
        .first = arena.base + FIRST_BLOCK,
        .next = arena.base + FIRST_BLOCK,
    };
    set_bounds(heap);
    *allocator = &heap->allocator;
    return OK;
}
