/*
 * Other flags for the areas of a range: mprotect(), mlock(), and what fork() does with them.
 */
#include <assert.h>
#include <layout.h>
#include <mm/area_range.h>
#include <mm/user_pages.h>

struct change {
    unsigned set, clear;
    bool over_holes; /* goes on behind a hole, and reports it in the end */
};

/* Does the space stay within its limits when the area gets these flags? */
static enum error check(const struct address_space *space, const struct vm_area *area,
                        unsigned flags)
{
    uint64_t pages = (area->end - area->start) / PAGE_SIZE;
    if (flags & AREA_WRITE && area->flags & AREA_NEVER_WRITE)
        return ERROR_ACCESS;
    bool becomes_writable = flags & ~area->flags & AREA_WRITE;
    return becomes_writable ? area_range_check_content(space, flags, area->object, pages) : OK;
}

static enum error change_area(struct address_space *space, struct vm_area *area,
                              const struct change *change)
{
    unsigned flags = (area->flags & ~change->clear) | change->set;
    int64_t pages = (int64_t)((area->end - area->start) / PAGE_SIZE);
    enum error error = check(space, area, flags);
    if (error)
        return error;
    area_range_count(space, area->flags, -pages);
    area_range_count(space, flags, pages);
    bool access_changes = (area->flags ^ flags) & AREA_ACCESS;
    area->flags = flags;
    if (access_changes)
        user_pages_restrict(space, area);
    vm_areas_merge(&space->areas, area);
    return OK;
}

/* No area reaches out of the range. */
static enum error change_range(struct address_space *space, virt_addr_t start, virt_addr_t end,
                               const struct change *change)
{
    bool hole = false;
    while (start < end) {
        struct vm_area *area = vm_areas_find(&space->areas, start);
        hole |= !area || area->start > start;
        if (!area || area->start >= end || (hole && !change->over_holes))
            return ERROR_OUT_OF_FRAMES;
        start = area->end;
        enum error error = change_area(space, area, change);
        if (error)
            return error;
    }
    return hole ? ERROR_OUT_OF_FRAMES : OK;
}

static bool is_within_area(const struct address_space *space, virt_addr_t address)
{
    const struct vm_area *area = vm_areas_find(&space->areas, address);
    return area && area->start < address;
}

static enum error change_flags(struct address_space *space, virt_addr_t start, uint64_t length,
                               struct change change)
{
    virt_addr_t end = start + length;
    if (!area_range_is_valid(start, length))
        return ERROR_INVALID;
    bool splits = is_within_area(space, start) || is_within_area(space, end);
    if (splits && space->area_count >= areas_max)
        return ERROR_OUT_OF_FRAMES;
    enum error error = area_range_split(space, start, end);
    if (error)
        return error;
    error = change_range(space, start, end, &change);
    area_range_merge(space, start);
    area_range_merge(space, end);
    return error;
}

enum error address_space_protect(struct address_space *space, virt_addr_t start, uint64_t length,
                                 unsigned flags)
{
    ASSERT(!(flags & ~(unsigned)AREA_ACCESS));
    return change_flags(space, start, length, (struct change){flags, AREA_ACCESS, false});
}

enum error address_space_lock(struct address_space *space, virt_addr_t start, uint64_t length,
                              bool lock)
{
    return change_flags(space, start, length,
                        (struct change){lock ? AREA_LOCKED : 0, AREA_LOCKED, false});
}

enum error address_space_advise(struct address_space *space, virt_addr_t start, uint64_t length,
                                unsigned set, unsigned clear)
{
    return change_flags(space, start, length, (struct change){set, clear, true});
}
