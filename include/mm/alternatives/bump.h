/*
 * The bump allocator: for memory that is allocated step by step and freed all at once. Its
 * operations are those of mm/allocator.h.
 */
#ifndef MM_ALTERNATIVES_BUMP_H
#define MM_ALTERNATIVES_BUMP_H

#include <mm/allocator.h>

/* Makes an instance at the start of `given`, and commits its first page. ERROR_INVALID: the arena
 * is too small; ERROR_OUT_OF_FRAMES. */
enum error bump_create(const struct arena *given, struct allocator **allocator);

#endif
