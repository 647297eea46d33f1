/*
 * The walks of mm/paging.c trust the tables. This one does not, because fault reports use it: a
 * table may be broken, and its entries may point anywhere.
 */
#include <kernel/cpu/safe_load.h>
#include <layout.h>
#include <mm/paging_walk.h>

enum { ENTRIES = 512 };

/* False when the table's address has no memory. */
static bool read_entry(phys_addr_t table, unsigned index, uint64_t *entry)
{
    uint32_t low, high;
    if (table >= DIRECT_MAP_SIZE)
        return false;
    virt_addr_t place = (virt_addr_t)phys_to_virt(table) + index * sizeof(*entry);
    if (!safe_load_word(place, &low) || !safe_load_word(place + sizeof(low), &high))
        return false;
    *entry = (uint64_t)high << 32 | low;
    return true;
}

size_t paging_walk(const struct page_tables *tables, virt_addr_t address,
                   struct paging_step steps[PAGING_LEVELS])
{
    size_t count = 0;
    phys_addr_t table = tables->root;
    for (unsigned level = PAGING_LEVELS; is_canonical(address) && level > 0; level--) {
        unsigned index = address >> (3 + 9 * level) & (ENTRIES - 1);
        uint64_t entry;
        if (!read_entry(table, index, &entry))
            break;
        steps[count++] = (struct paging_step){level, index, entry};
        if (!(entry & PAGE_TABLE))
            break;
        table = entry & PAGE_ADDRESS_MASK;
    }
    return count;
}
