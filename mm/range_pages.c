/*
 * The pages of a range: to bring them in, to drop them, and to tell which are there.
 */
#include <layout.h>
#include <mm/area_range.h>
#include <mm/user_pages.h>

/* Drops the pages from *start on up to the end of an area, of `end`, or of `*left`. */
static enum error discard_some(struct address_space *space, virt_addr_t *start, virt_addr_t end,
                               bool *hole, unsigned *left)
{
    const struct vm_area *area = vm_areas_find(&space->areas, *start);
    if (!area || area->start > *start)
        *hole = true;
    if (!area || area->start >= end) {
        *start = end;
        return OK;
    }
    if (area->flags & AREA_LOCKED)
        return ERROR_INVALID;
    *start = user_pages_unmap(space, MAX(*start, area->start), MIN(area->end, end), left);
    return OK;
}

enum error address_space_discard(struct address_space *space, virt_addr_t start, uint64_t length)
{
    virt_addr_t end = start + length;
    unsigned left = USER_PAGES_AT_ONCE;
    bool hole = false;
    enum error error = area_range_is_valid(start, length) ? OK : ERROR_INVALID;
    while (!error && start < end) {
        error = discard_some(space, &start, end, &hole, &left);
        area_range_pause(&left);
    }
    return error == OK && hole ? ERROR_OUT_OF_FRAMES : error;
}

void address_space_abandon(struct address_space *space)
{
    unsigned left = UINT32_MAX;
    space->is_abandoned = true;
    const struct vm_area *area = vm_areas_find(&space->areas, 0);
    for (; area; area = vm_areas_find(&space->areas, area->end)) {
        if (!(area->flags & AREA_SHARED))
            user_pages_unmap(space, area->start, area->end, &left);
    }
}

/* The access that brings a page in: of a private page a write, so that it is the program's own. */
static unsigned access_of(const struct vm_area *area)
{
    if ((area->flags & (AREA_WRITE | AREA_SHARED)) == AREA_WRITE)
        return AREA_WRITE;
    return area->flags & AREA_ACCESS ? AREA_READ : 0;
}

enum error address_space_populate(struct address_space *space, virt_addr_t start, uint64_t length)
{
    unsigned left = USER_PAGES_AT_ONCE;
    enum error error = area_range_is_valid(start, length) ? OK : ERROR_INVALID;
    for (virt_addr_t end = start + length; !error && start < end; start += PAGE_SIZE) {
        const struct vm_area *area = vm_areas_find(&space->areas, start);
        if (!area || area->start > start)
            return ERROR_NOT_MAPPED;
        unsigned access = access_of(area);
        if (!access)
            return ERROR_ACCESS;
        error = address_space_fault(space, start, access);
        left--;
        area_range_pause(&left);
    }
    return error;
}

static bool is_resident(const struct address_space *space, const struct vm_area *area,
                        virt_addr_t page)
{
    struct vm_object *object = area->object;
    if (paging_entry(&space->tables, page))
        return true;
    return object && object->operations->has_page &&
           object->operations->has_page(object, vm_area_offset(area, page) / PAGE_SIZE);
}

enum error address_space_list_resident(const struct address_space *space, virt_addr_t start,
                                       size_t pages, uint8_t *resident)
{
    for (size_t i = 0; i < pages; i++) {
        virt_addr_t page = start + i * PAGE_SIZE;
        const struct vm_area *area = vm_areas_find(&space->areas, page);
        if (!area || area->start > page)
            return ERROR_OUT_OF_FRAMES;
        resident[i] = is_resident(space, area, page);
    }
    return OK;
}
