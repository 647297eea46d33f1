/*
 * The allocator of fixed-size blocks, the heap's default. What an allocator can do is in
 * mm/allocator.h.
 */
#ifndef MM_FIXED_BLOCK_H
#define MM_FIXED_BLOCK_H

#include <mm/allocator.h>

/* Makes an instance, in the first page of `arena` and over the rest of it. Commits that page; the
 * instance's tables are committed as they are needed. ERROR_INVALID: the arena is too small;
 * ERROR_OUT_OF_FRAMES. */
enum error fixed_block_create(const struct arena *arena, struct allocator **allocator);

#endif
