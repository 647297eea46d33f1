/*
 * Fixed-size blocks. A request of up to 12 KiB is rounded up to a size class (mm/size_class.c).
 * What is larger is a run of whole pages (mm/page_runs.c), of which at most a quarter is wasted.
 *
 * The blocks of a class are cut from slabs (mm/slab.c), runs of 1 to 16 pages. A class allocates
 * from its current slab. A slab's countdown is the number of frees until something has to be done
 * about it, so that a free has one question to ask:
 *
 *                       its free blocks are used up,
 *                      another slab becomes current
 *     current           ----------------------------->  parked
 *     countdown = live + 1                              countdown = 1
 *          ^                                               | 0
 *          | the current slab                              v
 *          | is used up                                 on the class's list
 *          +------------------------------------------  countdown = live
 *                                                          | 0
 *                                                          v
 *                                                       its pages are given back
 *
 * An empty current slab stays: that, and the committed pages which page_runs keeps, is the
 * hysteresis. Slabs commit their pages when the first block there is handed out.
 *
 * A free is checked always: the address must lie in a page that belongs to a slab, at the first
 * byte of a block (mm/slab.c), which must be live; or else it must be the start of a large block.
 * A page that belongs to no slab leads to `no_slab`, where no block is live, so that there is no
 * case of its own for it.
 *
 * The prices: a slab serves its class only until its last block is freed, and its header costs it
 * a block: 6 % of most slabs, 8 % for blocks of 16 bytes, 2 to 4 % where 20 to 100 blocks fit.
 */
#include <assert.h>
#include <mm/fixed_block.h>

/* Has no free block, and no live one at the only slot that anything leads to. */
static struct slab no_slab = {.free = LINK_END, .links = {LINK_END}};

static struct fixed_block *heap_of(struct allocator *allocator)
{
    return CONTAINER_OF(allocator, struct fixed_block, allocator);
}

/* --- Finding -------------------------------------------------------------------------------- */

static bool find_page(const struct fixed_block *heap, const void *block, size_t *page)
{
    *page = ((virt_addr_t)block - heap->runs.base) / PAGE_SIZE;
    return *page < heap->runs.count;
}

/* The slab, which may be no_slab, and its slot that begins at `block`; or NULL. */
static struct slab *find_slot(const struct fixed_block *heap, const void *block, size_t *slot)
{
    size_t page;
    if (!find_page(heap, block, &page))
        return NULL;
    struct slab *slab = heap->runs.slabs[page];
    return slab_find_slot(slab, (virt_addr_t)block, slot) ? slab : NULL;
}

static bool is_large_block(const struct fixed_block *heap, const void *block, size_t *page)
{
    return find_page(heap, block, page) && heap->runs.pages[*page].state == RUN_LARGE &&
           (virt_addr_t)block == page_runs_address(&heap->runs, *page);
}

static enum block_state inspect(struct allocator *allocator, const void *block, size_t *usable)
{
    struct fixed_block *heap = heap_of(allocator);
    size_t page, slot;
    if ((virt_addr_t)block - allocator->arena->base >= allocator->arena->size)
        return BLOCK_FOREIGN;
    if ((virt_addr_t)block < heap->runs.base)
        return BLOCK_INSIDE;
    if (!find_page(heap, block, &page))
        return BLOCK_FREE;

    const struct slab *slab = find_slot(heap, block, &slot);
    if (slab && slab != &no_slab) {
        *usable = slab->block_size;
        return slab_slot_state(slab, slot);
    }
    if (is_large_block(heap, block, &page)) {
        *usable = heap->runs.pages[page].run * PAGE_SIZE;
        return BLOCK_LIVE;
    }
    size_t run = page_runs_find(&heap->runs, page);
    return heap->runs.pages[run].state == RUN_FREE ? BLOCK_FREE : BLOCK_INSIDE;
}

/* --- Slabs ---------------------------------------------------------------------------------- */

/* A slab of the usual size, or in a tight arena a smaller one, of two blocks at least. */
static struct slab *create(struct fixed_block *heap, size_t size_class)
{
    struct slab *slab;
    size_t pages = size_classes[size_class].pages, block_size = size_classes[size_class].block_size;
    do {
        slab = slab_create(&heap->runs, pages, block_size);
        pages /= 2;
    } while (!slab && slab_capacity(pages, block_size) > 1);
    if (!slab)
        return NULL;

