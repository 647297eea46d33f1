/*
 * The debugging heap: an allocator in front of another one. It finds and names writes to freed
 * blocks and beyond the ends of live ones. Its operations are those of mm/allocator.h.
 */
#ifndef MM_HEAP_DEBUG_H
#define MM_HEAP_DEBUG_H

#include <mm/allocator.h>

enum { HEAP_DEBUG_QUARANTINE = 256 }; /* blocks */

struct debug_block;

struct debug_heap {
    struct allocator allocator;
    struct allocator *inner;
    struct debug_block *quarantine[HEAP_DEBUG_QUARANTINE]; /* a ring of freed blocks */
    size_t oldest;                                         /* where in the ring it begins */
    size_t quarantined;                                    /* the number of blocks in it */
    size_t quarantined_bytes;                              /* their size */
    size_t next_check; /* counted from the oldest: the block that was checked last */
};

/* Puts the instance in front of `inner`, in which nothing is live yet and which is only used
 * through `heap` from now on. */
void heap_debug_init(struct debug_heap *heap, struct allocator *inner);

#endif
