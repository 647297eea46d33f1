/*
 * Physical memory for the host tests: all of the direct map's window, empty, zero where it was not
 * written to. Pages come from the host when they are touched.
 */
#ifndef TESTS_HOST_PHYSICAL_MEMORY_H
#define TESTS_HOST_PHYSICAL_MEMORY_H

#include <boot/boot_info.h>

/* Makes the memory, or a fresh one: everything reads as zero again. */
void physical_memory_reset(void);

/* Starts the memory map of `info` afresh, and adds an entry or a reserved range to it. */
void physical_memory_no_map(struct boot_info *info);
void physical_memory_add(struct boot_info *info, phys_addr_t base, uint64_t length, uint32_t type);
void physical_memory_reserve(struct boot_info *info, phys_addr_t start, phys_addr_t end);

/* Fresh memory from 0 to `size`, all available, the first MiBs full of what the firmware left
 * there, and mm/frames.c on top of it. */
void physical_memory_simple(uint64_t size);

/* How many frames are free; UINT64_MAX when free and used ones do not make up all. */
uint64_t free_frames(void);

#endif
