/*
 * Blocks as mm/alternatives/linked_list.c lays them out, and the lists of the free ones.
 *
 *     header  live: its owner's
 *     |       free: next, previous, hole                       size (again)
 *   --+-------+-------------------------------------------------------+--+-------
 *     8 bytes ^ block                                                    8 ^ next block
 *
 * A header holds the block's size, header included, a multiple of 16, and flags in the low bits. A
 * free block has its size at its end, too. A flag in the next block's header says that the block
 * before it is free; then that size leads to its start. A block's address is the one that its owner
 * gets, after the header.
 */
#ifndef MM_ALTERNATIVES_FREE_LISTS_H
#define MM_ALTERNATIVES_FREE_LISTS_H

#include <types.h>

enum {
    BLOCK_FLAG_FREE = 1,
    BLOCK_FLAG_PREVIOUS_FREE = 2,
    BLOCK_FLAGS = 15,
    BLOCK_HEADER_SIZE = 8,
};

/* Whole pages in a free block that are not committed. Empty when both are the same. */
struct hole {
    virt_addr_t start;
    virt_addr_t end;
};

/* Lies where a live block's content would. */
struct free_block {
    struct free_block *next;
    struct free_block *previous;
    struct hole hole;
};

#define BLOCK_SMALLEST (BLOCK_HEADER_SIZE + sizeof(struct free_block) + sizeof(size_t))

/* A block's header, and what it holds. `block` must be a block's address. */
static inline size_t *block_header(virt_addr_t block)
{
    return (size_t *)(block - BLOCK_HEADER_SIZE);
}
static inline size_t block_size(virt_addr_t block)
{
    return *block_header(block) & ~(size_t)BLOCK_FLAGS;
}
static inline bool block_has(virt_addr_t block, size_t flag)
{
    return *block_header(block) & flag;
}
static inline virt_addr_t block_next(virt_addr_t block)
{
    return block + block_size(block);
}

/* The links of a free block, which lie where the content of a live one would. */
static inline struct free_block *block_as_free(virt_addr_t block)
{
    return (struct free_block *)block;
}

/* The size at the end of the free block before `block`. */
static inline size_t *block_size_before(virt_addr_t block)
{
    return (size_t *)(block - BLOCK_HEADER_SIZE - sizeof(size_t));
}

enum {
    FREE_LISTS_PARTS = 4,                     /* lists for each power of two */
    FREE_LISTS_COUNT = 40 * FREE_LISTS_PARTS, /* for blocks of 2^5 bytes to FREE_LISTS_LARGEST */
};

#define FREE_LISTS_LARGEST ((UINT64_C(1) << 45) - 1)

/* All zero: there is no free block. */
struct free_lists {
    uint64_t used[(FREE_LISTS_COUNT + 63) / 64]; /* bit i: heads[i] is not NULL */
    struct free_block *heads[FREE_LISTS_COUNT];
};

/* The block's header must hold its size, and not change until it is removed. O(1). */
void free_lists_add(struct free_lists *lists, virt_addr_t block);
void free_lists_remove(struct free_lists *lists, virt_addr_t block);

/* A free block of `size` bytes or more, header included, or 0. It stays on its list. O(1), unless
 * all free blocks that are large enough are on the same list as ones that are not. */
virt_addr_t free_lists_search(const struct free_lists *lists, size_t size);

/* Checks the block's links, its size and its list, on which it must be; a broken invariant is an
 * ASSERT. */
void free_lists_check(const struct free_lists *lists, virt_addr_t block);

#endif
