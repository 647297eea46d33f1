#include <layout.h>
#include <mm/paging_count.h>

enum { ENTRIES = 512 };

/* The tables that the first `entries` of a table link. At most four levels deep. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static uint64_t count_below(phys_addr_t table, size_t entries)
{
    const uint64_t *entry = phys_to_virt(table);
    uint64_t count = 0;
    for (size_t i = 0; i < entries; i++) {
        if (entry[i] & PAGE_TABLE)
            count += 1 + count_below(entry[i] & PAGE_ADDRESS_MASK, ENTRIES);
    }
    return count;
}

uint64_t paging_count_tables(const struct page_tables *tables)
{
    return 1 + count_below(tables->root, ENTRIES / 2);
}
