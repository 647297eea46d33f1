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

/* Unmaps the pages that the area shows of the range. */
static void unmap_in_area(const struct vm_area *area, uint64_t first, uint64_t end)
{
    uint64_t area_first = area->offset / PAGE_SIZE;
    uint64_t area_end = area_first + (area->end - area->start) / PAGE_SIZE;
    unsigned left = UINT32_MAX;
    first = MAX(first, area_first);
    end = MIN(end, area_end);
    if (first < end)
        user_pages_unmap(area->space, area->start + (first - area_first) * PAGE_SIZE,
                         area->start + (end - area_first) * PAGE_SIZE, &left);
}

void vm_object_unmap(struct vm_object *object, uint64_t first, uint64_t end)
{
    list_for_each(node, &object->areas)
        unmap_in_area(CONTAINER_OF(node, struct vm_area, of_object), first, end);
}
