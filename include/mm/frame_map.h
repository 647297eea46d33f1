/*
 * Where the frames are: the usable memory as blocks, and the way from an address to its block. Part
 * of mm/frames.h, which is what everyone else uses.
 */
#ifndef MM_FRAME_MAP_H
#define MM_FRAME_MAP_H

#include <boot/boot_info.h>
#include <mm/frame_block.h>

/* Blocks without a hole between them. */
struct frame_span {
    uint64_t first; /* the first block's number: its address / FRAME_BLOCK_SIZE */
    uint64_t count;
    uint64_t opened; /* so many of them, from the first one on, have a valid description */
    struct frame_block *blocks;
};

/* The span in which frame_map_find() found a block last; never NULL. */
extern const struct frame_span *frame_map_recent;

/* Counts the usable memory and puts the descriptions of its blocks, not set up yet, at its
 * beginning. Afterwards no block is open. */
void frame_map_init(const struct boot_info *info);

/* What the descriptions take, and how many usable frames are left. */
struct phys_range frame_map_bookkeeping(void);
uint64_t frame_map_total(void);

/* The first usable range from `*from` on, without what the bookkeeping takes; moves `*from` on to
 * where the next one may begin. Empty at the end. Takes its time: reads the memory map. */
struct phys_range frame_map_next_usable(phys_addr_t *from);

/* Sets up the description of the next block, in ascending order, and marks its usable frames free;
 * there may be none. NULL when all blocks are open. */
struct frame_block *frame_map_open(void);

/* Is the block that holds `address` open, and in the same span as the one before? */
static inline bool frame_map_is_recent(phys_addr_t address)
{
    return address / FRAME_BLOCK_SIZE - frame_map_recent->first < frame_map_recent->opened;
}

/* If it is: the block. */
static inline struct frame_block *frame_map_block(phys_addr_t address)
{
    return &frame_map_recent->blocks[address / FRAME_BLOCK_SIZE - frame_map_recent->first];
}

/* The open block that holds `address`, or NULL. */
struct frame_block *frame_map_find(phys_addr_t address);

#endif
