/*
 * Extracts clean ranges from the firmware's memory map. Any context: only reads its arguments.
 */
#ifndef MM_MEMORY_MAP_H
#define MM_MEMORY_MAP_H

#include <boot/boot_info.h>

enum memory_kind {
    MEMORY_USABLE, /* may be allocated: available, not reserved, above the first MiB */
    MEMORY_RAM,    /* may be mapped as memory: available, reserved or not, and ACPI's */
};

/* Finds the first range of memory of that kind at or above `*from`, up to its end: whole pages
 * below DIRECT_MAP_SIZE, never empty. Sets `*from` to where the next one may begin, so that
 * repeated calls return the ranges in ascending order; they never touch. False when there is none.
 *
 * Where entries of the map overlap, the most restrictive one counts. Takes (entries)^2 steps at
 * worst. */
bool memory_map_next(const struct boot_info *info, enum memory_kind kind, phys_addr_t *from,
                     struct phys_range *range);

#endif
