/*
 * The arena of the kernel's heap: the addresses that include/layout.h sets aside for it.
 */
#ifndef MM_HEAP_WINDOW_H
#define MM_HEAP_WINDOW_H

#include <mm/allocator.h>

/* Frames are mapped there on demand, once kernel_space_init() has run. */
extern const struct arena heap_window;

#endif
