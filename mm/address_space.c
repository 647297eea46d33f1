/*
 * Areas say what a program may do. Page tables hold the pages that it has touched, and an entry
 * allows what the area allows, or less: a page fault makes up the difference (mm/page_fault.c). So
 * mapping an area costs no page, and unmapping it takes a step for each page that was touched.
 *
 * A page without access (PROT_NONE) that was touched before stays in the tables, without PAGE_USER.
 *
 * Each entry that maps a frame holds one of the frame's references. Those to the frame of zeros are
 * not counted.
 */
#include <assert.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/cpu.h>
#include <layout.h>
#include <mm/area_range.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/kernel_space.h>
#include <mm/shared_memory.h>
#include <mm/user_pages.h>

/* Where MAP_32BIT maps (Linux: arch/x86/kernel/sys_x86_64.c). */
#define LOW_GAPS_START 0x40000000u
#define LOW_GAPS_END   0x80000000u

/* Drops an area with its pages, or the first part of it. Returns where it has stopped. */
static virt_addr_t drop(struct address_space *space, struct vm_area *area, unsigned *left)
{
    virt_addr_t stop = user_pages_unmap(space, area->start, area->end, left);
    area_range_count(space, area->flags, -(int64_t)((stop - area->start) / PAGE_SIZE));
    if (stop < area->end) {
        vm_areas_set_start(area, stop);
    } else {
        vm_areas_remove(&space->areas, area);
        vm_area_destroy(area);
    }
    return stop;
}

/* --- Spaces --------------------------------------------------------------------------------- */

enum error address_space_create(struct address_space **space)
{
    struct address_space *created = kzalloc(sizeof(*created));
    if (!created)
        return ERROR_OUT_OF_FRAMES;
    enum error error = user_pages_init(created);
    if (error) {
        kfree(created);
        return error;
    }
    created->limits = (struct memory_limits){UINT64_MAX, UINT64_MAX, AREA_STACK_LIMIT};
    created->references = 1;
    created->gaps_end = USER_GAPS_END;
    *space = created;
    return OK;
}

void address_space_reference(struct address_space *space)
{
    if (space)
        space->references++;
}

void address_space_release(struct address_space *space)
{
    if (!space)
        return;
    ASSERT(space->references > 0);
    if (--space->references > 0)
        return;
    if (this_cpu()->space == space)
        address_space_use(NULL);
    unsigned left = USER_PAGES_AT_ONCE;
    for (struct vm_area *area; (area = vm_areas_find(&space->areas, 0)); area_range_pause(&left))
        drop(space, area, &left);
    ASSERT(space->mapped_pages == 0);
    user_pages_destroy(space);
    kfree(space);
}

void address_space_use(struct address_space *space)
{
    struct cpu *cpu = this_cpu();
    if (cpu->space == space)
        return;
    cpu->space = space;
    write_cr3(space ? space->tables.root : kernel_space.root);
}

/* Adds to the copy what an area of `from` has from `*start` on, or the first part of it. Sets
 * *start to where it has stopped. */
static enum error copy_area(struct address_space *from, struct address_space *copy,
                            const struct vm_area *area, virt_addr_t *start, unsigned *left)
{
    ASSERT(*left > 0); /* or nothing would be copied */
    if (area->flags & AREA_NOT_COPIED) {
        *start = area->end;
        return OK;
    }
    struct vm_area *created =
        vm_area_create(copy, *start, area->end, area->flags & ~(unsigned)AREA_LOCKED, area->object,
                       vm_area_offset(area, *start));
    if (!created)
        return ERROR_OUT_OF_FRAMES;
    /* An object's pages come from the object again. */
    enum error error = OK;
    created->has_copies = area->has_copies;
    if (area->flags & (AREA_SHARED | AREA_WIPED) || (area->object && !area->has_copies))
        *start = area->end;
    else
        error = user_pages_share(from, copy, area, start, left);
    created->end = *start;
    area_range_count(copy, created->flags, (int64_t)((created->end - created->start) / PAGE_SIZE));
    vm_areas_insert(&copy->areas, created);
    return error;
}

/* Other threads may change the areas of `from` meanwhile; each part is copied as it is then. */
enum error address_space_copy(struct address_space *from, struct address_space **copy)
{
    struct address_space *created;
    enum error error = address_space_create(&created);
    if (error)
        return error;
    created->heap_start = from->heap_start;
    created->heap_end = from->heap_end;
    created->limits = from->limits;
    created->gaps_end = from->gaps_end;
    unsigned left = USER_PAGES_AT_ONCE;
    virt_addr_t at = 0;
    for (const struct vm_area *area; !error && (area = vm_areas_find(&from->areas, at));) {
        at = MAX(at, area->start);
        error = copy_area(from, created, area, &at, &left);
        area_range_pause(&left);
    }
    if (from->is_abandoned)
        error = ERROR_OUT_OF_FRAMES; /* some of its pages may have gone meanwhile */
    if (error)
        address_space_release(created);
    else
        *copy = created;
    return error;
}

/* --- Areas ---------------------------------------------------------------------------------- */

/* The first area that has a part in the range; NULL: there is none. */
static struct vm_area *first_in(const struct address_space *space, virt_addr_t start,
                                virt_addr_t end)
{
    struct vm_area *area = start < end ? vm_areas_find(&space->areas, start) : NULL;
    return area && area->start < end ? area : NULL;
}

