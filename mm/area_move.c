/*
 * Areas that become longer, or move with their pages: mremap().
 *
 * Pages move all at once: others see them at the old place or at the new one. The entries at the
 * new place are made first, for that may fail; then the old ones are cleared.
 */
#include <assert.h>
#include <layout.h>
#include <mm/area_range.h>
#include <mm/user_pages.h>

/* The area that has all of the range; NULL when none has. */
static struct vm_area *area_with(const struct address_space *space, virt_addr_t start,
                                 uint64_t length)
{
    struct vm_area *area = vm_areas_find(&space->areas, start);
    return area && area->start <= start && length <= area->end - start ? area : NULL;
}

enum error address_space_extend(struct address_space *space, virt_addr_t start, uint64_t old_length,
                                uint64_t length)
{
    struct vm_area *area = area_with(space, start, old_length);
    virt_addr_t end = start + length;
    uint64_t more = length - old_length;
    if (!area)
        return ERROR_BAD_ADDRESS;
    enum error error = area_range_check_limits(space, area->flags, area->object, more / PAGE_SIZE);
    if (error)
        return error;
    if (area->end != start + old_length || !area_range_is_valid(start, length) ||
        !area_range_is_free(space, area->end, end))
        return ERROR_EXISTS;
    vm_areas_set_end(area, end);
    area_range_count(space, area->flags, (int64_t)(more / PAGE_SIZE));
    vm_areas_merge(&space->areas, area);
    return OK;
}

/* The pages are at the new place: the area at the old one goes, or stays without them. */
static enum error leave(struct address_space *space, virt_addr_t start, uint64_t length, bool keep)
{
    if (!keep)
        return area_range_clear(space, start, start + length);
    return address_space_lock(space, start, length, false);
}

/* Maps a new area like that at `start`, with its pages. */
static enum error move(struct address_space *space, virt_addr_t start, uint64_t old_length,
                       virt_addr_t to, uint64_t length, bool keep)
{
    const struct vm_area *area = area_with(space, start, old_length);
    ASSERT(area);
    unsigned flags = area->flags;
    struct vm_area *moved =
        vm_area_create(space, to, to + length, flags, area->object, vm_area_offset(area, start));
    if (!moved)
        return ERROR_OUT_OF_FRAMES;
    moved->has_copies = area->has_copies;
    enum error error = OK;
    if (old_length) {
        error = area_range_split(space, start, start + old_length);
        if (!error)
            error = user_pages_move(space, start, MIN(old_length, length), to);
        if (!error)
            error = leave(space, start, old_length, keep);
        area_range_merge(space, start);
    }
    if (error) {
        vm_area_destroy(moved);
        return error;
    }
    vm_areas_insert(&space->areas, moved);
    area_range_count(space, flags, (int64_t)(length / PAGE_SIZE));
    return OK;
}

enum error address_space_move(struct address_space *space, virt_addr_t start, uint64_t old_length,
                              virt_addr_t to, uint64_t length, bool keep)
{
    enum { MOST_MADE = 3 }; /* of areas, before others go */
    const struct vm_area *area = area_with(space, start, old_length);
    if (!area)
        return ERROR_BAD_ADDRESS;
    if (!old_length && !(area->flags & AREA_SHARED))
        return ERROR_INVALID;
    if (space->area_count + MOST_MADE >= areas_max)
        return ERROR_OUT_OF_FRAMES;
    uint64_t more = keep ? length : length > old_length ? length - old_length : 0;
    enum error error = area_range_check_limits(space, area->flags, area->object, more / PAGE_SIZE);
    if (!error)
        error = area_range_clear(space, to, to + length);
    return error ? error : move(space, start, old_length, to, length, keep);
}
