/*
 * Areas say what a program may do; page tables show the pages that it has touched, and always allow
 * what the area allows or less: a page fault makes up the difference (mm/page_fault.c). So to map
 * costs no page, and to unmap costs only those that were touched.
 *
 * A page without access (PROT_NONE) that was touched before stays in the tables, without PAGE_USER.
 *
 * Each entry that maps a frame holds one of the frame's references; that of the page of zeros is
 * not counted.
 */
#include <assert.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/cpu.h>
#include <layout.h>
#include <mm/address_space.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/kernel_space.h>
#include <mm/user_pages.h>

static uint64_t pages_of(const struct vm_area *area)
{
    return (area->end - area->start) / PAGE_SIZE;
}

/* Drops the areas from `start` to `end`, none of which reaches out of that, with their pages. */
static void drop_areas(struct address_space *space, virt_addr_t start, virt_addr_t end)
{
    struct vm_area *area;
    while ((area = vm_areas_find(&space->areas, start)) && area->start < end) {
        user_pages_unmap(space, area->start, area->end);
        space->mapped_pages -= pages_of(area);
        vm_areas_remove(&space->areas, area);
        vm_area_destroy(area);
    }
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
    vm_areas_init(&created->areas);
    created->references = 1;
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
    drop_areas(space, 0, USER_END);
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

/* Adds to the copy what an area of `from` has. */
static enum error copy_area(struct address_space *from, struct address_space *copy,
                            const struct vm_area *area)
{
    struct vm_area *created =
        vm_area_create(area->start, area->end, area->flags, area->object, area->offset);
    if (!created)
        return ERROR_OUT_OF_FRAMES;
    vm_areas_insert(&copy->areas, created);
    copy->mapped_pages += pages_of(created);
    /* The pages of a shared area come from the object again. */
    return area->flags & AREA_SHARED ? OK : user_pages_share(from, copy, area);
}

enum error address_space_copy(struct address_space *from, struct address_space **copy)
{
    enum error error = address_space_create(copy);
    if (error)
        return error;
    (*copy)->heap_start = from->heap_start;
    (*copy)->heap_end = from->heap_end;
    const struct vm_area *area = vm_areas_find(&from->areas, 0);
    for (; area && !error; area = vm_areas_next(area))
        error = copy_area(from, *copy, area);
    if (error)
        address_space_release(*copy);
    return error;
}

/* --- Areas ---------------------------------------------------------------------------------- */

static bool is_valid(virt_addr_t start, uint64_t length)
{
    return IS_ALIGNED(start | length, PAGE_SIZE) && length > 0 && start < USER_END &&
           length <= USER_END - start;
}

/* Sees to it that no area reaches across an end of the range. */
static enum error split(struct address_space *space, virt_addr_t start, virt_addr_t end)
{
    enum error error = vm_areas_split(&space->areas, start);
    if (error)
        return error;
    error = vm_areas_split(&space->areas, end);
    if (error)
        vm_areas_merge(&space->areas, start);
    return error;
}

enum error address_space_map(struct address_space *space, virt_addr_t start, uint64_t length,
                             unsigned flags, struct vm_object *object, uint64_t offset)
{
    virt_addr_t end = start + length;
    if (!is_valid(start, length) || !IS_ALIGNED(offset, PAGE_SIZE) || offset + length < offset ||
        (!object && flags & AREA_SHARED))
        return ERROR_INVALID;
    if (start < USER_START)
        return ERROR_NOT_PERMITTED;
    struct vm_area *area = vm_area_create(start, end, flags, object, offset);
    if (!area)
        return ERROR_OUT_OF_FRAMES;
    enum error error = split(space, start, end);
    if (error) {
        vm_area_destroy(area);
        return error;
    }
    drop_areas(space, start, end);
    vm_areas_insert(&space->areas, area);
    space->mapped_pages += length / PAGE_SIZE;
    vm_areas_merge(&space->areas, end);
    vm_areas_merge(&space->areas, start);
    return OK;
}

bool address_space_is_free(const struct address_space *space, virt_addr_t start, uint64_t length)
{
    if (!is_valid(start, length) || start < USER_START)
        return false;
    const struct vm_area *area = vm_areas_find(&space->areas, start);
    return !area || area->start >= start + length;
}

enum error address_space_find_gap(struct address_space *space, virt_addr_t hint, uint64_t length,
                                  virt_addr_t *start)
{
    *start = ALIGN_DOWN(hint, PAGE_SIZE);
    if (address_space_is_free(space, *start, length))
        return OK;
    if (!is_valid(USER_START, length))
        return ERROR_INVALID;
    bool found = vm_areas_find_gap(&space->areas, USER_START, USER_GAPS_END, length, start);
    return found ? OK : ERROR_OUT_OF_FRAMES;
}

enum error address_space_unmap(struct address_space *space, virt_addr_t start, uint64_t length)
{
    if (!is_valid(start, length))
        return ERROR_INVALID;
    enum error error = split(space, start, start + length);
    if (!error)
        drop_areas(space, start, start + length);
    return error;
}

/* Returns where the area ends. It may become one with the area before it. */
static virt_addr_t protect_area(struct address_space *space, struct vm_area *area, unsigned flags)
{
    virt_addr_t start = area->start, end = area->end;
    area->flags = (area->flags & ~(unsigned)AREA_ACCESS) | flags;
    user_pages_restrict(space, area);
    vm_areas_merge(&space->areas, start);
    return end;
}

enum error address_space_protect(struct address_space *space, virt_addr_t start, uint64_t length,
                                 unsigned flags)
{
    virt_addr_t end = start + length, at = start;
    if (!is_valid(start, length) || flags & ~(unsigned)AREA_ACCESS)
        return ERROR_INVALID;
    enum error error = split(space, start, end);
    if (error)
        return error;
    while (!error && at < end) {
        struct vm_area *area = vm_areas_find(&space->areas, at);
        error = area && area->start == at ? OK : ERROR_OUT_OF_FRAMES;
        if (!error)
            at = protect_area(space, area, flags);
    }
    vm_areas_merge(&space->areas, at);
    vm_areas_merge(&space->areas, end);
    return error;
}

const struct vm_area *address_space_next_area(const struct address_space *space, virt_addr_t from)
{
    return vm_areas_find(&space->areas, from);
}
