/*
 * The areas lie in a balanced tree by their start. Each node knows where the areas of its subtree
 * begin and end and the largest gap among them, so that the search for a gap skips subtrees without
 * one: with 10,000 areas it takes a few dozen steps.
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

static bool update(struct tree_node *node)
{
    struct vm_area *area = area_of(node);
    const struct vm_area *left = area_of(node->left), *right = area_of(node->right);
    virt_addr_t lowest = guarded_start(area), highest = area->end;
    uint64_t below = 0, above = 0; /* the largest gap on either side */
    if (left) {
        uint64_t between = gap_between(left->highest, lowest);
        below = MAX(left->gap, between);
        lowest = left->lowest;
    }
    if (right) {
        uint64_t between = gap_between(highest, right->lowest);
        above = MAX(right->gap, between);
        highest = right->highest;
    }
    uint64_t gap = MAX(below, above);
    bool changed = area->lowest != lowest || area->highest != highest || area->gap != gap;
    area->lowest = lowest;
    area->highest = highest;
    area->gap = gap;
    return changed;
}

void vm_areas_init(struct tree *areas)
{
    tree_init(areas, update);
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
    area->lowest = area->highest = area->gap = 0;
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

void vm_areas_insert(struct tree *areas, struct vm_area *area)
{
    area->space->area_count++;
    tree_insert(areas, &area->node, area->start);
}

void vm_areas_remove(struct tree *areas, struct vm_area *area)
{
    area->space->area_count--;
    tree_remove(areas, &area->node);
}

void vm_areas_set_start(struct tree *areas, struct vm_area *area, virt_addr_t start)
{
    area->offset = vm_area_offset(area, start);
    area->start = area->node.key = start;
    tree_update(areas, &area->node);
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
    tree_update(areas, &area->node);
    vm_areas_insert(areas, upper);
    return OK;
}

static bool can_merge(const struct vm_area *lower, const struct vm_area *upper)
{
    return lower->end == upper->start && lower->flags == upper->flags &&
           lower->object == upper->object &&
           (!lower->object || lower->offset + (lower->end - lower->start) == upper->offset);
}

/* Makes two areas one, if they can be. */
static bool absorb(struct tree *areas, struct vm_area *lower, struct vm_area *upper)
{
    if (!lower || !upper || !can_merge(lower, upper))
        return false;
    vm_areas_remove(areas, upper);
    lower->end = upper->end;
    lower->has_copies |= upper->has_copies;
    tree_update(areas, &lower->node);
    vm_area_destroy(upper);
    return true;
}

struct vm_area *vm_areas_merge(struct tree *areas, struct vm_area *area)
{
    struct vm_area *previous = vm_areas_previous(area);
    absorb(areas, area, next(area));
    return absorb(areas, previous, area) ? previous : area;
}

/* The highest gap between two areas of the subtree; it has one that is long enough. */
static virt_addr_t highest_gap(const struct vm_area *area, uint64_t length)
{
    for (;;) {
        const struct vm_area *left = area_of(area->node.left), *right = area_of(area->node.right);
        if (right && right->gap >= length) {
            area = right;
        } else if (right && gap_between(area->end, right->lowest) >= length) {
            return right->lowest - length;
        } else {
            ASSERT(left);
            if (gap_between(left->highest, guarded_start(area)) >= length)
                return guarded_start(area) - length;
            area = left;
        }
    }
}

/* The first area on the way from an area to the root that comes before it in the order. */
static const struct vm_area *before_in_ancestors(const struct vm_area *area)
{
    const struct tree_node *node = &area->node;
    while (node->parent && node->parent->left == node)
        node = node->parent;
    return area_of(node->parent);
}

/* From the ceiling downwards: looks below an area, then at its left subtree as a whole, and goes on
 * with the area before that. `high` is the end of the gap that comes next. */
bool vm_areas_find_gap(const struct tree *areas, virt_addr_t floor, virt_addr_t ceiling,
                       uint64_t length, virt_addr_t *start)
{
    const struct vm_area *area = area_of(tree_find_to(areas, ceiling - 1));
    const struct vm_area *above = area ? next(area) : area_of(tree_find_from(areas, ceiling));
    virt_addr_t high = above ? MIN(ceiling, guarded_start(above)) : ceiling;
    for (; area && gap_between(area->end, high) < length; area = before_in_ancestors(area)) {
        const struct vm_area *left = area_of(area->node.left);
        high = guarded_start(area);
        if (left && gap_between(left->highest, high) >= length)
            break;
        if (left && left->gap >= length) {
            *start = highest_gap(left, length);
            return true;
        }
        if (left)
            high = left->lowest;
    }
    *start = high - length;
    return area || gap_between(floor, high) >= length;
}
