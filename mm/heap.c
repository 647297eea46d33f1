/*
 * heap_init() chooses the allocator, and whether the debugging heap stands in front of it. After
 * that, kmalloc() and kfree() are one indirect call each. The operation called checks its argument
 * and finds its own call site, so nothing else has to be passed or done here.
 */
#include <lib/string.h>
#include <mm/alternatives/bump.h>
#include <mm/alternatives/linked_list.h>
#include <mm/fixed_block.h>
#include <mm/heap.h>
#include <mm/heap_debug.h>

struct allocator *kernel_heap;

static struct debug_heap debug_heap;
static bool debugging;

/* For the functions that neither allocate nor free: they are not for interrupt handlers either. */
static struct allocator *allocator_in_use(void)
{
    ASSERT(!in_interrupt());
    return kernel_heap;
}

enum error heap_create(const char *name, const struct arena *arena, struct allocator **allocator)
{
    if (!name || strcmp(name, "fixed_block") == 0)
        return fixed_block_create(arena, allocator);
    if (strcmp(name, "linked_list") == 0)
        return linked_list_create(arena, allocator);
    if (strcmp(name, "bump") == 0)
        return bump_create(arena, allocator);
    return ERROR_INVALID;
}

enum error heap_init(const char *name, bool debug, const struct arena *arena)
{
    struct allocator *allocator;
    enum error error = heap_create(name, arena, &allocator);
    if (error)
        return error;
    debugging = debug;
    if (debug)
        heap_debug_init(&debug_heap, allocator);
    kernel_heap = debug ? &debug_heap.allocator : allocator;
    return OK;
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
