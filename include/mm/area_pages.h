/*
 * The page tables behind an area, counted.
 */
#ifndef MM_AREA_PAGES_H
#define MM_AREA_PAGES_H

#include <mm/address_space.h>

struct area_pages {
    uint64_t entries;  /* pages that are mapped */
    uint64_t resident; /* of those: not to the frame of zeros */
    uint64_t dirty;    /* written to through this entry */
};

/* Counts the pages of an area of the space. In tasks and threads. */
struct area_pages area_pages_count(const struct address_space *space, const struct vm_area *area);

#endif
