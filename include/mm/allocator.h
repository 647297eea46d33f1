/*
 * The interface of an allocator: a few operations on an arena. An arena is a range of addresses
 * that the caller provides. The allocator keeps its own data there, too. The kernel's arena is the
 * heap's window, whose pages are mapped on demand; the host tests and the benches provide others.
 * mm/fixed_block.c is the default allocator. Two others are in mm/alternatives/: simpler ones, for
 * comparison. mm/heap_debug.c puts a debugging heap in front of any of them.
 *
 * No operation may be called in an interrupt handler: nothing here takes a lock or masks
 * interrupts.
 */
#ifndef MM_ALLOCATOR_H
#define MM_ALLOCATOR_H

#include <error.h>
#include <layout.h>

/* --- The arena ------------------------------------------------------------------------------ */

/* A range of addresses, and the callbacks that put memory behind it. A page is accessed only while
 * it is committed; its content is undefined at first. */
struct arena {
    virt_addr_t base; /* page-aligned, as is `size` */
    size_t size;
    enum error (*commit)(void *context, virt_addr_t start, size_t pages); /* all of them or none */
    void (*decommit)(void *context, virt_addr_t start, size_t pages);
    void *context;
    size_t committed; /* in bytes */
    size_t peak;      /* the most that `committed` has been */
};

/* Commit and decommit pages of the arena. `start` is page-aligned. None of the pages may be
 * committed before arena_commit(), and all must be before arena_decommit(). */
enum error arena_commit(struct arena *arena, virt_addr_t start, size_t pages);
void arena_decommit(struct arena *arena, virt_addr_t start, size_t pages);

/* A part of an arena whose first `committed` bytes are committed: memory for a table or a heap that
 * grows. */
struct extent {
    virt_addr_t base; /* page-aligned, as are the others */
    size_t size;
    size_t committed;
};

/* Commits the missing pages of the first `bytes` bytes: all of them or none. */
enum error extent_reach(struct arena *arena, struct extent *extent, size_t bytes);

/* Decommits the whole pages after the first `bytes` bytes. */
void extent_shrink(struct arena *arena, struct extent *extent, size_t bytes);

/* --- Allocators ----------------------------------------------------------------------------- */

enum { ALLOCATOR_ALIGNMENT = 16 }; /* of every block, whatever was asked for */

/* The state of an address, to an allocator. */
enum block_state {
    BLOCK_LIVE,    /* the start of a block that is handed out */
    BLOCK_FREE,    /* in memory that is free: freed before, or never handed out */
    BLOCK_INSIDE,  /* in a block or in bookkeeping: no block starts there */
    BLOCK_FOREIGN, /* outside the arena */
};

enum region_state {
    REGION_LIVE,
    REGION_FREE,
    REGION_BOOKKEEPING,
    REGION_HOLE, /* free and not committed */
};

struct region {
    virt_addr_t start;
    size_t size;
    enum region_state state;
};

typedef void (*region_visitor)(void *context, const struct region *region);

/* Calls `visit` for the region from `start` to `end`, unless it is empty. */
void region_show(region_visitor visit, void *context, virt_addr_t start, virt_addr_t end,
                 enum region_state state);

struct size_class_count {
    size_t block_size;
    size_t live;
    size_t free;
};

struct allocator {
    /* A block of `size` bytes or more, aligned to ALLOCATOR_ALIGNMENT, its content undefined; a
     * size of 0 counts as 1. NULL when no memory is left. */
    void *(*allocate)(struct allocator *allocator, size_t size);

    /* Takes back a live block; NULL is ignored. Anything else is a panic that names the address,
     * what is wrong with it and the call site, which is the place that called this operation. */
    void (*free)(struct allocator *allocator, void *block);

    /* As allocate, for an alignment that is a power of two up to PAGE_SIZE. */
    void *(*allocate_aligned)(struct allocator *allocator, size_t size, size_t alignment);

    /* `block` may be any address. When it is BLOCK_LIVE, `usable` is the number of bytes that the
     * block has room for. */
    enum block_state (*inspect)(struct allocator *allocator, const void *block, size_t *usable);

    /* Decommits all free pages. Otherwise some stay committed for the next allocations. */
    void (*trim)(struct allocator *allocator);

    /* Checks every invariant; an ASSERT fails if one is broken. Takes a walk through the heap at
     * least. */
    void (*check)(struct allocator *allocator);

    /* Calls `visit` for each region of the heap, in ascending order and without a gap, from the
     * place of the first block to the end of the last one that is committed. */
    void (*walk)(struct allocator *allocator, region_visitor visit, void *context);

    /* Fills in up to `limit` size classes and returns how many there are; NULL where an allocator
     * has none. */
    size_t (*classes)(struct allocator *allocator, struct size_class_count *counts, size_t limit);

    const char *name;
    struct arena *arena;
};

/* Reports a bad free: panics with the address of `block`, its state as inspect() returns it, and
 * `caller`. */
NORETURN void allocator_bad_free(struct allocator *allocator, const void *block,
                                 const void *caller);

struct allocator_stats {
    size_t live_blocks;
    size_t live_bytes;      /* the usable bytes of the live blocks */
    size_t free_bytes;      /* committed and free */
    size_t committed_bytes; /* live, free and bookkeeping */
    size_t peak_bytes;      /* the most that committed_bytes has been */
};

/* Walks through the heap. */
void allocator_stats(struct allocator *allocator, struct allocator_stats *stats);

/* Draws the heap as `cells` characters, each for an equal share of it: ` ` not committed, `.` free,
 * `-` up to half live, `+` more than half, `#` all live (bookkeeping counts as live). Walks through
 * the heap twice. */
void allocator_picture(struct allocator *allocator, size_t cells,
                       void (*emit)(void *context, char cell), void *context);

#endif
