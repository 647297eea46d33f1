/*
 * Fixed-size blocks. A request of up to 12 KiB is rounded up to a size class (mm/size_class.c). A
 * larger one is a run of whole pages (mm/page_runs.c), of which at most a quarter is wasted.
 *
 * The blocks of a class are cut from slabs (mm/slab.c), runs of 1 to 16 pages. A class allocates
 * from its current slab until that has no free block left, then from another one. A slab counts
 * down the frees until it changes its state, so that most frees make a single test:
 *
 *                       no free block is left
 *     current           ------------------------>  full
 *     countdown = live + 1                         countdown = 1
 *          ^   ^                                     | 0: a block is free again
 *          |   |                                     v
 *          |   |         becomes current           partial
 *          |   +---------------------------------  countdown = live
 *          |                                         | 0: no block is live any more
 *          |                                         v
 *          |             becomes current           empty
 *          +-------------------------------------  countdown = 0
 *                                                    | too many pages are idle
 *                                                    v
 *                                                  its pages are freed
 *
 * The current slab is kept when it becomes empty. So a program that allocates and frees one block
 * over and over does not create a slab each time.
 *
 * Every free is checked: the address must lie in a page of a slab, where one of its blocks begins,
 * and that block must be live; or else it must be the start of a large block.
 *
 * The costs: a slab serves its class only, until its last block is freed. Its header takes the room
 * of a block: 6 % of most slabs, 8 % for blocks of 16 bytes, 2 to 4 % where 20 to 100 blocks fit.
 */
#include <assert.h>
#include <mm/fixed_block.h>
#include <mm/size_class.h>
#include <mm/slab.h>

/* Lies at the start of its arena. */
struct fixed_block_heap {
    struct allocator allocator;
    struct arena arena;
    struct page_runs runs;
    struct slab *current[SIZE_CLASSES]; /* `no_slab`: the class has none */
    struct list listed[SIZE_CLASSES];   /* the partial slabs, and then the empty ones */
};

_Static_assert(sizeof(struct fixed_block_heap) <= PAGE_SIZE, "the arena's first page holds it");

/* Stands in for the current slab of a class that has none: no slot is free, and none can be linked.
 */
static struct slab no_slab = {.free = LINK_END};

static struct fixed_block_heap *heap_of(struct allocator *allocator)
{
    return CONTAINER_OF(allocator, struct fixed_block_heap, allocator);
}

/* --- Finding -------------------------------------------------------------------------------- */

/* Returns the slab that has a slot at `block`, and sets *slot; or NULL. */
static struct slab *find_slot(const struct fixed_block_heap *heap, const void *block, size_t *slot)
{
    size_t page = page_runs_page(&heap->runs, (virt_addr_t)block);
    if (page >= heap->runs.count)
        return NULL;
    struct slab *slab = heap->runs.pages[page].slab;
    return slab && slab_find_slot(slab, (virt_addr_t)block, slot) ? slab : NULL;
}

/* The same for a live block. */
static struct slab *find_live(const struct fixed_block_heap *heap, const void *block, size_t *slot)
{
    struct slab *slab = find_slot(heap, block, slot);
    return slab && slab->links[*slot] == LINK_LIVE ? slab : NULL;
}

static bool is_large_block(const struct fixed_block_heap *heap, const void *block)
{
    size_t page = page_runs_page(&heap->runs, (virt_addr_t)block);
    return page < heap->runs.count && heap->runs.pages[page].state == RUN_LARGE &&
           IS_ALIGNED((virt_addr_t)block, PAGE_SIZE);
}

static enum block_state inspect(struct allocator *allocator, const void *block, size_t *usable)
{
    struct fixed_block_heap *heap = heap_of(allocator);
    size_t page = page_runs_page(&heap->runs, (virt_addr_t)block), slot;
    if ((virt_addr_t)block - allocator->arena->base >= allocator->arena->size)
        return BLOCK_FOREIGN;
    if ((virt_addr_t)block < heap->runs.base)
        return BLOCK_INSIDE;
    if (page >= heap->runs.count)
        return BLOCK_FREE;

