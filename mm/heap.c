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

/* For what neither allocates nor frees, and is not for interrupt handlers either. */
static struct allocator *allocator_in_use(void)
{
    ASSERT(!in_interrupt());
    return &kernel_heap.allocator;
}

enum error heap_init_allocator(union heap *heap, const char *name, const struct arena *arena)
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
        return heap_init_allocator(&kernel_heap, allocator, arena);
    enum error error = heap_init_allocator(&behind, allocator, arena);
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
    struct allocator *allocator = allocator_in_use();
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

const char *heap_allocator_name(void)
{
    return allocator_in_use()->name;
}

bool heap_is_debugging(void)
{
    return debugging;
}

void heap_stats(struct allocator_stats *stats)
{
    allocator_stats(allocator_in_use(), stats);
}

size_t heap_classes(struct size_class_count *counts, size_t limit)
{
    struct allocator *allocator = allocator_in_use();
    return allocator->classes ? allocator->classes(allocator, counts, limit) : 0;
}

void heap_picture(size_t cells, void (*emit)(void *context, char cell), void *context)
{
    allocator_picture(allocator_in_use(), cells, emit, context);
}

void heap_check(void)
{
    struct allocator *allocator = allocator_in_use();
    allocator->check(allocator);
}

void heap_trim(void)
{
    struct allocator *allocator = allocator_in_use();
    allocator->trim(allocator);
}
