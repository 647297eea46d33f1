/*
 * Slabs: runs of pages that are cut into blocks of one size. Used by mm/fixed_block.c, which
 * decides when to create a slab and which one to allocate from.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include <lib/list.h>
#include <mm/page_runs.h>

#define SLAB_BYTES_MAX KIB(64)

enum {
    SLAB_SLOTS_MAX = 0xfe,

    /* The link of a slot that is live, and of the last one on the list of free slots. */
    LINK_LIVE = 0xfe,
    LINK_END = 0xff,
};

/* See mm/fixed_block.c, which sets it. */
enum slab_state {
    SLAB_CURRENT, /* its class allocates from it; it may have any number of live blocks */
    SLAB_FULL,    /* has no free block that is linked, and is on no list */
    SLAB_PARTIAL, /* has live and free blocks, and is on its class's list */
    SLAB_EMPTY,   /* has no live block, and is on its class's list; its pages count as idle */
};

/* Lies at the start of the run. */
struct slab {
    uint64_t reciprocal; /* 2^32 / block_size, rounded up */
    uint64_t block_size; /* the distance between two slots */

    /* For the owner, mm/fixed_block.c. */
    uint32_t countdown; /* the number of frees until the slab leaves its state */
    uint8_t state;      /* enum slab_state */
    uint8_t size_class;
    struct list_node node;

    uint8_t free;       /* the first slot on the list of free ones, or LINK_END */
    uint8_t first;      /* the slots before it hold this header */
    uint8_t linked_end; /* the slots from here on were never linked; first <= linked_end <= slots */
    uint8_t slots;      /* at most SLAB_SLOTS_MAX */
    uint8_t pages;      /* at most SLAB_BYTES_MAX */
    uint8_t links[];    /* one for each slot that fits into the pages, and one more */
};

/* How many blocks fit into `pages` pages, besides the header. */
size_t slab_capacity(size_t pages, size_t block_size);

/* A slab of `pages` pages, at most SLAB_BYTES_MAX, with a capacity of one block at least; one slot
 * or more is free and linked. The owner's fields are 0. NULL when memory is out. */
struct slab *slab_create(struct page_runs *runs, size_t pages, size_t block_size);

/* Frees the slab's pages. No block is live. */
void slab_release(struct slab *slab, struct page_runs *runs);

/* Links more slots, and commits the pages that they need. The list of free slots must be empty.
 * False when all slots have been linked or memory is out. */
bool slab_extend(struct slab *slab, struct page_runs *runs);

/* Does a slot begin at `address`, which lies in the slab's run? */
static inline bool slab_find_slot(const struct slab *slab, virt_addr_t address, size_t *slot)
{
    uint64_t product = (address - (virt_addr_t)slab) * slab->reciprocal;
    *slot = product >> 32;
    return (uint32_t)product < SLAB_BYTES_MAX;
}

/* Allocates the first of the free slots; there is one. */
static inline void *slab_take(struct slab *slab)
{
    size_t slot = slab->free;
    slab->free = slab->links[slot];
    slab->links[slot] = LINK_LIVE;
    return (char *)slab + slot * slab->block_size;
}

/* Takes back a live slot. */
static inline void slab_put(struct slab *slab, size_t slot)
{
    slab->links[slot] = slab->free;
    slab->free = (uint8_t)slot;
}

/* How many slots are live; and how many are linked and free. */
size_t slab_count_live(const struct slab *slab);
size_t slab_count_free(const struct slab *slab);

/* The state of the block at a slot. */
enum block_state slab_slot_state(const struct slab *slab, size_t slot);

/* Shows each slot, and the rest of the run behind the last one. */
void slab_walk(const struct slab *slab, region_visitor visit, void *context);

/* Checks every invariant; a broken one is an ASSERT. */
void slab_check(const struct slab *slab);

#endif
