/*
 * The description of 512 adjacent frames: which are free, and which are allocated. Only for
 * mm/frames.c; all other code uses mm/frames.h.
 */
#ifndef MM_FRAME_BLOCK_H
#define MM_FRAME_BLOCK_H

#include <layout.h>
#include <lib/list.h>

enum {
    FRAME_BLOCK_ORDER = 9,
    FRAME_BLOCK_FRAMES = 1 << FRAME_BLOCK_ORDER,
    FRAME_BLOCK_WORD_ORDER = 6,
    FRAME_BLOCK_WORD_BITS = 1 << FRAME_BLOCK_WORD_ORDER,
    FRAME_BLOCK_WORDS = FRAME_BLOCK_FRAMES / FRAME_BLOCK_WORD_BITS,
    FRAME_BLOCK_UNLISTED = -1,
};

#define FRAME_BLOCK_SIZE (PAGE_SIZE * FRAME_BLOCK_FRAMES)

/* A frame with neither bit set must not be allocated: it is a hole, or reserved. */
struct frame_block {
    phys_addr_t base;
    struct list_node node;
    uint16_t not_free; /* the number of frames that are not free; 0: the block is whole */
    uint8_t word;      /* where to look for a free frame first */
    int8_t order;      /* the list that the block is on, or FRAME_BLOCK_UNLISTED */
    uint16_t shared;   /* how many numbers of `more` are not 0 */
    uint64_t *more;    /* the references of each frame beyond the first; NULL: none has more */
    uint64_t free[FRAME_BLOCK_WORDS];
    uint64_t used[FRAME_BLOCK_WORDS];
};

/* No frame is free, none is used, and the block is on no list. */
void frame_block_init(struct frame_block *block, phys_addr_t base);

/* Sets `word` to the first word with a free frame. False when there is none. */
bool frame_block_find_word(struct frame_block *block);

/* Below, frames are numbered from the block's first. `from` is included and lies below `to`, which
 * is not included. */

/* Mark frames as free or as used, count the used ones, and test whether all are used. The first two
 * are only for frames that may be allocated. */
void frame_block_mark_free(struct frame_block *block, size_t from, size_t to);
void frame_block_mark_used(struct frame_block *block, size_t from, size_t to);
size_t frame_block_count_used(const struct frame_block *block, size_t from, size_t to);
bool frame_block_all_used(const struct frame_block *block, size_t from, size_t to);

/* Marks those as free that are neither free nor used: they may be allocated from now on. Returns
 * how many these were. */
size_t frame_block_add(struct frame_block *block, size_t from, size_t to);

/* Looks for 2^order free frames, aligned to their number; order < FRAME_BLOCK_ORDER. */
bool frame_block_find_run(const struct frame_block *block, unsigned order, size_t *run);

#endif