/* Drops what lies in a range, of which `area` has the first part, or a part of it. Sets *start to
 * where it has stopped. */
static enum error clear_some(struct address_space *space, struct vm_area *area, virt_addr_t *start,
                             virt_addr_t end, unsigned *left)
{
    bool is_inside = area->start >= *start && area->end <= end;
    enum error error = is_inside ? OK : area_range_split(space, *start, end);
    if (!error)
        *start = drop(space, is_inside ? area : vm_areas_find(&space->areas, *start), left);
    return error;
}

enum error area_range_clear(struct address_space *space, virt_addr_t start, virt_addr_t end)
{
    unsigned left = UINT32_MAX;
    enum error error = OK;
    for (struct vm_area *area; !error && (area = first_in(space, start, end));)
        error = clear_some(space, area, &start, end, &left);
    return error;
}

/* How many pages of the range are in areas. */
static uint64_t pages_in(const struct address_space *space, virt_addr_t start, virt_addr_t end)
{
    uint64_t pages = 0;
    const struct vm_area *area = vm_areas_find(&space->areas, start);
    for (; area && area->start < end; area = vm_areas_find(&space->areas, area->end))
        pages += (MIN(area->end, end) - MAX(area->start, start)) / PAGE_SIZE;
    return pages;
}

/* Do the limits allow a new area? The pages that it replaces do not count. */
static enum error check_room(const struct address_space *space, virt_addr_t start, uint64_t length,
                             unsigned flags, const struct vm_object *object)
{
    uint64_t pages = length / PAGE_SIZE;
    enum error error = area_range_check_limits(space, flags, object, pages);
    if (error)
        error = area_range_check_limits(space, flags, object,
                                        pages - pages_in(space, start, start + length));
    return error;
}

/* Shared memory without a file has an object of its own. NULL when memory is out. */
static struct vm_area *create_area(struct address_space *space, virt_addr_t start, virt_addr_t end,
                                   unsigned flags, struct vm_object *object, uint64_t offset)
{
    if (object || !(flags & AREA_SHARED))
        return vm_area_create(space, start, end, flags, object, offset);
    object = shared_memory_create();
    struct vm_area *area = object ? vm_area_create(space, start, end, flags, object, 0) : NULL;
    vm_object_release(object);
    return area;
}

enum error address_space_map(struct address_space *space, virt_addr_t start, uint64_t length,
                             unsigned flags, struct vm_object *object, uint64_t offset)
{
    if (!area_range_is_valid(start, length) || !IS_ALIGNED(offset, PAGE_SIZE) ||
        offset + length < offset)
        return ERROR_INVALID;
    if (start < USER_START)
        return ERROR_NOT_PERMITTED;
    if (space->area_count > areas_max)
        return ERROR_OUT_OF_FRAMES;
    flags |= space->default_flags;
    enum error error = check_room(space, start, length, flags, object);
    if (error)
        return error;
    struct vm_area *area = create_area(space, start, start + length, flags, object, offset);
    if (!area)
        return ERROR_OUT_OF_FRAMES;
    error = area_range_clear(space, start, start + length);
    if (error) {
        vm_area_destroy(area);
        return error;
    }
    vm_areas_insert(&space->areas, area);
    area_range_count(space, flags, (int64_t)(length / PAGE_SIZE));
    return OK;
}

bool address_space_is_free(const struct address_space *space, virt_addr_t start, uint64_t length)
{
    return area_range_is_valid(start, length) && start >= USER_START &&
           area_range_is_free(space, start, start + length);
}

enum error address_space_find_gap(struct address_space *space, virt_addr_t hint, uint64_t length,
                                  virt_addr_t *start)
{
    hint = ALIGN_DOWN(hint, PAGE_SIZE);
    if (hint) {
        *start = MAX(hint, USER_START);
        if (address_space_is_free(space, *start, length))
            return OK;
    }
    if (!area_range_is_valid(USER_START, length))
        return ERROR_INVALID;
    bool found = vm_areas_find_gap(&space->areas, USER_START, space->gaps_end, length, start);
    return found ? OK : ERROR_OUT_OF_FRAMES;
}

enum error address_space_find_low_gap(struct address_space *space, virt_addr_t hint,
                                      uint64_t length, virt_addr_t *start)
{
    *start = ALIGN_DOWN(hint, PAGE_SIZE);
    if (*start && *start < LOW_GAPS_END && length <= LOW_GAPS_END - *start &&
        address_space_is_free(space, *start, length))
        return OK;
    bool found = vm_areas_find_gap(&space->areas, LOW_GAPS_START, LOW_GAPS_END, length, start);
    return found ? OK : ERROR_OUT_OF_FRAMES;
}

enum error address_space_unmap(struct address_space *space, virt_addr_t start, uint64_t length)
{
    virt_addr_t end = start + length;
    unsigned left = USER_PAGES_AT_ONCE;
    enum error error = area_range_is_valid(start, length) ? OK : ERROR_INVALID;
    for (struct vm_area *area; !error && (area = first_in(space, start, end));) {
        error = clear_some(space, area, &start, end, &left);
        area_range_pause(&left);
    }
    return error;
}

const struct vm_area *address_space_next_area(const struct address_space *space, virt_addr_t from)
{
    return vm_areas_find(&space->areas, from);
}
