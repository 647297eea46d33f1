/*
 * The bump allocator: for memory that is used up front to back and given back all at once. What an
 * allocator can do is in mm/allocator.h.
 */
#ifndef MM_BUMP_H
#define MM_BUMP_H

#include <mm/allocator.h>

struct bump {
    struct allocator allocator;
    struct arena arena;
    struct extent heap; /* the whole arena */
    virt_addr_t first;  /* where the first block can be */
    virt_addr_t oldest; /* no block before it is live */
    virt_addr_t next;   /* where the next block can be; its header lies in front of it */
    size_t dead;        /* blocks before `next` that are not live */
    virt_addr_t limit;  /* a block that ends above it may need more memory committed */
    virt_addr_t quick; /* blocks in the `reach` bytes from here can be freed quickly; all of them */
    size_t reach;      /* are committed. 0: none can, for some are dead */
};

/* Sets the instance up over a copy of `arena`. Nothing is committed yet. ERROR_INVALID: the arena
 * is too small. */
enum error bump_init(struct bump *heap, const struct arena *arena);

#endif
