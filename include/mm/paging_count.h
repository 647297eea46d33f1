/*
 * How much memory page tables take.
 */
#ifndef MM_PAGING_COUNT_H
#define MM_PAGING_COUNT_H

#include <mm/paging.h>

/* How many tables a program has, its root included. Takes a step for each entry of them. */
uint64_t paging_count_tables(const struct page_tables *tables);

#endif