    slab->size_class = (uint8_t)size_class;
    slab->list = &heap->partial[size_class];
    slab->parked = false;
    slab->countdown = 0;
    list_node_init(&slab->node);
    return slab;
}

/* As list_push_back() and list_remove(), without their ASSERTs, which check() makes up for: a call
 * in allocate() or deallocate(), and be it to assert_failed(), would give each of them a stack
 * frame to set up. */
static void enlist(struct slab *slab)
{
    struct list_node *node = &slab->node, *head = &slab->list->head;
    node->next = head;
    node->previous = head->previous;
    head->previous->next = node;
    head->previous = node;
}

static void delist(struct slab *slab)
{
    struct list_node *node = &slab->node;
    node->previous->next = node->next;
    node->next->previous = node->previous;
    list_node_init(node);
}

/* Makes `slab`, which has a free block, the class's current one; the one that was has none. */
static void make_current(struct fixed_block *heap, struct slab *slab)
{
    struct slab *used_up = heap->current[slab->size_class];
    used_up->parked = true;
    used_up->countdown = 1;
    slab->countdown++;
    heap->current[slab->size_class] = slab;
}

/* Makes the slab at the head of the class's list, which is not empty, the current one. */
static inline struct slab *use_listed(struct fixed_block *heap, size_t size_class)
{
    struct slab *slab = CONTAINER_OF(heap->partial[size_class].head.next, struct slab, node);
    delist(slab);
    if (slab->countdown == 0)
        heap->runs.idle -= slab->pages;
    make_current(heap, slab);
    return slab;
}

/* A parked slab has a free block again, and still live ones. */
static void unpark(struct slab *slab)
{
    slab->parked = false;
    slab->countdown = slab->ready - slab->first - 1u;
    enlist(slab);
}

/* An empty slab goes to the end of its list, so that the others fill up first. */
static void keep_or_release(struct fixed_block *heap, struct slab *slab)
{
    if (heap->runs.idle + slab->pages > page_runs_allowance(&heap->runs)) {
        slab_release(slab, &heap->runs);
        return;
    }
    heap->runs.idle += slab->pages;
    enlist(slab);
}

static void release_empty_slabs(struct fixed_block *heap, size_t size_class)
{
    struct slab *current = heap->current[size_class];
    if (current != &no_slab && current->countdown == 1) {
        heap->current[size_class] = &no_slab;
        slab_release(current, &heap->runs);
    }
    struct list_node *head = &heap->partial[size_class].head;
    for (struct list_node *node = head->next, *next; node != head; node = next) {
        struct slab *slab = CONTAINER_OF(node, struct slab, node);
        next = node->next;
        if (slab->countdown > 0)
            continue;
        heap->runs.idle -= slab->pages;
        delist(slab);
        slab_release(slab, &heap->runs);
    }
}

static void trim(struct allocator *allocator)
{
    struct fixed_block *heap = heap_of(allocator);
    for (size_t size_class = 0; size_class < SIZE_CLASSES; size_class++)
        release_empty_slabs(heap, size_class);
    page_runs_trim(&heap->runs);
}

/* --- Allocating ----------------------------------------------------------------------------- */

static void *allocate_large(struct fixed_block *heap, size_t size)
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

/* From a slab that has to be prepared for it. */
static void *allocate_small(struct fixed_block *heap, size_t size_class)
{
    struct slab *slab = heap->current[size_class];
    if (slab_extend(slab, &heap->runs)) {
        page_runs_prepare(&heap->runs);
        return take(slab);
    }
    if (!list_empty(&heap->partial[size_class]))
        return take(use_listed(heap, size_class));
    slab = create(heap, size_class);
    if (!slab)
        return allocate_large(heap, size_classes[size_class].block_size);
    make_current(heap, slab);
    return take(slab);
}

static void *allocate_block(struct fixed_block *heap, size_t size)
{
    if (size > SIZE_CLASS_LARGEST)
        return allocate_large(heap, size);
    return allocate_small(heap, size_class_for(size));
}

/* Memory that is only kept at hand is not a reason to fail. */
static SLOW_PATH void *allocate_slowly(struct fixed_block *heap, size_t size)
{
    void *block = allocate_block(heap, size);
    if (!block) {
        trim(&heap->allocator);
        block = allocate_block(heap, size);
    }
    return block;
}

/* This and deallocate() are what kmalloc and kfree cost. Each has one call in it, at its end: then
 * the compiler sets up a stack frame for that call alone. */