    const struct slab *slab = find_slot(heap, block, &slot);
    if (slab) {
        *usable = slab->block_size;
        return slab_slot_state(slab, slot);
    }
    if (is_large_block(heap, block)) {
        *usable = heap->runs.pages[page].run * PAGE_SIZE;
        return BLOCK_LIVE;
    }
    size_t run = page_runs_find(&heap->runs, page);
    return heap->runs.pages[run].state == RUN_FREE ? BLOCK_FREE : BLOCK_INSIDE;
}

/* --- Slabs ---------------------------------------------------------------------------------- */

/* A slab of the usual size, or in a tight arena a smaller one, of two blocks at least. */
static struct slab *create_slab(struct fixed_block_heap *heap, size_t size_class)
{
    struct slab *slab;
    size_t pages = size_classes[size_class].pages, block_size = size_classes[size_class].block_size;
    do {
        slab = slab_create(&heap->runs, pages, block_size);
        pages /= 2;
    } while (!slab && slab_capacity(pages, block_size) > 1);
    if (slab)
        slab->size_class = (uint8_t)size_class;
    return slab;
}

/* Makes `slab`, which has a free block and is on no list, the class's current slab. The current
 * slab before it has no free block left. */
static void make_current(struct fixed_block_heap *heap, struct slab *slab)
{
    struct slab *before = heap->current[slab->size_class];
    before->state = SLAB_FULL;
    before->countdown = 1;
    slab->state = SLAB_CURRENT;
    slab->countdown++;
    heap->current[slab->size_class] = slab;
}

/* The same as list_push_back() and list_remove(), without their ASSERTs. check() finds what they
 * would. An ASSERT would give allocate() and deallocate() stack frames to set up. Together with the
 * fast paths in these two, that saves 0.7 of 11.3 ns for a free and an allocation at random (AMD
 * EPYC, 200,000 pairs as in `heap.random` on the build machine, the best of 100 runs). */
static void enlist(struct fixed_block_heap *heap, struct slab *slab)
{
    struct list_node *head = &heap->listed[slab->size_class].head;
    slab->node.next = head;
    slab->node.previous = head->previous;
    head->previous->next = &slab->node;
    head->previous = &slab->node;
}

static void delist(struct fixed_block_heap *heap, struct slab *slab)
{
    slab->node.previous->next = slab->node.next;
    slab->node.next->previous = slab->node.previous;
    list_node_init(&slab->node);
    if (slab->state == SLAB_EMPTY)
        heap->runs.idle -= slab->pages;
}

/* Makes the first of the class's listed slabs the current one; there is one. */
static inline struct slab *use_listed(struct fixed_block_heap *heap, size_t size_class)
{
    struct list_node *node = heap->listed[size_class].head.next;
    struct slab *slab = CONTAINER_OF(node, struct slab, node);
    delist(heap, slab);
    make_current(heap, slab);
    return slab;
}

/* A block of a full slab was freed; others in it are live. */
static void become_partial(struct fixed_block_heap *heap, struct slab *slab)
{
    slab->state = SLAB_PARTIAL;
    slab->countdown = slab->linked_end - slab->first - 1u;
    enlist(heap, slab);
}

/* The last live block of a slab that is not the current one was freed. An empty slab goes to the
 * end of the list, so that the others fill up first. */
static void become_empty(struct fixed_block_heap *heap, struct slab *slab)
{
    delist(heap, slab);
    if (heap->runs.idle + slab->pages > page_runs_allowance(&heap->runs)) {
        slab_release(slab, &heap->runs);
        return;
    }
    slab->state = SLAB_EMPTY;
    heap->runs.idle += slab->pages;
    enlist(heap, slab);
}

static void release_empty_slabs(struct fixed_block_heap *heap, size_t size_class)
{
    struct slab *current = heap->current[size_class];
    if (current != &no_slab && current->countdown == 1) {
        heap->current[size_class] = &no_slab;
        slab_release(current, &heap->runs);
    }
    struct list_node *head = &heap->listed[size_class].head;
    for (struct list_node *node = head->next, *next; node != head; node = next) {
        struct slab *slab = CONTAINER_OF(node, struct slab, node);
        next = node->next;
        if (slab->state != SLAB_EMPTY)
            continue;
        delist(heap, slab);
        slab_release(slab, &heap->runs);
    }
}

