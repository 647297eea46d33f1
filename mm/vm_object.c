#include <assert.h>
#include <layout.h>
#include <mm/user_pages.h>
#include <mm/vm_object.h>

void vm_object_reference(struct vm_object *object)
{
    if (object)
        object->references++;
}

void vm_object_release(struct vm_object *object)
{
    if (!object)
        return;
    ASSERT(object->references > 0);
    if (--object->references > 0)
        return;
    ASSERT(list_empty(&object->areas)); /* each has a reference */
    object->operations->release(object);
}

/* --- Where it is mapped ---------------------------------------------------------------------- */

static struct vm_area *area_of(struct list_node *node)
{
    return CONTAINER_OF(node, struct vm_area, of_object);
}

/* The addresses at which an area shows a part of the range; false: it shows none. */
static bool part_in(const struct vm_area *area, uint64_t first, uint64_t end, virt_addr_t *from,
                    virt_addr_t *to)
{
    uint64_t area_first = area->offset / PAGE_SIZE;
    uint64_t area_end = area_first + (area->end - area->start) / PAGE_SIZE;
    first = MAX(first, area_first);
    end = MIN(end, area_end);
    *from = area->start + (first - area_first) * PAGE_SIZE;
    *to = area->start + (end - area_first) * PAGE_SIZE;
    return first < end;
}

void vm_object_unmap(struct vm_object *object, uint64_t first, uint64_t end)
{
    list_for_each(node, &object->areas) {
        virt_addr_t from, to;
        unsigned left = UINT32_MAX;
        if (part_in(area_of(node), first, end, &from, &to))
            user_pages_unmap(area_of(node)->space, from, to, &left);
    }
}

bool vm_object_unmap_frame(struct vm_object *object, uint64_t index, phys_addr_t frame)
{
    list_for_each(node, &object->areas) {
        const struct vm_area *area = area_of(node);
        virt_addr_t from, to;
        unsigned left = UINT32_MAX;
        if (!part_in(area, index, index + 1, &from, &to))
            continue;
        if (area->flags & AREA_LOCKED)
            return false;
        if ((paging_entry(&area->space->tables, from) & PAGE_ADDRESS_MASK) == frame)
            user_pages_unmap(area->space, from, to, &left);
    }
    return true;
}

void vm_object_forbid_writes(struct vm_object *object, uint64_t index)
{
    list_for_each(node, &object->areas) {
        const struct vm_area *area = area_of(node);
        virt_addr_t from, to;
        if (area->flags & AREA_SHARED && part_in(area, index, index + 1, &from, &to))
            user_page_forbid_writes(area, from);
    }
}
