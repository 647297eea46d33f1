/*
 * The way through the page tables, entry by entry, for people and tests.
 */
#ifndef MM_PAGING_WALK_H
#define MM_PAGING_WALK_H

#include <mm/paging.h>

struct paging_step {
    unsigned level; /* 4, the root's, down to 1 */
    unsigned index;
    uint64_t entry;
};

/* Writes down the entries that the processor meets on its way to `address`, to the last one that
 * leads somewhere or the first that does not. Returns how many: 1 to 4, or 0 for an address that is
 * not canonical. A table that lies where no memory is ends it at the entry that leads there, and
 * changes CR2. In any context but a machine check's or a double fault's. */
size_t paging_walk(const struct address_space *space, virt_addr_t address,
                   struct paging_step steps[PAGING_LEVELS]);

#endif
