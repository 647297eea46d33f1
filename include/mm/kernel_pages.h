/*
 * Frames behind pages of the kernel's windows (see <layout.h>), where addresses are free and memory
 * comes and goes page by page. Writable, never executable. Not in interrupt handlers.
 */
#ifndef MM_KERNEL_PAGES_H
#define MM_KERNEL_PAGES_H

#include <error.h>
#include <types.h>

/* Maps a frame of its own at each of so many pages from `start` on, none of which is mapped.
 * ERROR_OUT_OF_FRAMES; then nothing is mapped. The memory is not cleared. */
enum error kernel_pages_map(virt_addr_t start, size_t pages);

/* Unmaps as many mapped pages and frees their frames. */
void kernel_pages_unmap(virt_addr_t start, size_t pages);

#endif
