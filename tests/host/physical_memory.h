/*
 * Physical memory for the host tests. It fills the direct map's window, and reads as zero where
 * nothing was written. Pages come from the host when they are touched.
 */
#ifndef TESTS_HOST_PHYSICAL_MEMORY_H
#define TESTS_HOST_PHYSICAL_MEMORY_H

#include <boot/boot_info.h>

/* Makes the memory, or empties it: everything reads as zero. */
void physical_memory_reset(void);

/* Empties the memory map of `info`; adds an entry to it; adds a reserved range. */
void physical_memory_no_map(struct boot_info *info);
void physical_memory_add(struct boot_info *info, phys_addr_t base, uint64_t length, uint32_t type);
void physical_memory_reserve(struct boot_info *info, phys_addr_t start, phys_addr_t end);

/* Makes memory from 0 to `size`, all available, the first MiBs full of what the firmware left
 * there, and starts mm/frames.c with it. */
void physical_memory_simple(uint64_t size);

/* How many frames are free; UINT64_MAX when free and used ones do not make up all. */
uint64_t free_frames(void);

#endif
