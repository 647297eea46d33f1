/*
 * Only what the memory map calls RAM is mapped, and with cached pages: a stray access to anything
 * else faults, and the processor does not read ahead into device memory. Devices are added when
 * their driver asks. All memory below the kernel is mapped, for the VGA text window and the
 * firmware's tables; the fixed MTRRs decide which parts of the first MiB are cached (Intel SDM 3A
 * 12.11.2.2).
 */
#include <assert.h>
#include <layout.h>
#include <mm/direct_map.h>
#include <mm/memory_map.h>

#define CONSTANTS (PAGE_NO_EXECUTE | PAGE_GLOBAL)
#define DATA      (PAGE_NO_EXECUTE | PAGE_GLOBAL | PAGE_WRITABLE)

static enum error map(struct page_tables *tables, struct phys_range range, enum page_size largest,
                      uint64_t flags)
{
    virt_addr_t virt = (virt_addr_t)phys_to_virt(range.start);
    return paging_map_range(tables, virt, range.start, range.end - range.start, largest, flags);
}

enum error direct_map_init(struct page_tables *tables, const struct boot_info *info,
                           struct phys_range constants, enum page_size largest)
{
    phys_addr_t from = constants.end;
    struct phys_range range = {0, constants.start};
    enum error error = map(tables, range, largest, DATA);
    if (!error)
        error = map(tables, constants, largest, CONSTANTS);
    while (!error && memory_map_next(info, MEMORY_RAM, &from, &range))
        error = map(tables, range, largest, DATA);
    return error;
}

enum error direct_map_device(struct page_tables *tables, phys_addr_t address, uint64_t size,
                             uint64_t caching)
{
    if (size == 0 || address >= DIRECT_MAP_SIZE || size > DIRECT_MAP_SIZE - address)
        return ERROR_INVALID;
    ASSERT((caching & ~(PAGE_UNCACHED | PAGE_WRITE_COMBINING)) == 0);
    phys_addr_t start = ALIGN_DOWN(address, PAGE_SIZE), end = ALIGN_UP(address + size, PAGE_SIZE);
    virt_addr_t virt = (virt_addr_t)phys_to_virt(start);
    uint64_t flags = DATA | caching;
    enum error error = paging_map_range(tables, virt, start, end - start, PAGE_2M, flags);
    if (error != ERROR_ALREADY_MAPPED && error != ERROR_PART_OF_LARGER_PAGE)
        return error;
    /* A part of the range is mapped: map the rest page by page. */
    for (; start < end; start += PAGE_SIZE) {
        virt = (virt_addr_t)phys_to_virt(start);
        error = paging_map(tables, virt, start, PAGE_4K, flags);
        if (error == ERROR_OUT_OF_FRAMES)
            return error;
    }
    return OK;
}
