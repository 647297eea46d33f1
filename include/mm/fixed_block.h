/*
 * The allocator of fixed-size blocks, the heap's default. What an allocator can do is in
 * mm/allocator.h.
 */
#ifndef MM_FIXED_BLOCK_H
#define MM_FIXED_BLOCK_H

#include <mm/size_class.h>
#include <mm/slab.h>

struct fixed_block {
    struct allocator allocator;
    struct arena arena;
    struct page_runs runs;
    struct slab *current[SIZE_CLASSES];
    struct list partial[SIZE_CLASSES];
};

/* Sets the instance up over a copy of `arena`. Its tables lie in the arena and are committed as
 * they are needed: nothing is committed yet. ERROR_INVALID: the arena is too small. */
enum error fixed_block_init(struct fixed_block *heap, const struct arena *arena);

#endif