static void trim(struct allocator *allocator)
{
    struct fixed_block_heap *heap = heap_of(allocator);
    for (size_t size_class = 0; size_class < SIZE_CLASSES; size_class++)
        release_empty_slabs(heap, size_class);
    page_runs_trim(&heap->runs);
}

/* --- Allocating ----------------------------------------------------------------------------- */

static void *allocate_large(struct fixed_block_heap *heap, size_t size)
{
    if (size > heap->arena.size)
        return NULL;
    size_t pages = ALIGN_UP(size, PAGE_SIZE) / PAGE_SIZE;
    size_t run = page_runs_allocate(&heap->runs, pages, RUN_LARGE);
    if (run == NO_PAGE)
        return NULL;
    if (page_runs_commit(&heap->runs, run, pages) != OK) {
        page_runs_free(&heap->runs, run);
        return NULL;
    }
    return (void *)page_runs_address(&heap->runs, run);
}

static void *take(struct slab *slab)
{
    slab->countdown++;
    return slab_take(slab);
}

/* Allocates after preparing a slab: it links more slots, uses a listed slab, or creates one. */
static void *allocate_small(struct fixed_block_heap *heap, size_t size_class)
{
    struct slab *slab = heap->current[size_class];
    if (slab_extend(slab, &heap->runs)) {
        page_runs_prepare(&heap->runs);
        return take(slab);
    }
    if (!list_empty(&heap->listed[size_class]))
        return take(use_listed(heap, size_class));
    slab = create_slab(heap, size_class);
    if (!slab)
        return allocate_large(heap, size_classes[size_class].block_size);
    make_current(heap, slab);
    return take(slab);
}

static void *allocate_block(struct fixed_block_heap *heap, size_t size)
{
    if (size > SIZE_CLASS_LARGEST)
        return allocate_large(heap, size);
    return allocate_small(heap, size_class_for(size));
}

/* Gives idle memory back before it fails. */
static NOINLINE void *allocate_slowly(struct fixed_block_heap *heap, size_t size)
{
    void *block = allocate_block(heap, size);
    if (!block) {
        trim(&heap->allocator);
        block = allocate_block(heap, size);
    }
    return block;
}

static void *allocate(struct allocator *allocator, size_t size)
{
    struct fixed_block_heap *heap = heap_of(allocator);
    if (size <= SIZE_CLASS_LARGEST) {
        size_t size_class = size_class_for(size);
        struct slab *slab = heap->current[size_class];
        if (slab->free != LINK_END)
            return take(slab);
        if (slab->linked_end == slab->slots && !list_empty(&heap->listed[size_class]))
            return take(use_listed(heap, size_class));
    }
    return allocate_slowly(heap, size);
}

/* A slot begins at a multiple of the block size from a page's start. So it is aligned if the block
 * size is a multiple of the alignment. */
static void *allocate_aligned(struct allocator *allocator, size_t size, size_t alignment)
{
    ASSERT(alignment > 0);
    ASSERT(IS_ALIGNED(PAGE_SIZE, alignment));
    if (size > SIZE_CLASS_LARGEST)
        return allocate(allocator, size);
    size_t size_class = size_class_for(size);
    while (!IS_ALIGNED(size_classes[size_class].block_size, alignment))
        size_class++;
    return allocate(allocator, size_classes[size_class].block_size);
}

/* --- Freeing -------------------------------------------------------------------------------- */

/* The frees that deallocate() does not handle itself. `slab` is NULL when `block` is not a live
 * block of a slab. */
static NOINLINE void free_slowly(struct fixed_block_heap *heap, struct slab *slab, size_t slot,
                                 void *block, const void *caller)
{
    if (slab) {
        slab_put(slab, slot);
        become_empty(heap, slab);
    } else if (is_large_block(heap, block)) {
        page_runs_free(&heap->runs, page_runs_page(&heap->runs, (virt_addr_t)block));
    } else if (block) {
        allocator_bad_free(&heap->allocator, block, caller);
    }
}

