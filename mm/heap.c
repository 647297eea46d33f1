/*
 * The heap is a choice: which allocator, and whether the debugging heap stands in front of it. From
 * then on kmalloc() and kfree() are one indirect call each, to an operation that checks its
 * argument and finds its own call site; that is all there is to them, so that they cost what the
 * allocator costs.
 */
#include <lib/string.h>
#include <mm/heap.h>

union heap kernel_heap;

/* The allocator behind the debugging heap. */
static union heap behind;
static bool debugging;

static enum error init_allocator(union heap *heap, const char *name, const struct arena *arena)
{
    if (!name || strcmp(name, "fixed_block") == 0)
        return fixed_block_init(&heap->fixed_block, arena);
    if (strcmp(name, "linked_list") == 0)
        return linked_list_init(&heap->linked_list, arena);
    if (strcmp(name, "bump") == 0)
        return bump_init(&heap->bump, arena);
    return ERROR_INVALID;
}

enum error heap_init(const char *allocator, bool debug, const struct arena *arena)
{
    debugging = debug;
    if (!debug)
        return init_allocator(&kernel_heap, allocator, arena);
    enum error error = init_allocator(&behind, allocator, arena);
    if (error == OK)
        heap_debug_init(&kernel_heap.debug, &behind.allocator);
    return error;
}

void *kzalloc(size_t size)
{
    void *block = kmalloc(size);
    if (block)
        memset(block, 0, size);
    return block;
}

/* A block that is at least half used stays where it is. */
void *krealloc(void *block, size_t size)
{
    if (!block)
        return kmalloc(size);
    ASSERT(!in_interrupt());
    struct allocator *allocator = &kernel_heap.allocator;
    size_t usable;
    if (allocator->inspect(allocator, block, &usable) != BLOCK_LIVE)
        allocator_bad_free(allocator, block, __builtin_return_address(0));
    if (size <= usable && size >= usable / 2)
        return block;

    void *moved = kmalloc(size);
    if (!moved)
        return size <= usable ? block : NULL;
    memcpy(moved, block, MIN(size, usable));
    kfree(block);
    return moved;
}

void heap_stats(struct heap_stats *stats)
{
    struct allocator_stats counted;
    allocator_stats(&kernel_heap.allocator, &counted);
    *stats = (struct heap_stats){
        .allocator = kernel_heap.allocator.name,
        .debug = debugging,
        .live_blocks = counted.live_blocks,
        .live_bytes = counted.live_bytes,
        .free_bytes = counted.free_bytes,
        .committed_bytes = counted.committed_bytes,
        .peak_bytes = counted.peak_bytes,
    };
}

size_t heap_classes(struct size_class_count *counts, size_t limit)
{
    struct allocator *allocator = &kernel_heap.allocator;
    return allocator->classes ? allocator->classes(allocator, counts, limit) : 0;
}

void heap_picture(size_t cells, void (*emit)(void *context, char cell), void *context)
{
    allocator_picture(&kernel_heap.allocator, cells, emit, context);
}

void heap_check(void)
{
    kernel_heap.allocator.check(&kernel_heap.allocator);
}

void heap_trim(void)
{
    kernel_heap.allocator.trim(&kernel_heap.allocator);
}
