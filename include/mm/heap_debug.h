/*
 * The debugging heap: an allocator in front of another one, which catches and names what goes
 * unnoticed otherwise: writes after a free, and beyond a block's ends. What an allocator can do is
 * in mm/allocator.h.
 */
#ifndef MM_HEAP_DEBUG_H
#define MM_HEAP_DEBUG_H

#include <mm/allocator.h>

enum { HEAP_DEBUG_QUARANTINE = 256 }; /* blocks */

struct debug_block;

struct heap_debug {
    struct allocator allocator;
    struct allocator *inner;
    struct debug_block *quarantine[HEAP_DEBUG_QUARANTINE]; /* a ring */
    size_t quarantined;                                    /* blocks */
    size_t quarantined_bytes;
    size_t oldest;
    size_t next_check;
};

/* Puts the instance in front of `inner`, in which nothing is live yet, and which is nobody else's
 * from now on. */
void heap_debug_init(struct heap_debug *heap, struct allocator *inner);

#endif
