/*
 * The pages of an area by kind, for /proc/PID/smaps.
 */
#ifndef MM_AREA_USAGE_H
#define MM_AREA_USAGE_H

#include <mm/address_space.h>

/* In bytes. A page is shared if its frame has more than one reference. */
struct area_usage {
    uint64_t resident;     /* has a frame, other than that of zeros */
    uint64_t proportional; /* each page divided by the references to its frame */
    uint64_t shared_clean, shared_dirty, private_clean, private_dirty;
    uint64_t referenced;
};

/* Looks at all pages of an area of the space. In tasks and threads. */
void area_usage_get(const struct address_space *space, const struct vm_area *area,
                    struct area_usage *usage);

#endif
