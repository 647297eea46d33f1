/*
 * Physical memory, frame by frame (4 KiB) and in naturally aligned runs of 2^order frames.
 *
 * Nothing here may be called in an interrupt handler. The memory of a new frame is not cleared.
 */
#ifndef MM_FRAMES_H
#define MM_FRAMES_H

#include <boot/boot_info.h>
#include <error.h>

/* Stands for "no frame". Physical address 0 lies in the first MiB, which is never allocated. */
#define NO_FRAME ((phys_addr_t)0)

enum { FRAMES_MAX_ORDER = 18 }; /* 1 GiB */

/* Takes over the memory of `info`, which must not change from now on. The bookkeeping (168 bytes
 * for each 2 MiB) lies in the lowest usable range that has room for it, and is reached through the
 * direct map. */
void frames_init(const struct boot_info *info);

/* One frame, or NO_FRAME when none is left. O(1). */
phys_addr_t frame_alloc(void);

/* From now on, frame_alloc() calls `note` now and then while fewer than `few` frames are free. In
 * `note`, frames must not be allocated or freed. Set-up code. */
void frames_watch(uint64_t few, void (*note)(void));

/* Drops one reference to a frame from frame_alloc, or to one frame of a run; with the last one the
 * frame is free. O(1). If the frame is not allocated (free already, foreign, misaligned), a panic
 * names it. */
void frame_free(phys_addr_t frame);

/* Adds a reference to an allocated frame, which has one from the start; each reference is dropped
 * by a frame_free(). ERROR_OUT_OF_FRAMES: while any frame of a block of 2 MiB has more than one
 * reference, the block needs a frame for its counts, and none is left. O(1). */
enum error frame_reference(phys_addr_t frame);

/* How many references an allocated frame has. O(1). */
unsigned frame_references(phys_addr_t frame);

/* Has the allocated frame more than one reference? O(1). */
bool frame_is_shared(phys_addr_t frame);

/* Gives the allocator the whole frames of a range that was reserved in the memory map and is no
 * longer needed. Frames that it has already, and those beyond the usable memory, stay as they are.
 * Called once at most. */
void frames_add(struct phys_range range);

/* 2^order adjacent frames, order <= FRAMES_MAX_ORDER, aligned to their size; NO_FRAME when there is
 * no such run. O(1) amortised below 2 MiB; from there on a step for each 2 MiB. */
phys_addr_t frames_alloc_run(unsigned order);

/* Gives back a run; frame_free() on each of its frames does the same. Panics as frame_free(). */
void frames_free_run(phys_addr_t run, unsigned order);

/* In frames. `total` is free + used. */
struct frames_stats {
    uint64_t total;
    uint64_t free;
    uint64_t used;
    uint64_t bookkeeping; /* usable memory that keeps track of the rest; not in `total` */
};

/* The current figures. O(1). */
void frames_stats(struct frames_stats *stats);

/* A range of memory that frames are allocated from, and how many of them are used. */
struct frames_region {
    struct phys_range range;
    uint64_t used;
};

/* Finds the first region at or above `from`, which may be the end of the last one found. False when
 * there is none. Takes a step for each 2 MiB. */
bool frames_next_region(phys_addr_t from, struct frames_region *region);

#endif
