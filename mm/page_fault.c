/*
 * How a page fault in user memory is resolved:
 *
 *     anonymous, read      the page of zeros, read-only
 *     anonymous, written   a frame of its own, cleared
 *     private, of object   the object's frame, read-only; when it is written, a copy
 *     shared, of object    the object's frame; writable once it was asked for with `write`
 *     mapped, written      (copy on write) the frame itself when nobody else has a reference to it,
 *                          else a copy
 *     below a stack        the area grows; then as above
 *
 * Only get_page() of an object waits. Other threads of the program may change the areas meanwhile,
 * so the page is mapped only if the area that is there then still has the same page of the same
 * object. Otherwise nothing is mapped, and the access, which is tried again, may fault again.
 *
 * A program sees no data but its own: each frame that it gets was cleared, was copied over from end
 * to end, or comes from an object.
 */
#include <assert.h>
#include <layout.h>
#include <mm/area_range.h>
#include <mm/frame_content.h>
#include <mm/frames.h>
#include <mm/user_pages.h>

/* Any access makes a page readable, as the processor knows no page that can only be written or
 * executed. */
static bool allows(const struct vm_area *area, unsigned access)
{
    if (access & AREA_WRITE)
        return area->flags & AREA_WRITE;
    if (access & AREA_EXECUTE)
        return area->flags & AREA_EXECUTE;
    return area->flags & AREA_ACCESS;
}

/* Moves the start of an area that grows down to `page`, if the limit and the area below permit. */
static bool grow(struct address_space *space, struct vm_area *area, virt_addr_t page)
{
    const struct vm_area *below = vm_areas_previous(area);
    bool has_guard = below && below->flags & AREA_ACCESS && !(below->flags & AREA_GROWS_DOWN);
    virt_addr_t floor = below ? below->end + (has_guard ? AREA_GUARD : 0) : USER_START;
    uint64_t pages = (area->start - page) / PAGE_SIZE;
    if (page < floor || area->end - page > space->limits.stack ||
        area_range_check_limits(space, area->flags, area->object, pages))
        return false;
    area_range_count(space, area->flags, (int64_t)pages);
    vm_areas_set_start(area, page);
    return true;
}

/* The area of a page, which may grow for that; NULL when there is none. */
static struct vm_area *find_area(struct address_space *space, virt_addr_t page)
{
    struct vm_area *area = vm_areas_find(&space->areas, page);
    if (!area || area->start <= page)
        return area;
    return area->flags & AREA_GROWS_DOWN && grow(space, area, page) ? area : NULL;
}

/* A new frame with the content of the page of an entry. NO_FRAME when none is left. */
static phys_addr_t copy_frame(phys_addr_t from)
{
    phys_addr_t frame = frame_alloc();
    if (frame == NO_FRAME)
        return NO_FRAME;
    if (from == user_pages_zeros())
        frame_clear(frame);
    else
        frame_copy(frame, from);
    return frame;
}

static enum error map_anonymous(struct address_space *space, struct vm_area *area, virt_addr_t page,
                                bool write)
{
    phys_addr_t frame = user_pages_zeros();
    if (write)
        frame = copy_frame(frame);
    if (frame == NO_FRAME)
        return ERROR_OUT_OF_FRAMES;
    return user_page_map(space, page, frame, user_page_flags(area, write));
}

/* The first write to a page of a private area that is mapped read-only. */
static enum error copy_on_write(struct address_space *space, struct vm_area *area, virt_addr_t page,
                                uint64_t entry)
{
    phys_addr_t frame = entry & PAGE_ADDRESS_MASK;
    uint64_t flags = user_page_flags(area, true);
    if (frame != user_pages_zeros() && !frame_is_shared(frame))
        return paging_protect(&space->tables, page, PAGE_4K, flags);
    phys_addr_t copy = copy_frame(frame);
    if (copy == NO_FRAME)
        return ERROR_OUT_OF_FRAMES;
    user_page_replace(space, page, entry, copy, flags);
    area->has_copies = true;
    return OK;
}

/* --- Pages of objects ----------------------------------------------------------------------- */

struct object_page {
    struct vm_object *object;
    uint64_t index;
    bool shared;
};

