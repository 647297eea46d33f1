/*
 * The hole of a free block: whole pages in it that are not committed. Only for
 * mm/alternatives/linked_list.c. `block` is a free block's address everywhere.
 */
#ifndef MM_ALTERNATIVES_HOLES_H
#define MM_ALTERNATIVES_HOLES_H

#include <mm/allocator.h>
#include <mm/alternatives/free_lists.h>

/* Is every page of the block committed? */
static inline bool hole_is_empty(struct hole hole)
{
    return hole.start == hole.end;
}

/* Widens the block's hole until no more than `slack` pages that could be in it are still committed
 * on either side. `kept` pages at the block's start stay committed, `kept` <= `slack`. */
void hole_punch(struct arena *arena, virt_addr_t block, size_t kept, size_t slack);

/* Commits the part of the block's hole that lies below `end`; or fails and changes nothing. */
enum error hole_fill(struct arena *arena, virt_addr_t block, virt_addr_t end);

/* Makes one hole of two, in ascending order: decommits the pages between them. */
struct hole hole_join(struct arena *arena, struct hole a, struct hole b);

/* An ASSERT fails when the hole is not in the block. */
void hole_check(virt_addr_t block);

#endif
