/*
 * Where the frames are: usable memory as blocks, and the way from an address to its block. Only for
 * mm/frames.c; all other code uses mm/frames.h.
 */
#ifndef MM_FRAME_MAP_H
#define MM_FRAME_MAP_H

#include <boot/boot_info.h>
#include <mm/frame_block.h>

/* Blocks without a hole between them. */
struct frame_span {
    uint64_t first;             /* the first block's number: its address / FRAME_BLOCK_SIZE */
    uint64_t count;             /* how many blocks */
    uint64_t opened;            /* so many of them, from the first one on, have a description */
    struct frame_block *blocks; /* the descriptions */
};

/* The span in which a block was found last; never NULL. */
extern const struct frame_span *frame_map_last_span;

/* Counts the usable memory and puts the descriptions of its blocks, not set up yet, at its
 * beginning. Afterwards no block is open. */
void frame_map_init(const struct boot_info *info);

/* The memory that the descriptions take, and how many usable frames are left. */
struct phys_range frame_map_bookkeeping(void);
uint64_t frame_map_total(void);

/* The first usable range from `*from` on, without the memory of the descriptions; moves `*from` on
 * to where the next one may begin. Empty at the end. Reads the memory map: (entries)^2 steps. */
struct phys_range frame_map_next_usable(phys_addr_t *from);

/* Sets up the description of the next block, in ascending order, and marks its usable frames free;
 * there may be none. NULL when all blocks are open. */
struct frame_block *frame_map_open(void);

/* Has no frames, and is on no list. */
extern struct frame_block frame_map_no_block;

/* The open block that holds `address`, or frame_map_no_block. frame_map_search() looks through all
 * spans. */
struct frame_block *frame_map_search(phys_addr_t address);
static inline struct frame_block *frame_map_find(phys_addr_t address)
{
    uint64_t index = address / FRAME_BLOCK_SIZE - frame_map_last_span->first;
    if (index < frame_map_last_span->opened)
        return &frame_map_last_span->blocks[index];
    return frame_map_search(address);
}

#endif
