/*
 * The allocator that keeps linked lists of free blocks of any size. What an allocator can do is in
 * mm/allocator.h.
 */
#ifndef MM_ALTERNATIVES_LINKED_LIST_H
#define MM_ALTERNATIVES_LINKED_LIST_H

#include <mm/allocator.h>

/* Makes an instance, in the first page of `arena` and over the rest of it. Commits three pages:
 * that one, and those of the first and of the last block. ERROR_INVALID: the arena is too small;
 * ERROR_OUT_OF_FRAMES. */
enum error linked_list_create(const struct arena *arena, struct allocator **allocator);

#endif
