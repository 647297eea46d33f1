#include "physical_memory.h"

#include <assert.h>
#include <layout.h>
#include <mm/frames.h>
#include <string.h>
#include <sys/mman.h>

/* What physical_memory_simple() fills. */
enum { FILLED_START = MIB(1), FILLED_END = MIB(2) };

static void map(uint64_t start, uint64_t end, int fixed)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed;
    void *got = mmap(phys_to_virt(start), end - start, PROT_READ | PROT_WRITE, flags, -1, 0);
    ASSERT(got == phys_to_virt(start));
}

/* The pages that are filled anyway stay, for each new page costs the host a fault. */
void physical_memory_reset(void)
{
    static bool mapped;
    if (mapped) {
        map(0, FILLED_START, MAP_FIXED);
        map(FILLED_END, DIRECT_MAP_SIZE, MAP_FIXED);
        memset(phys_to_virt(FILLED_START), 0, FILLED_END - FILLED_START);
    } else {
        map(0, DIRECT_MAP_SIZE, MAP_FIXED_NOREPLACE);
    }
    mapped = true;
}

void physical_memory_no_map(struct boot_info *info)
{
    info->region_count = 0;
    info->reserved_count = 0;
}

void physical_memory_add(struct boot_info *info, phys_addr_t base, uint64_t length, uint32_t type)
{
    ASSERT(info->region_count < BOOT_MAX_REGIONS);
    info->regions[info->region_count++] = (struct memory_region){base, length, type};
}

void physical_memory_reserve(struct boot_info *info, phys_addr_t start, phys_addr_t end)
{
    ASSERT(info->reserved_count < BOOT_MAX_RESERVED);
    info->reserved[info->reserved_count++] = (struct phys_range){start, end};
}

/* Fills the memory that is handed out first: it is not zero. */
void physical_memory_simple(uint64_t size)
{
    static struct boot_info info;
    physical_memory_reset();
    physical_memory_no_map(&info);
    physical_memory_add(&info, 0, size, MEMORY_AVAILABLE);
    memset(phys_to_virt(FILLED_START), 0xa5, MIN(size, (uint64_t)FILLED_END) - FILLED_START);
    frames_init(&info);
}

uint64_t free_frames(void)
{
    struct frames_stats stats;
    frames_stats(&stats);
    return stats.total == stats.free + stats.used ? stats.free : UINT64_MAX;
}
