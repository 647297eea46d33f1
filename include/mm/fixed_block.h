/*
 * The allocator of fixed-size blocks, the heap's default. Its operations are those of
 * mm/allocator.h.
 */
#ifndef MM_FIXED_BLOCK_H
#define MM_FIXED_BLOCK_H

#include <mm/allocator.h>

/* Makes an instance in the first page of `given`, which it commits. Blocks come from the rest of
 * the arena; pages for them and for the instance's tables are committed as needed. ERROR_INVALID:
 * the arena is too small; ERROR_OUT_OF_FRAMES. */
enum error fixed_block_create(const struct arena *given, struct allocator **allocator);

#endif
