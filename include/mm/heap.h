/*
 * The kernel's heap: kmalloc() and what belongs to it, over the allocator that was chosen at boot.
 *
 * All of it is for use after heap_init(). A call in an interrupt handler is an ASSERT.
 */
#ifndef MM_HEAP_H
#define MM_HEAP_H

#include <assert.h>
#include <kernel/cpu/trap.h>
#include <mm/allocator.h>

/* The allocator in use. Set by heap_init(), for kmalloc() and kfree(). */
extern struct allocator *kernel_heap;

/* Sets the heap up over `arena`, with the allocator of that name: bump, linked_list or fixed_block;
 * NULL is fixed_block. With `debug`, the debugging heap stands in front of it. ERROR_INVALID: there
 * is no such allocator, or the arena is too small; ERROR_OUT_OF_FRAMES. */
enum error heap_init(const char *name, bool debug, const struct arena *arena);

/* The same for a heap of the caller's own, without the debugging one. Any context. */
enum error heap_create(const char *name, const struct arena *arena, struct allocator **allocator);

/* `size` bytes or more, aligned to 16, their content undefined. A size of 0 counts as 1. NULL when
 * memory is out. */
static inline void *kmalloc(size_t size)
{
    ASSERT(!in_interrupt());
    return kernel_heap->allocate(kernel_heap, size);
}

/* As kmalloc(), for an alignment that is a power of two up to PAGE_SIZE. */
static inline void *kmalloc_aligned(size_t size, size_t alignment)
{
    ASSERT(!in_interrupt());
    return kernel_heap->allocate_aligned(kernel_heap, size, alignment);
}

/* Gives back what one of these functions returned, or NULL, which does nothing. Anything else is a
 * panic that names the address, its state and the call site. */
static inline void kfree(void *block)
{
    ASSERT(!in_interrupt());
    kernel_heap->free(kernel_heap, block);
}

/* As kmalloc(), all zeros. */
void *kzalloc(size_t size);

/* Makes the block `size` bytes long, and moves it if necessary. It keeps its content, as far as
 * there is room. If `block` is NULL, this is kmalloc(). When memory is out, returns NULL and leaves
 * the block as it was. If `block` is not a live block, this is a panic, as in kfree(). */
void *krealloc(void *block, size_t size);

/* The name that heap_init() knows the allocator by, and whether the debugging heap is in front. */
const char *heap_allocator_name(void);
bool heap_is_debugging(void);

/* Walks through the whole heap. */
void heap_stats(struct allocator_stats *stats);

/* Fills in up to `limit` size classes; returns how many there are, 0 if the allocator has none. */
size_t heap_classes(struct size_class_count *counts, size_t limit);

/* Draws the heap as `cells` characters: see allocator_picture(). */
void heap_picture(size_t cells, void (*emit)(void *context, char cell), void *context);

/* Checks every invariant that there is; a broken one is a panic. Takes a step for each block. */
void heap_check(void);

/* Gives back all idle memory. */
void heap_trim(void);

#endif
