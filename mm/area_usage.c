#include <layout.h>
#include <mm/area_usage.h>
#include <mm/frames.h>
#include <mm/user_pages.h>

static void add_page(struct area_usage *usage, uint64_t entry)
{
    unsigned references = frame_references(entry & PAGE_ADDRESS_MASK);
    bool dirty = entry & PAGE_DIRTY;
    usage->resident += PAGE_SIZE;
    usage->proportional += PAGE_SIZE / references;
    if (references > 1)
        *(dirty ? &usage->shared_dirty : &usage->shared_clean) += PAGE_SIZE;
    else
        *(dirty ? &usage->private_dirty : &usage->private_clean) += PAGE_SIZE;
    if (entry & PAGE_ACCESSED)
        usage->referenced += PAGE_SIZE;
}

void area_usage_get(const struct address_space *space, const struct vm_area *area,
                    struct area_usage *usage)
{
    uint64_t entry;
    *usage = (struct area_usage){0};
    for (virt_addr_t page = area->start; paging_next_page(&space->tables, &page, area->end, &entry);
         page += PAGE_SIZE) {
        if ((entry & PAGE_ADDRESS_MASK) != user_pages_zeros())
            add_page(usage, entry);
    }
}
