/*
 * A second opinion on what memory may be handed out, which shares no code with mm/memory_map.c: a
 * page is usable when one look at every entry of the map says so.
 */
#ifndef TESTS_HOST_USABLE_MEMORY_H
#define TESTS_HOST_USABLE_MEMORY_H

#include <boot/boot_info.h>

/* May the page be handed out? */
bool is_usable(const struct boot_info *info, phys_addr_t page);

/* How many may. */
uint64_t count_usable(const struct boot_info *info);

#endif
