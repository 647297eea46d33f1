/*
 * The allocator that keeps linked lists of free blocks of any size. Its operations are those of
 * mm/allocator.h.
 */
#ifndef MM_ALTERNATIVES_LINKED_LIST_H
#define MM_ALTERNATIVES_LINKED_LIST_H

#include <mm/allocator.h>

/* Makes an instance in the first page of `given`; blocks come from the rest. Commits two pages:
 * that one, where the first block begins, too, and the last one before the map of live blocks.
 * ERROR_INVALID: the arena is too small; ERROR_OUT_OF_FRAMES. */
enum error linked_list_create(const struct arena *given, struct allocator **allocator);

#endif
