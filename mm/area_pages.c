#include <layout.h>
#include <mm/area_pages.h>
#include <mm/user_pages.h>

struct area_pages area_pages_count(const struct address_space *space, const struct vm_area *area)
{
    struct area_pages pages = {0};
    uint64_t entry;
    for (virt_addr_t page = area->start;
         page < area->end && paging_next_page(&space->tables, &page, area->end, &entry);
         page += PAGE_SIZE) {
        pages.entries++;
        pages.resident += (entry & PAGE_ADDRESS_MASK) != user_pages_zeros();
        pages.dirty += (entry & PAGE_DIRTY) != 0;
    }
    return pages;
}
