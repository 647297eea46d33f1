/*
 * The areas lie in a balanced tree by their start. The value of each node is the gap below its
 * area, so that the search for a gap skips subtrees without one that is long enough: with 10,000
 * areas it takes a few dozen steps.
 */
#include <assert.h>
#include <layout.h>
#include <mm/address_space.h>
#include <mm/heap.h>
#include <mm/vm_area.h>

uint64_t areas_max = 65530;

static struct vm_area *area_of(struct tree_node *node)
{
    return node ? CONTAINER_OF(node, struct vm_area, node) : NULL;
}

/* Where the area begins, with the guard that it keeps. */
static virt_addr_t guarded_start(const struct vm_area *area)
{
    if (!(area->flags & AREA_GROWS_DOWN))
        return area->start;
    return area->start - MIN(area->start, AREA_GUARD);
}

/* A guard may reach into the area below, when that was mapped there on purpose. */
static uint64_t gap_between(virt_addr_t end, virt_addr_t start)
{
    return start > end ? start - end : 0;
}

struct vm_area *vm_areas_find(const struct tree *areas, virt_addr_t address)
{
    struct vm_area *found = NULL;
    for (struct tree_node *node = areas->root; node;) {
        struct vm_area *area = area_of(node);
        if (area->end > address)
            found = area;
        node = area->end > address ? node->left : node->right;
    }
    return found;
}

static struct vm_area *next(const struct vm_area *area)
{
    return area_of(tree_next(&area->node));
}

struct vm_area *vm_areas_previous(const struct vm_area *area)
{
    return area_of(tree_previous(&area->node));
}

struct vm_area *vm_area_create(struct address_space *space, virt_addr_t start, virt_addr_t end,
                               unsigned flags, struct vm_object *object, uint64_t offset)
{
    struct vm_area *area = kmalloc(sizeof(*area));
    if (!area)
        return NULL;
    ASSERT(start < end);
    area->space = space;
    area->start = start;
    area->end = end;
    area->flags = flags;
    area->has_copies = false;
    area->object = object;
    area->offset = offset;
    vm_object_reference(object);
    if (object)
        list_push_back(&object->areas, &area->of_object);
    return area;
}

void vm_area_destroy(struct vm_area *area)
{
    if (area->object)
        list_remove(&area->of_object);
    vm_object_release(area->object);
    kfree(area);
}

uint64_t vm_area_offset(const struct vm_area *area, virt_addr_t address)
{
    return area->object ? area->offset + (address - area->start) : 0;
}

/* Sets the value of an area, unless it is NULL, to the gap between `previous` and it. */
static void set_gap(const struct vm_area *previous, struct vm_area *area)
{
    if (area)
        tree_set_value(&area->node, gap_between(previous ? previous->end : 0, guarded_start(area)));
}

struct neighbours {
    struct vm_area *previous, *next; /* or NULL */
};

static struct neighbours neighbours_of(const struct vm_area *area)
{
    return (struct neighbours){vm_areas_previous(area), next(area)};
}

static struct neighbours insert(struct tree *areas, struct vm_area *area)
{
    area->space->area_count++;
    tree_insert(areas, &area->node, area->start);
    struct neighbours neighbours = neighbours_of(area);
    set_gap(neighbours.previous, area);
    set_gap(area, neighbours.next);
    return neighbours;
}

void vm_areas_remove(struct tree *areas, struct vm_area *area)
{
    area->space->area_count--;
    set_gap(vm_areas_previous(area), next(area));
    tree_remove(areas, &area->node);
}

void vm_areas_set_start(struct vm_area *area, virt_addr_t start)
{
    area->offset = vm_area_offset(area, start);
    area->start = area->node.key = start;
    set_gap(vm_areas_previous(area), area);
}

void vm_areas_set_end(struct vm_area *area, virt_addr_t end)
{
    area->end = end;
    set_gap(area, next(area));
}

enum error vm_areas_split(struct tree *areas, virt_addr_t address)
{
    struct vm_area *area = vm_areas_find(areas, address);
    if (!area || area->start >= address)
        return OK;
    struct vm_area *upper = vm_area_create(area->space, address, area->end, area->flags,
                                           area->object, vm_area_offset(area, address));
    if (!upper)
        return ERROR_OUT_OF_FRAMES;
    upper->has_copies = area->has_copies;
    area->end = address;
    insert(areas, upper);
    return OK;
}

static bool can_merge(const struct vm_area *lower, const struct vm_area *upper)
{
    return lower->end == upper->start && lower->flags == upper->flags &&
           lower->object == upper->object &&
           (!lower->object || lower->offset + (lower->end - lower->start) == upper->offset);
}

/* Makes two areas one. */
static void absorb(struct tree *areas, struct vm_area *lower, struct vm_area *upper)
{
    lower->end = upper->end;
    lower->has_copies |= upper->has_copies;
    vm_areas_remove(areas, upper);
    vm_area_destroy(upper);
}

/* Makes an area one with its neighbours, where they differ in nothing. */
static void merge(struct tree *areas, struct vm_area *area, struct neighbours neighbours)
{
    if (neighbours.next && can_merge(area, neighbours.next))
        absorb(areas, area, neighbours.next);
    if (neighbours.previous && can_merge(neighbours.previous, area))
        absorb(areas, neighbours.previous, area);
}

void vm_areas_insert(struct tree *areas, struct vm_area *area)
{
    merge(areas, area, insert(areas, area));
}

void vm_areas_merge(struct tree *areas, struct vm_area *area)
{
    merge(areas, area, neighbours_of(area));
}

/* Tries the gap below the ceiling first, then those below the areas, downwards. */
bool vm_areas_find_gap(const struct tree *areas, virt_addr_t floor, virt_addr_t ceiling,
                       uint64_t length, virt_addr_t *start)
{
    struct vm_area *area = area_of(tree_find_to(areas, ceiling - 1));
    const struct vm_area *above = area ? next(area) : area_of(tree_find_from(areas, ceiling));
    virt_addr_t high = above ? MIN(ceiling, guarded_start(above)) : ceiling;
    if (area && gap_between(area->end, high) < length) {
        area = area_of(tree_last_with(&area->node, length));
        if (!area)
            return false;
        high = guarded_start(area);
    }
    *start = high - length;
    return gap_between(floor, high) >= length;
}