static struct object_page object_page(const struct vm_area *area, virt_addr_t page)
{
    return (struct object_page){area->object, vm_area_offset(area, page) / PAGE_SIZE,
                                area->flags & AREA_SHARED};
}

/* Maps the object's frame, whose reference it takes over, or a copy of it. */
static enum error map_object_page(struct address_space *space, struct vm_area *area,
                                  virt_addr_t page, phys_addr_t frame, bool write)
{
    if (write && !(area->flags & AREA_SHARED)) {
        phys_addr_t copy = copy_frame(frame);
        frame_free(frame);
        if (copy == NO_FRAME)
            return ERROR_OUT_OF_FRAMES;
        frame = copy;
        area->has_copies = true;
    }
    uint64_t flags = user_page_flags(area, write), entry = paging_entry(&space->tables, page);
    if (!entry)
        return user_page_map(space, page, frame, flags);
    user_page_replace(space, page, entry, frame, flags);
    return OK;
}

/* The area that has the page now, if it still shows the wanted page of the object, and the page's
 * entry is still the one that caused the fault; else NULL. Both may have changed while get_page()
 * waited. */
static struct vm_area *look_again(struct address_space *space, virt_addr_t page, uint64_t entry,
                                  struct object_page wanted)
{
    struct vm_area *area = vm_areas_find(&space->areas, page);
    if (!area || area->start > page || paging_entry(&space->tables, page) != entry)
        return NULL;
    struct object_page found = object_page(area, page);
    bool same = found.object == wanted.object && found.index == wanted.index &&
                found.shared == wanted.shared;
    return same ? area : NULL;
}

/* Maps those of the pages around that the object has in memory, since programs often use pages that
 * lie close together (Linux: fault_around_bytes). Does not wait, and stops at the first failure. */
static void map_around(struct address_space *space, struct vm_area *area, virt_addr_t page)
{
    const uint64_t around = 16 * PAGE_SIZE;
    struct vm_object *object = area->object;
    virt_addr_t first = ALIGN_DOWN(page, around), end = MIN(first + around, area->end);
    for (virt_addr_t at = MAX(first, area->start); at < end; at += PAGE_SIZE) {
        uint64_t index = vm_area_offset(area, at) / PAGE_SIZE;
        phys_addr_t frame;
        if (paging_entry(&space->tables, at) || !object->operations->has_page(object, index))
            continue;
        if (object->operations->get_page(object, index, false, &frame) ||
            user_page_map(space, at, frame, user_page_flags(area, false)))
            return;
    }
}

/* May wait. The pointer `area` is not valid after that. */
static enum error fault_object(struct address_space *space, struct vm_area *area, virt_addr_t page,
                               uint64_t entry, bool write)
{
    struct object_page wanted = object_page(area, page);
    struct vm_object *object = wanted.object;
    phys_addr_t frame;
    vm_object_reference(object); /* the area may go */
    enum error error =
        object->operations->get_page(object, wanted.index, write && wanted.shared, &frame);
    if (!error) {
        area = look_again(space, page, entry, wanted);
        if (area)
            error = map_object_page(space, area, page, frame, write);
        else
            frame_free(frame);
        if (area && !error && !write && object->operations->has_page)
            map_around(space, area, page);
    }
    vm_object_release(object);
    return error;
}

/* -------------------------------------------------------------------------------------------- */

enum error address_space_fault(struct address_space *space, virt_addr_t address, unsigned access)
{
    virt_addr_t page = ALIGN_DOWN(address, PAGE_SIZE);
    struct vm_area *area = address < USER_END ? find_area(space, page) : NULL;
    if (!area || space->is_abandoned)
        return ERROR_NOT_MAPPED;
    if (!allows(area, access))
        return ERROR_ACCESS;
    bool write = access & AREA_WRITE;
    uint64_t entry = paging_entry(&space->tables, page);
    if (entry && (!write || entry & PAGE_WRITABLE))
        return OK; /* another thread's fault has mapped it */
    if (area->object && (!entry || area->flags & AREA_SHARED))
        return fault_object(space, area, page, entry, write);
    return entry ? copy_on_write(space, area, page, entry)
                 : map_anonymous(space, area, page, write);
}
