/*
 * The two bitmaps of a block, handled in words of 64 frames. mm/frames.c sets and clears the bits
 * of single frames itself, for speed.
 */
#include <assert.h>
#include <mm/frame_block.h>

_Static_assert(sizeof(struct frame_block) == 168, "mm/frames.h speaks of 168 bytes for 2 MiB");

void frame_block_init(struct frame_block *block, phys_addr_t base)
{
    ASSERT(IS_ALIGNED(base, FRAME_BLOCK_SIZE));
    *block = (struct frame_block){
        .base = base, .not_free = FRAME_BLOCK_FRAMES, .order = FRAME_BLOCK_UNLISTED};
    list_node_init(&block->node);
}

/* The bits of frames `from` up to `to` that lie in the same word as `from`. */
static uint64_t bits_in_word(size_t from, size_t to)
{
    size_t count = MIN(to - from, (size_t)FRAME_BLOCK_WORD_BITS);
    return UINT64_MAX >> (FRAME_BLOCK_WORD_BITS - count) << from % FRAME_BLOCK_WORD_BITS;
}

/* The first frame of the next word. */
static size_t next_word(size_t at)
{
    return ALIGN_UP(at + 1, (size_t)FRAME_BLOCK_WORD_BITS);
}

bool frame_block_find_word(struct frame_block *block)
{
    for (size_t i = 0; i < FRAME_BLOCK_WORDS; i++) {
        if (block->free[i]) {
            block->word = (uint8_t)i;
            return true;
        }
    }
    return false;
}

static bool all_set(const uint64_t *bitmap, size_t from, size_t to)
{
    for (size_t at = from; at < to; at = next_word(at)) {
        if (~bitmap[at / FRAME_BLOCK_WORD_BITS] & bits_in_word(at, to))
            return false;
    }
    return true;
}

void frame_block_mark_free(struct frame_block *block, size_t from, size_t to)
{
    ASSERT(from < to && to <= FRAME_BLOCK_FRAMES);
    for (size_t at = from; at < to; at = next_word(at)) {
        block->free[at / FRAME_BLOCK_WORD_BITS] |= bits_in_word(at, to);
        block->used[at / FRAME_BLOCK_WORD_BITS] &= ~bits_in_word(at, to);
    }
    ASSERT(block->not_free >= to - from);
    block->not_free -= (uint16_t)(to - from);
}

void frame_block_mark_used(struct frame_block *block, size_t from, size_t to)
{
    ASSERT(from < to && to <= FRAME_BLOCK_FRAMES);
    for (size_t at = from; at < to; at = next_word(at)) {
        block->used[at / FRAME_BLOCK_WORD_BITS] |= bits_in_word(at, to);
        block->free[at / FRAME_BLOCK_WORD_BITS] &= ~bits_in_word(at, to);
    }
    block->not_free += (uint16_t)(to - from);
    ASSERT(block->not_free <= FRAME_BLOCK_FRAMES);
}

static size_t bit_count(uint64_t bits)
{
    size_t count = 0;
    for (; bits; bits &= bits - 1)
        count++;
    return count;
}

size_t frame_block_add(struct frame_block *block, size_t from, size_t to)
{
    ASSERT(from < to && to <= FRAME_BLOCK_FRAMES);
    size_t count = 0;
    for (size_t at = from; at < to; at = next_word(at)) {
        size_t word = at / FRAME_BLOCK_WORD_BITS;
        uint64_t added = bits_in_word(at, to) & ~(block->free[word] | block->used[word]);
        block->free[word] |= added;
        count += bit_count(added);
    }
    ASSERT(block->not_free >= count);
    block->not_free -= (uint16_t)count;
    return count;
}

/* Where in `free` a run of 2^order frames begins, order < FRAME_BLOCK_WORD_ORDER; a bit for each.
 */
static uint64_t runs_in_word(uint64_t free, unsigned order)
{
    for (unsigned i = 0; i < order; i++)
        free &= free >> (1u << i);
    return free & UINT64_MAX / ((UINT64_C(1) << (1u << order)) - 1);
}

bool frame_block_find_run(const struct frame_block *block, unsigned order, size_t *run)
{
    ASSERT(order < FRAME_BLOCK_ORDER);
    size_t size = (size_t)1 << order;
    for (size_t at = 0; at < FRAME_BLOCK_FRAMES; at += MAX(size, (size_t)FRAME_BLOCK_WORD_BITS)) {
        if (order < FRAME_BLOCK_WORD_ORDER) {
            uint64_t runs = runs_in_word(block->free[at / FRAME_BLOCK_WORD_BITS], order);
            *run = at + (runs ? (size_t)__builtin_ctzll(runs) : 0);
            if (runs)
                return true;
        } else if (all_set(block->free, at, at + size)) {
            *run = at;
            return true;
        }
    }
    return false;
}

bool frame_block_all_used(const struct frame_block *block, size_t from, size_t to)
{
    ASSERT(from < to && to <= FRAME_BLOCK_FRAMES);
    return all_set(block->used, from, to);
}

size_t frame_block_count_used(const struct frame_block *block, size_t from, size_t to)
{
    ASSERT(from < to && to <= FRAME_BLOCK_FRAMES);
    size_t count = 0;
    for (size_t at = from; at < to; at = next_word(at))
        count += bit_count(block->used[at / FRAME_BLOCK_WORD_BITS] & bits_in_word(at, to));
    return count;
}
