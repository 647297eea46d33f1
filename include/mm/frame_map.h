/*
 * The blocks of usable memory, and how to find the block of an address. Only for mm/frames.c; all
 * other code uses mm/frames.h.
 */
#ifndef MM_FRAME_MAP_H
#define MM_FRAME_MAP_H

#include <boot/boot_info.h>
#include <mm/frame_block.h>

/* Blocks without a hole between them. */
struct frame_span {
    uint64_t first;             /* the first block's number: its address / FRAME_BLOCK_SIZE */
    uint64_t count;             /* how many blocks */
    uint64_t opened;            /* how many of them, from the first one on, are open */
    struct frame_block *blocks; /* the descriptions */
};

/* The span in which a block was found last; never NULL. */
extern const struct frame_span *frame_map_last_span;

/* Counts the usable memory and reserves room for the descriptions of its blocks, in the lowest
 * range that is large enough. A block is open once its description is set up; none is yet. */
void frame_map_init(const struct boot_info *info);

/* The memory that the descriptions take, and how many usable frames are left. */
struct phys_range frame_map_bookkeeping(void);
uint64_t frame_map_total(void);

/* Counts `frames` more usable frames, which were reserved before. */
void frame_map_add_to_total(uint64_t frames);

/* The first usable range from `*from` on, without the memory of the descriptions. Sets `*from` to
 * where the next one may begin. Empty at the end. Reads the memory map: (entries)^2 steps. */
struct phys_range frame_map_next_usable(phys_addr_t *from);

/* Opens the next block, in ascending order: sets up its description and marks its usable frames
 * free. The block may have none. NULL when all blocks are open. */
struct frame_block *frame_map_open(void);

/* Stands for "no block": it has no frames and is on no list. */
extern struct frame_block frame_map_no_block;

/* Both return the open block that holds `address`, or frame_map_no_block. frame_map_search() looks
 * through all spans; frame_map_find() tries the span of the last result first. */
struct frame_block *frame_map_search(phys_addr_t address);
static inline struct frame_block *frame_map_find(phys_addr_t address)
{
    uint64_t index = address / FRAME_BLOCK_SIZE - frame_map_last_span->first;
    if (index < frame_map_last_span->opened)
        return &frame_map_last_span->blocks[index];
    return frame_map_search(address);
}

#endif
