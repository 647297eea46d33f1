/*
 * The processor's features for pages, and its protections. Set-up only.
 */
#ifndef MM_PROCESSOR_H
#define MM_PROCESSOR_H

#include <mm/paging.h>

/* Turns on the protections that the processor has: write protection also for the kernel itself, NX,
 * SMEP, SMAP and UMIP. Also turns on global pages and PAGE_WRITE_COMBINING. Missing features are
 * logged, and left out of the pages that are mapped from now on. */
void processor_protect(void);

/* The largest page that the processor supports, 2 MiB or 1 GiB. After processor_protect(). */
enum page_size processor_largest_page(void);

/* The end of the addresses that the processor can use: 2^MAXPHYADDR, or DIRECT_MAP_SIZE if that is
 * less. After processor_protect(). */
phys_addr_t processor_memory_end(void);

#endif
