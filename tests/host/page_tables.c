#include "page_tables.h"

#include <kernel/cpu/control.h>
#include <layout.h>
#include <mm/frames.h>

#include "physical_memory.h"

unsigned invlpg_count;
virt_addr_t invlpg_last;
uint64_t invlpg_free_frames;

struct page_tables space;

void invlpg(virt_addr_t address)
{
    invlpg_count++;
    invlpg_last = address;
    invlpg_free_frames = free_frames();
}

void tables_set_up(uint64_t memory)
{
    physical_memory_simple(memory);
    paging_init(&space);
    invlpg_count = 0;
}

void tables_leave_frames(uint64_t leave)
{
    while (free_frames() > leave)
        frame_alloc();
}

static void look_through(phys_addr_t table, unsigned level, uint64_t base, struct tables *seen)
{
    const uint64_t *entries = phys_to_virt(table);
    unsigned used = 0;
    for (uint64_t i = 0; i < 512; i++) {
        uint64_t entry = entries[i], virt = base | i << (12 + 9 * (level - 1));
        uint64_t size = UINT64_C(1) << (12 + 9 * (level - 1));
        used += entry != 0;
        if (!(entry & 1)) {
            seen->bad += entry != 0;
        } else if (level == 1 || entry & 1 << 7) {
            seen->pages[level]++;
            seen->bytes += size;
            seen->bad += (entry & 2) && !(entry & 4) && !(entry >> 63);
            seen->bad += (entry & UINT64_C(0xffffffffff000) & (size - 1)) != 0;
            seen->bad += level == 4;
        } else {
            seen->tables++;
            seen->bad += !(entry & 2) || entry >> 63;
            look_through(entry & UINT64_C(0xffffffffff000), level - 1, virt, seen);
        }
    }
    seen->bad += level < 4 && used == 0;
}

struct tables tables_look(void)
{
    struct tables seen = {0};
    look_through(space.root, 4, 0, &seen);
    return seen;
}

phys_addr_t tables_translate(virt_addr_t address)
{
    phys_addr_t physical;
    return paging_translate(&space, address, &physical) == OK ? physical : UINT64_MAX;
}