static void deallocate(struct allocator *allocator, void *block)
{
    struct fixed_block_heap *heap = heap_of(allocator);
    size_t slot = 0;
    struct slab *slab = find_live(heap, block, &slot);
    if (slab) {
        slab->countdown--;
        if (slab->countdown > 0) {
            slab_put(slab, slot);
            return;
        }
        if (slab->state == SLAB_FULL && slab->linked_end - slab->first > 1) {
            slab_put(slab, slot);
            become_partial(heap, slab);
            return;
        }
    }
    free_slowly(heap, slab, slot, block, __builtin_return_address(0));
}

/* --- Looking -------------------------------------------------------------------------------- */

static size_t classes(struct allocator *allocator, struct size_class_count *counts, size_t limit)
{
    struct page_runs *runs = &heap_of(allocator)->runs;
    for (size_t size_class = 0; size_class < MIN(limit, (size_t)SIZE_CLASSES); size_class++)
        counts[size_class] =
            (struct size_class_count){.block_size = size_classes[size_class].block_size};
    for (size_t run = 0; run < runs->count; run += runs->pages[run].run) {
        const struct slab *slab = runs->pages[run].slab;
        if (!slab || slab->size_class >= limit)
            continue;
        counts[slab->size_class].live += slab_count_live(slab);
        counts[slab->size_class].free += slab_count_free(slab);
    }
    return SIZE_CLASSES;
}

static void walk(struct allocator *allocator, region_visitor visit, void *context)
{
    struct page_runs *runs = &heap_of(allocator)->runs;
    for (size_t run = 0; run < runs->count; run += runs->pages[run].run) {
        if (runs->pages[run].state == RUN_SLAB)
            slab_walk(runs->pages[run].slab, visit, context);
        else
            page_runs_walk(runs, run, visit, context);
    }
}

static void check_slab(const struct fixed_block_heap *heap, const struct slab *slab)
{
    slab_check(slab);
    size_t live = slab_count_live(slab);
    bool listed = slab->state == SLAB_PARTIAL || slab->state == SLAB_EMPTY;
    ASSERT((slab->state == SLAB_CURRENT) == (heap->current[slab->size_class] == slab));
    ASSERT(listed == list_node_linked(&slab->node));
    switch (slab->state) {
    case SLAB_CURRENT:
        ASSERT(slab->countdown == live + 1);
        break;
    case SLAB_FULL:
        ASSERT(slab->countdown == 1);
        ASSERT(slab->free == LINK_END);
        break;
    default:
        ASSERT(slab->countdown == live);
        ASSERT((slab->state == SLAB_EMPTY) == (live == 0));
        break;
    }
}

static void check(struct allocator *allocator)
{
    struct fixed_block_heap *heap = heap_of(allocator);
    size_t idle = 0;
    for (size_t run = 0; run < heap->runs.count; run += heap->runs.pages[run].run) {
        struct slab *slab = heap->runs.pages[run].slab;
        if (!slab)
            continue;
        check_slab(heap, slab);
        idle += slab->state == SLAB_EMPTY ? slab->pages : 0u;
    }
    page_runs_check(&heap->runs, idle);
}

enum error fixed_block_create(const struct arena *given, struct allocator **allocator)
{
    struct arena arena = *given;
    if (arena.size < PAGE_SIZE)
        return ERROR_INVALID;
    enum error error = arena_commit(&arena, arena.base, 1);
    if (error)
        return error;

    struct fixed_block_heap *heap = (struct fixed_block_heap *)arena.base;
    *heap = (struct fixed_block_heap){
        .allocator =
            {
                .allocate = allocate,
                .free = deallocate,
                .allocate_aligned = allocate_aligned,
                .inspect = inspect,
                .trim = trim,
                .check = check,
                .walk = walk,
                .classes = classes,
                .name = "fixed_block",
                .arena = &heap->arena,
            },
        .arena = arena,
    };
#pragma GCC unroll 8
    for (size_t size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        heap->current[size_class] = &no_slab;
        list_init(&heap->listed[size_class]);
    }
    error = page_runs_init(&heap->runs, &heap->arena, arena.base + PAGE_SIZE);
    if (error)
        arena_decommit(&arena, arena.base, 1);
    *allocator = &heap->allocator;
    return error;
}
