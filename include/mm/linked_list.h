/*
 * The allocator that keeps linked lists of free blocks of any size. What an allocator can do is in
 * mm/allocator.h.
 */
#ifndef MM_LINKED_LIST_H
#define MM_LINKED_LIST_H

#include <mm/free_lists.h>
#include <mm/live_map.h>

enum { RECENT_LARGEST = 4096 + 16 }; /* the largest blocks, header included, that wait */

struct linked_list {
    struct allocator allocator;
    struct arena arena;
    virt_addr_t base; /* of the blocks; page-aligned */
    virt_addr_t first;
    virt_addr_t end; /* where there would be a block after the last one; page-aligned */
    struct live_map live;
    size_t recent_bytes;
    struct free_block *recent[RECENT_LARGEST / ALLOCATOR_ALIGNMENT + 1];
    struct free_lists free;
};

/* Sets the instance up over a copy of `arena`. Commits two pages, for the first and the last block.
 * ERROR_INVALID: the arena is too small. */
enum error linked_list_init(struct linked_list *heap, const struct arena *arena);

#endif