static void *allocate(struct allocator *allocator, size_t size)
{
    struct fixed_block *heap = heap_of(allocator);
    if (size <= SIZE_CLASS_LARGEST) {
        size_t size_class = size_class_for(size);
        struct slab *slab = heap->current[size_class];
        if (slab->free != LINK_END)
            return take(slab);
        if (slab->ready == slab->slots && !list_empty(&heap->partial[size_class]))
            return take(use_listed(heap, size_class));
    }
    return allocate_slowly(heap, size);
}

/* Slots are multiples of the block size from a page's start on. */
static void *allocate_aligned(struct allocator *allocator, size_t size, size_t alignment)
{
    ASSERT(alignment > 0 && IS_ALIGNED(PAGE_SIZE, alignment));
    if (size > SIZE_CLASS_LARGEST)
        return allocate(allocator, size);
    size_t size_class = size_class_for(size);
    while (!IS_ALIGNED(size_classes[size_class].block_size, alignment))
        size_class++;
    return allocate(allocator, size_classes[size_class].block_size);
}

/* --- Freeing -------------------------------------------------------------------------------- */

/* A free that is not of a block in a slab, or empties one. */
static SLOW_PATH void deallocate_slowly(struct fixed_block *heap, void *block, const void *caller)
{
    size_t slot, page;
    struct slab *slab = find_slot(heap, block, &slot);
    if (slab && slab->links[slot] == LINK_LIVE) {
        ASSERT(slab->countdown == 0);
        slab_put(slab, slot);
        slab->parked = false;
        delist(slab);
        keep_or_release(heap, slab);
    } else if (is_large_block(heap, block, &page)) {
        page_runs_free(&heap->runs, page);
    } else if (block) {
        allocator_bad_free(&heap->allocator, block, caller);
    }
}

static void deallocate(struct allocator *allocator, void *block)
{
    struct fixed_block *heap = heap_of(allocator);
    size_t slot;
    struct slab *slab = find_slot(heap, block, &slot);
    if (slab && slab->links[slot] == LINK_LIVE) {
        if (--slab->countdown > 0) {
            slab_put(slab, slot);
            return;
        }
        if (slab->parked && slab->ready - slab->first > 1) {
            slab_put(slab, slot);
            unpark(slab);
            return;
        }
    }
    deallocate_slowly(heap, block, __builtin_return_address(0));
}

/* --- Looking -------------------------------------------------------------------------------- */

static size_t classes(struct allocator *allocator, struct size_class_count *counts, size_t limit)
{
    struct page_runs *runs = &heap_of(allocator)->runs;
    for (size_t size_class = 0; size_class < MIN(limit, (size_t)SIZE_CLASSES); size_class++)
        counts[size_class] =
            (struct size_class_count){.block_size = size_classes[size_class].block_size};
    for (size_t run = 0; run < runs->count; run += runs->pages[run].run) {
        const struct slab *slab = runs->slabs[run];
        if (slab == &no_slab || slab->size_class >= limit)
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
            slab_walk(runs->slabs[run], visit, context);
        else
            page_runs_walk(runs, run, visit, context);
    }
}

static void check_slab(const struct fixed_block *heap, const struct slab *slab)
{
    slab_check(slab);
    size_t live = slab_count_live(slab);
    bool current = heap->current[slab->size_class] == slab;
    ASSERT(current + slab->parked + list_node_linked(&slab->node) == 1);
    if (slab->parked)
        ASSERT(slab->countdown == 1 && slab->free == LINK_END);
    else
        ASSERT(slab->countdown == live + current);
}

static void check(struct allocator *allocator)
{
    struct fixed_block *heap = heap_of(allocator);
    size_t kept = 0;
    for (size_t run = 0; run < heap->runs.count; run += heap->runs.pages[run].run) {
        struct slab *slab = heap->runs.slabs[run];
        if (slab == &no_slab)
            continue;
        check_slab(heap, slab);
        kept += slab->countdown == 0 ? slab->pages : 0u;
    }
    page_runs_check(&heap->runs, kept);
}

enum error fixed_block_init(struct fixed_block *heap, const struct arena *arena)
{
    heap->allocator = (struct allocator){
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
    };
    heap->arena = *arena;
    for (size_t size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        heap->current[size_class] = &no_slab;
        list_init(&heap->partial[size_class]);
    }
    return page_runs_init(&heap->runs, &heap->arena, &no_slab);
}
