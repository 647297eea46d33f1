/*
 * Each block of the inner allocator holds a header, a red zone, the block proper and another red
 * zone:
 *
 *     | header | red zone ... | block ... | red zone |
 *     ^ inner  ^              ^ 64 bytes or the alignment from the start
 *
 * A new block is filled with 0xca, so that code which expects zeros fails. A freed one is filled
 * with 0xdf and kept from the inner allocator for a while, in quarantine. Its filling is checked
 * when it leaves, and in between: each allocation checks one block in quarantine. Red zones are
 * checked when the block is freed, and by check() with everything else there is.
 *
 * A broken rule is a panic that names the rule, the block, and the call that allocated or freed it.
 * A wrong write is noticed late, but its block is named. Not caught are writes that hit neither a
 * red zone nor a freed block, writes to a block that has left the quarantine, and reads.
 *
 * It costs 96 bytes or more a block, and writes each byte of a block twice.
 */
#include <assert.h>
#include <kernel/log/panic.h>
#include <kernel/log/symbols.h>
#include <lib/string.h>
#include <mm/heap_debug.h>

enum {
    FILL_NEW = 0xca,
    FILL_FREED = 0xdf,
    FILL_RED_ZONE = 0xfd,
    OFFSET_MIN = 64, /* header and red zone */
    RED_ZONE = 32,   /* behind the block */
};

#define MAGIC            UINT64_C(0x6b636f6c62706568)
#define QUARANTINE_BYTES MIB(1)

struct debug_block {
    uint64_t magic;
    size_t size;     /* in bytes, as requested */
    uint32_t offset; /* from here to the block proper */
    bool freed;      /* in quarantine */
    const void *allocated_by;
    const void *freed_by;
};

_Static_assert(sizeof(struct debug_block) + 16 <= OFFSET_MIN, "there must be room for a red zone");

static struct debug_heap *heap_of(struct allocator *allocator)
{
    return CONTAINER_OF(allocator, struct debug_heap, allocator);
}

static unsigned char *content(struct debug_block *block)
{
    return (unsigned char *)block + block->offset;
}

/* --- Checking ------------------------------------------------------------------------------- */

/* The first of `size` bytes that is not `fill`, or NULL. */
static const unsigned char *find_change(const unsigned char *start, size_t size, int fill)
{
    for (const unsigned char *byte = start; byte < start + size; byte++) {
        if (*byte != fill)
            return byte;
    }
    return NULL;
}

static struct symbol_place place_of(const void *call_site)
{
    return symbol_place((virt_addr_t)call_site);
}

static void check_red_zones(struct debug_block *block)
{
    const unsigned char *start = content(block), *zone = (const unsigned char *)(block + 1);
    const unsigned char *hit = find_change(zone, (size_t)(start - zone), FILL_RED_ZONE);
    if (hit)
        PANIC("heap: underrun of %p (%zu bytes, allocated by %s): %p was written to", start,
              block->size, place_of(block->allocated_by).text, hit);
    hit = find_change(start + block->size, RED_ZONE, FILL_RED_ZONE);
    if (hit)
        PANIC("heap: overrun of %p (%zu bytes, allocated by %s): %p was written to", start,
              block->size, place_of(block->allocated_by).text, hit);
}

static void check_freed(struct debug_block *block)
{
    const unsigned char *start = content(block);
    const unsigned char *hit = find_change(start, block->size, FILL_FREED);
    if (hit)
        PANIC("heap: write after free of %p (%zu bytes, freed by %s): %p was written to", start,
              block->size, place_of(block->freed_by).text, hit);
    check_red_zones(block);
}

static void check_magic(const struct debug_block *block)
{
    if (block->magic != MAGIC)
        PANIC("heap: underrun of %p: what lies in front of it was written over",
              (const char *)block + OFFSET_MIN);
}

/* --- The quarantine ------------------------------------------------------------------------- */

static void release_oldest(struct debug_heap *heap)
{
    struct debug_block *block = heap->quarantine[heap->oldest];
    ASSERT(heap->quarantined > 0);
    ASSERT(block->freed);
    check_freed(block);
    heap->oldest = (heap->oldest + 1) % HEAP_DEBUG_QUARANTINE;
    heap->quarantined--;
    heap->quarantined_bytes -= block->size;
    block->magic = 0;
    heap->inner->free(heap->inner, block);
}

static void quarantine(struct debug_heap *heap, struct debug_block *block)
{
    if (heap->quarantined == HEAP_DEBUG_QUARANTINE)
        release_oldest(heap);
    heap->quarantine[(heap->oldest + heap->quarantined) % HEAP_DEBUG_QUARANTINE] = block;
    heap->quarantined++;
    heap->quarantined_bytes += block->size;
    while (heap->quarantined_bytes > QUARANTINE_BYTES)
        release_oldest(heap);
}

static void check_next_quarantined(struct debug_heap *heap)
{
    if (heap->quarantined == 0)
        return;
    heap->next_check = (heap->next_check + 1) % heap->quarantined;
    check_freed(heap->quarantine[(heap->oldest + heap->next_check) % HEAP_DEBUG_QUARANTINE]);
}

static void trim(struct allocator *allocator)
{
    struct debug_heap *heap = heap_of(allocator);
    while (heap->quarantined > 0)
        release_oldest(heap);
    heap->inner->trim(heap->inner);
}

/* --- Finding -------------------------------------------------------------------------------- */

/* The block whose content begins at `pointer`, or NULL; it may have been freed. How far in front of
 * it the inner block begins depends on the alignment that it was allocated with. */
