/*
 * Frames for page tables. A few of the first come from a pool of pages that hold zeros already, so
 * that set-up need not clear them. Nothing here may be called in an interrupt handler.
 */
#ifndef MM_TABLE_FRAMES_H
#define MM_TABLE_FRAMES_H

#include <types.h>

enum { TABLE_POOL_MAX = 20 };

/* Makes a pool of `count` adjacent pages, at most TABLE_POOL_MAX, from `start` on. They hold zeros
 * and are not from frame_alloc(). Once, before any table is made. */
void table_frames_set_pool(phys_addr_t start, size_t count);

/* A frame for a table, from the pool while that lasts; NO_FRAME when memory is out. The caller
 * clears it, or writes all of its 512 entries. */
phys_addr_t table_frame_alloc(void);

/* Clears a frame that table_frame_alloc() has returned and that was not written to yet. */
void table_frame_clear(phys_addr_t frame);

/* Frees a frame whose entries are all 0 again, or were never written. */
void table_frame_free(phys_addr_t frame);

#endif
