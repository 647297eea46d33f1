/*
 * The direct map: memory and devices, each mapped at DIRECT_MAP_BASE plus its physical address.
 * Nothing here may be called in an interrupt handler.
 */
#ifndef MM_DIRECT_MAP_H
#define MM_DIRECT_MAP_H

#include <boot/boot_info.h>
#include <mm/paging.h>

/* Maps the memory below `constants` (whole pages) and all other memory of `info` writable, and
 * `constants` read-only; nothing is executable, and no page is larger than `largest`.
 * ERROR_OUT_OF_FRAMES; then a part is mapped. */
enum error direct_map_init(struct page_tables *tables, const struct boot_info *info,
                           struct phys_range constants, enum page_size largest);

/* Maps the pages of a device's memory to where phys_to_virt() expects them, with `caching`:
 * PAGE_UNCACHED for registers, PAGE_WRITE_COMBINING for a framebuffer. A page that is mapped
 * already stays as it is: so a range may be mapped twice, and a framebuffer may lie in RAM.
 * ERROR_INVALID for addresses that are not in the direct map, ERROR_OUT_OF_FRAMES; then a part may
 * be mapped, and another call maps the rest. */
enum error direct_map_device(struct page_tables *tables, phys_addr_t address, uint64_t size,
                             uint64_t caching);

#endif
