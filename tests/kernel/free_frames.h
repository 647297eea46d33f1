/*
 * How many frames are free, for tests that look whether some were lost.
 */
#ifndef TESTS_KERNEL_FREE_FRAMES_H
#define TESTS_KERNEL_FREE_FRAMES_H

#include <stdint.h>

/* Counted once the heap has given back what is idle in it. */
uint64_t free_frames(void);

#endif
