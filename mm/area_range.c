#include <kernel/task/thread.h>
#include <layout.h>
#include <mm/area_range.h>
#include <mm/frame_map.h>
#include <mm/user_pages.h>

bool area_range_is_free(const struct address_space *space, virt_addr_t start, virt_addr_t end)
{
    const struct vm_area *area = vm_areas_find(&space->areas, start);
    return !area || area->start >= end;
}

void area_range_merge(struct address_space *space, virt_addr_t address)
{
    struct vm_area *area = vm_areas_find(&space->areas, address);
    if (area)
        vm_areas_merge(&space->areas, area);
}

enum error area_range_split(struct address_space *space, virt_addr_t start, virt_addr_t end)
{
    const struct vm_area *first = vm_areas_find(&space->areas, start);
    bool is_in_one = first && first->start < start && first->end > end;
    if (is_in_one && space->area_count >= areas_max)
        return ERROR_OUT_OF_FRAMES;
    enum error error = vm_areas_split(&space->areas, start);
    if (error)
        return error;
    error = vm_areas_split(&space->areas, end);
    if (error)
        area_range_merge(space, start);
    return error;
}

void area_range_pause(unsigned *left)
{
    if (*left)
        return;
    *left = USER_PAGES_AT_ONCE;
    if (thread_current())
        thread_yield();
}

/* --- Counts and limits ----------------------------------------------------------------------- */

/* What RLIMIT_DATA counts. */
static bool is_data(unsigned flags)
{
    return (flags & (AREA_WRITE | AREA_SHARED | AREA_GROWS_DOWN)) == AREA_WRITE;
}

void area_range_count(struct address_space *space, unsigned flags, int64_t pages)
{
    space->mapped_pages += (uint64_t)pages;
    if (is_data(flags))
        space->data_pages += (uint64_t)pages;
    if (flags & AREA_LOCKED)
        space->locked_pages += (uint64_t)pages;
}

/* Memory that a program can fill and that is not a file's. */
static bool needs_memory(unsigned flags, const struct vm_object *object)
{
    bool can_be_filled = flags & AREA_SHARED ? !object : flags & AREA_WRITE;
    return can_be_filled && !(flags & AREA_NO_RESERVE);
}

static bool exceeds(uint64_t pages, uint64_t limit)
{
    return pages > limit / PAGE_SIZE;
}

enum error area_range_check_content(const struct address_space *space, unsigned flags,
                                    const struct vm_object *object, uint64_t pages)
{
    if (is_data(flags) && exceeds(space->data_pages + pages, space->limits.data))
        return ERROR_OUT_OF_FRAMES;
    if (!needs_memory(flags, object))
        return OK;
    return pages > frame_map_total() ? ERROR_OUT_OF_FRAMES : OK;
}

enum error area_range_check_limits(const struct address_space *space, unsigned flags,
                                   const struct vm_object *object, uint64_t pages)
{
    if (exceeds(space->mapped_pages + pages, space->limits.total))
        return ERROR_OUT_OF_FRAMES;
    return area_range_check_content(space, flags, object, pages);
}
