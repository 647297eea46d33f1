/*
 * Lists the entries of the page tables on the way to an address, for reports and tests.
 */
#ifndef MM_PAGING_WALK_H
#define MM_PAGING_WALK_H

#include <mm/paging.h>

struct paging_step {
    unsigned level; /* 4, the root's, down to 1 */
    unsigned index;
    uint64_t entry;
};

/* Stores the entries that the processor reads to translate `address`, up to the first one that
 * links no table. Returns how many: 1 to 4, or 0 for an address that is not canonical. If an entry
 * links a table where no memory is, that entry is the last one, and CR2 changes. In any context but
 * a machine check's or a double fault's. */
size_t paging_walk(const struct page_tables *tables, virt_addr_t address,
                   struct paging_step steps[PAGING_LEVELS]);

#endif
