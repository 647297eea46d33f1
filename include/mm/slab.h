/*
 * Slabs: runs of pages that are cut into blocks of one size. The middle of mm/fixed_block.c, which
 * decides when there is to be one and which one to take from.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include <lib/list.h>
#include <mm/page_runs.h>

#define SLAB_BYTES_MAX KIB(64)

enum {
    SLAB_SLOTS_MAX = 0xfe,

    /* The link of a slot that is live, and of the last one on the list of free ones. */
    LINK_LIVE = 0xfe,
    LINK_END = 0xff,
};

/* Lies at the start of the run. */
struct slab {
    uint64_t inverse;    /* 2^32 / block_size, rounded up */
    uint64_t block_size; /* the distance of two slots */
    uint32_t countdown;  /* frees until the owner has to look after the slab: the owner's */
    uint8_t free;        /* the first slot of the list of free ones, or LINK_END */
    uint8_t first;       /* the slots before it hold this header */
    uint8_t ready;       /* the slots from here on have never been linked, nor committed */
    uint8_t slots;
    uint8_t pages;
    uint8_t size_class; /* the owner's, as are the next ones */
    bool parked;
    struct list_node node;
    struct list *list; /* where the slab is when it has free blocks and is not the current one */
    uint8_t links[];   /* one for each slot and one more */
};

/* How many blocks fit into `pages` pages, besides the header. */
size_t slab_capacity(size_t pages, size_t block_size);

/* A slab of `pages` pages, at most SLAB_BYTES_MAX, with a capacity of one block at least; one slot
 * or more is ready. The owner's fields are undefined. NULL when memory is out. */
struct slab *slab_create(struct page_runs *runs, size_t pages, size_t block_size);

/* Gives the slab's pages back. No block is live. */
void slab_release(struct slab *slab, struct page_runs *runs);

/* Makes more slots ready, as many as lie in the next page that has to be committed. The list of
 * free slots must be empty. False when all slots are ready or memory is out. */
bool slab_extend(struct slab *slab, struct page_runs *runs);

/* Is `address`, which lies in the slab's run, where a slot begins? */
static inline bool slab_find_slot(const struct slab *slab, virt_addr_t address, size_t *slot)
{
    uint64_t product = (address - (virt_addr_t)slab) * slab->inverse;
    *slot = product >> 32;
    return (uint32_t)product < SLAB_BYTES_MAX;
}

/* Hands out the head of the list of free slots, which is not empty. */
static inline void *slab_take(struct slab *slab)
{
    size_t slot = slab->free;
    slab->free = slab->links[slot];
    slab->links[slot] = LINK_LIVE;
    return (char *)slab + slot * slab->block_size;
}

/* Puts a live slot back at the head of the list. */
static inline void slab_put(struct slab *slab, size_t slot)
{
    slab->links[slot] = slab->free;
    slab->free = (uint8_t)slot;
}

/* How many slots are live, or free and ready. */
size_t slab_count_live(const struct slab *slab);
size_t slab_count_free(const struct slab *slab);

/* What the slot is to the outside. */
enum block_state slab_slot_state(const struct slab *slab, size_t slot);

/* Shows every slot, and what is left over behind the last one. */
void slab_walk(const struct slab *slab, region_visitor visit, void *context);

/* Checks every invariant; a broken one is an ASSERT. */
void slab_check(const struct slab *slab);

#endif