static struct debug_block *find(struct debug_heap *heap, const void *pointer)
{
    size_t usable;
    for (size_t offset = OFFSET_MIN; offset <= PAGE_SIZE; offset *= 2) {
        struct debug_block *block = (struct debug_block *)((virt_addr_t)pointer - offset);
        if (heap->inner->inspect(heap->inner, block, &usable) != BLOCK_LIVE)
            continue;
        check_magic(block);
        if (block->offset == offset)
            return block;
    }
    return NULL;
}

static enum block_state inspect(struct allocator *allocator, const void *pointer, size_t *usable)
{
    struct debug_heap *heap = heap_of(allocator);
    const struct debug_block *block = find(heap, pointer);
    if (block) {
        *usable = block->size;
        return block->freed ? BLOCK_FREE : BLOCK_LIVE;
    }
    const char *header = (const char *)((virt_addr_t)pointer - OFFSET_MIN);
    if (heap->inner->inspect(heap->inner, header, usable) == BLOCK_FREE)
        return BLOCK_FREE;
    enum block_state state = heap->inner->inspect(heap->inner, pointer, usable);
    return state == BLOCK_LIVE ? BLOCK_INSIDE : state;
}

/* --- Allocating and freeing ----------------------------------------------------------------- */

static void *inner_allocate(struct debug_heap *heap, size_t size, size_t alignment)
{
    void *block = heap->inner->allocate_aligned(heap->inner, size, alignment);
    if (!block && heap->quarantined > 0) {
        trim(&heap->allocator);
        block = heap->inner->allocate_aligned(heap->inner, size, alignment);
    }
    return block;
}

static void *allocate_for(struct debug_heap *heap, size_t size, size_t alignment,
                          const void *caller)
{
    check_next_quarantined(heap);
    size_t offset = MAX(alignment, (size_t)OFFSET_MIN), whole;
    if (__builtin_add_overflow(size, offset + RED_ZONE, &whole))
        return NULL;
    struct debug_block *block = inner_allocate(heap, whole, alignment);
    if (!block)
        return NULL;

    memset(block, FILL_RED_ZONE, offset);
    *block = (struct debug_block){
        .magic = MAGIC,
        .size = size,
        .offset = (uint32_t)offset,
        .allocated_by = caller,
    };
    memset(content(block), FILL_NEW, size);
    memset(content(block) + size, FILL_RED_ZONE, RED_ZONE);
    return content(block);
}

static void *allocate(struct allocator *allocator, size_t size)
{
    return allocate_for(heap_of(allocator), size, ALLOCATOR_ALIGNMENT, __builtin_return_address(0));
}

static void *allocate_aligned(struct allocator *allocator, size_t size, size_t alignment)
{
    ASSERT(alignment > 0);
    ASSERT(IS_ALIGNED(PAGE_SIZE, alignment));
    return allocate_for(heap_of(allocator), size, MAX(alignment, (size_t)ALLOCATOR_ALIGNMENT),
                        __builtin_return_address(0));
}

static void deallocate(struct allocator *allocator, void *pointer)
{
    const void *caller = __builtin_return_address(0);
    struct debug_heap *heap = heap_of(allocator);
    if (!pointer)
        return;
    struct debug_block *block = find(heap, pointer);
    if (!block)
        allocator_bad_free(allocator, pointer, caller);
    if (block->freed)
        PANIC("heap: double free of %p, called from %s (allocated by %s, freed by %s)", pointer,
              place_of(caller).text, place_of(block->allocated_by).text,
              place_of(block->freed_by).text);
    check_red_zones(block);
    block->freed = true;
    block->freed_by = caller;
    memset(content(block), FILL_FREED, block->size);
    quarantine(heap, block);
}

/* --- Looking -------------------------------------------------------------------------------- */

static void check_region(void *context, const struct region *region)
{
    (void)context;
    if (region->state != REGION_LIVE)
        return;
    struct debug_block *block = (struct debug_block *)region->start;
    check_magic(block);
    if (block->freed)
        check_freed(block);
    else
        check_red_zones(block);
}

static void check(struct allocator *allocator)
{
    struct debug_heap *heap = heap_of(allocator);
    heap->inner->check(heap->inner);
    heap->inner->walk(heap->inner, check_region, NULL);
}

struct translation {
    region_visitor visit;
    void *context;
};

/* To callers, a block in quarantine is free. */
static void translate_region(void *context, const struct region *region)
{
    const struct translation *translation = context;
    struct region shown = *region;
    if (region->state == REGION_LIVE && ((const struct debug_block *)region->start)->freed)
        shown.state = REGION_FREE;
    translation->visit(translation->context, &shown);
}

static void walk(struct allocator *allocator, region_visitor visit, void *context)
{
    struct translation translation = {.visit = visit, .context = context};
    struct allocator *inner = heap_of(allocator)->inner;
    inner->walk(inner, translate_region, &translation);
}

static size_t classes(struct allocator *allocator, struct size_class_count *counts, size_t limit)
{
    struct allocator *inner = heap_of(allocator)->inner;
    return inner->classes ? inner->classes(inner, counts, limit) : 0;
}

void heap_debug_init(struct debug_heap *heap, struct allocator *inner)
{
    *heap = (struct debug_heap){
        .allocator =
            {
                .allocate = allocate,
                .free = deallocate,
                .allocate_aligned = allocate_aligned,
                .inspect = inspect,
                .trim = trim,
                .check = check,
                .walk = walk,
                .classes = classes,
                .name = inner->name,
                .arena = inner->arena,
            },
        .inner = inner,
    };
}
