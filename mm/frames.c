/*
 * Memory is divided into blocks of 512 frames, 2 MiB each (mm/frame_map.c). A block has one bit per
 * frame that says "free" and one that says "used"; a frame with neither is never allocated. So
 * every wrong free is found by a test of one bit.
 *
 * Blocks that have something free are listed by the order of the largest run that they may hold:
 *
 *     lists[0..8]   blocks that are partly used, or have holes. The order is an upper bound: when a
 *                   search finds that it was too high the block moves down, and the next free in
 *                   it moves it back to the top. So each free is followed by at most nine failed
 *                   searches, and runs cost O(1) amortised.
 *     lists[9..18]  whole free blocks, as a binary buddy system: the first block of a run of
 *                   2^(order-9) blocks is listed, the order is exact, two buddies become one.
 *
 * Single frames come from one block until it has no more, then from the next one of the lowest
 * list, that is from the block with the smallest free runs: whole blocks stay whole as long as
 * possible. The cost of a single frame does not depend on the amount of memory.
 *
 * A used frame has one reference. The others are counted in a frame of 512 numbers, which a block
 * has only while one of its frames has more: most memory is not shared, and costs nothing.
 *
 * The costs: 168 bytes for 2 MiB (0.008 %); a run of 2 MiB or more takes a step for each 2 MiB, and
 * another one for each block that has to be opened. There is no lock: one processor, and no calls
 * from interrupt handlers.
 */
#include <assert.h>
#include <kernel/log/log.h>
#include <kernel/log/panic.h>
#include <mm/frame_content.h>
#include <mm/frame_map.h>
#include <mm/frames.h>

#define PARTIAL_LISTS ((1u << FRAME_BLOCK_ORDER) - 1) /* the bits of `listed` for lists[0..8] */

static struct list lists[FRAMES_MAX_ORDER + 1];
static uint32_t listed; /* bit i: lists[i] is not empty */
static uint64_t free_frames;
static uint64_t few_frames;    /* while fewer frames are free, ... */
static void (*note_few)(void); /* ... allocations call this: see frames_watch() */

/* Single frames come from this block: a partial one, or frame_map_no_block. A block that becomes
 * full stays on its list until find_current() or search_partial() finds it there. */
static struct frame_block *current = &frame_map_no_block;

/* --- The lists ------------------------------------------------------------------------------ */

static void enlist(struct frame_block *block, unsigned order)
{
    ASSERT(block->order == FRAME_BLOCK_UNLISTED && order <= FRAMES_MAX_ORDER);
    list_push_front(&lists[order], &block->node);
    listed |= 1u << order;
    block->order = (int8_t)order;
}

static void delist(struct frame_block *block)
{
    if (block->order == FRAME_BLOCK_UNLISTED)
        return;
    list_remove(&block->node);
    if (list_empty(&lists[block->order]))
        listed &= ~(1u << block->order);
    block->order = FRAME_BLOCK_UNLISTED;
}

/* The first block on the lowest list that is in `choice`, a bit for each list, and not empty. There
 * is one. */
static struct frame_block *first_listed(uint32_t choice)
{
    ASSERT(choice);
    struct list_node *node = list_first(&lists[__builtin_ctz(choice)]);
    ASSERT(node);
    return CONTAINER_OF(node, struct frame_block, node);
}

/* Lists a block that has become whole; it coalesces with its buddy as long as that is free, too. */
static void coalesce(struct frame_block *block)
{
    unsigned order = FRAME_BLOCK_ORDER;
    for (; order < FRAMES_MAX_ORDER; order++) {
        struct frame_block *buddy = frame_map_find(block->base ^ PAGE_SIZE << order);
        if (buddy->order != (int)order)
            break;
        delist(buddy);
        if (buddy->base < block->base)
            block = buddy;
    }
    enlist(block, order);
}

/* Takes a whole run of `order` off the lists; one of that order or more is listed. A larger one is
 * halved until it has that order, and each upper half goes back on the lists. */
static struct frame_block *split(unsigned order)
{
    struct frame_block *block = first_listed(listed & ~0u << order);
    unsigned have = (unsigned)block->order;
    ASSERT(order >= FRAME_BLOCK_ORDER && have >= order && block->not_free == 0);
    delist(block);
    for (unsigned half = order; half < have; half++)
        enlist(block + ((size_t)1 << (half - FRAME_BLOCK_ORDER)), half);
    return block;
}

/* Moves a block to the list where it belongs after frames of it were freed. */
static void relist(struct frame_block *block)
{
    delist(block);
    if (!frame_block_find_word(block))
        return;
    if (block->not_free) {
        enlist(block, FRAME_BLOCK_ORDER - 1);
    } else {
        if (block == current)
            current = &frame_map_no_block;
        coalesce(block);
    }
}

/* Opens another block, and lists it if it has free frames. False when all blocks are open. */
static bool open_block(void)
{
    struct frame_block *block = frame_map_open();
    if (block)
        relist(block);
    return block != NULL;
}

/* Adds a block to the partial lists, or opens another block. False when there is none. */
static bool add_partial(void)
{
    if (!(listed >> FRAME_BLOCK_ORDER))
        return open_block();
    enlist(split(FRAME_BLOCK_ORDER), FRAME_BLOCK_ORDER - 1);
    return true;
}

/* --- Single frames -------------------------------------------------------------------------- */

/* Makes `current` a block with something free in its word. False when no frame is left. */
static bool find_current(void)
{
    while (!frame_block_find_word(current)) {
        delist(current);
        while (!(listed & PARTIAL_LISTS)) {
            if (!add_partial())
                return false;
        }
        current = first_listed(listed);
    }
    return true;
}

/* The last frame of the block's word is allocated. */
static void leave_word(struct frame_block *block)
{
    if (block->word < FRAME_BLOCK_WORDS - 1)
        block->word++; /* the next one probably has free frames */
    if (free_frames < few_frames)
        note_few();
}

phys_addr_t frame_alloc(void)
{
    if (!current->free[current->word] && !find_current())
        return NO_FRAME;
    struct frame_block *block = current;
    size_t word = block->word;
    uint64_t free = block->free[word], rest = free & (free - 1);
    block->free[word] = rest;
    if (!rest)
        leave_word(block);
    block->used[word] |= free ^ rest;
    block->not_free++;
    free_frames--;
    size_t index = word * FRAME_BLOCK_WORD_BITS + (size_t)__builtin_ctzll(free);
    return block->base + index * PAGE_SIZE;
}

static NORETURN void bad_free(phys_addr_t frame, unsigned order)
{
    const struct frame_block *block = frame_map_find(frame);
    size_t index = frame / PAGE_SIZE % FRAME_BLOCK_FRAMES;
    if (!IS_ALIGNED(frame, PAGE_SIZE << order))
        PANIC("mm: freed frame 0x%lx is misaligned (order %u)", frame, order);
    if (block->free[index / FRAME_BLOCK_WORD_BITS] >> index % FRAME_BLOCK_WORD_BITS & 1)
        PANIC("mm: freed frame 0x%lx is free already (order %u)", frame, order);
    PANIC("mm: freed frame 0x%lx is not handed out (order %u)", frame, order);
}

static inline bool is_used(const struct frame_block *block, size_t index)
{
    return block->used[index / FRAME_BLOCK_WORD_BITS] >> index % FRAME_BLOCK_WORD_BITS & 1;
}

/* Frees a used frame that has one reference. */
static inline void free_used(struct frame_block *block, size_t index)
{
    size_t word = index / FRAME_BLOCK_WORD_BITS;
    uint64_t bit = UINT64_C(1) << index % FRAME_BLOCK_WORD_BITS;
    block->used[word] ^= bit;
    block->free[word] |= bit;
    free_frames++;
    block->not_free--;
    if (block->not_free == 0 || block->order < FRAME_BLOCK_ORDER - 1)
        relist(block);
}

/* The same in a block with shared frames, of which this may be one. Without any, the block's
 * numbers are not needed any more. */
static NOINLINE void drop_reference(struct frame_block *block, size_t index)
{
    if (!block->more[index]) {
        free_used(block, index);
    } else if (--block->more[index] == 0 && --block->shared == 0) {
        phys_addr_t numbers = virt_to_phys(block->more);
        block->more = NULL;
        free_used(frame_map_find(numbers), numbers / PAGE_SIZE % FRAME_BLOCK_FRAMES);
    }
}

void frame_free(phys_addr_t frame)
{
    struct frame_block *block = frame_map_find(frame);
    size_t index = frame / PAGE_SIZE % FRAME_BLOCK_FRAMES;
    if (!is_used(block, index) || !IS_ALIGNED(frame, PAGE_SIZE))
        bad_free(frame, 0);
    if (block->more)
        drop_reference(block, index);
    else
        free_used(block, index);
}

static struct phys_range added; /* by frames_add(); empty before */

/* A block is opened early if necessary, so that it does not take the frame for reserved later. */
static struct frame_block *block_to_add_to(phys_addr_t frame)
{
    struct frame_block *block;
    do
        block = frame_map_find(frame);
    while (block == &frame_map_no_block && open_block());
    return block;
}

void frames_add(struct phys_range range)
{
    phys_addr_t at = ALIGN_UP(range.start, PAGE_SIZE), range_end = ALIGN_DOWN(range.end, PAGE_SIZE);
    for (phys_addr_t end; at < range_end; at = end) {
        end = MIN(ALIGN_DOWN(at, FRAME_BLOCK_SIZE) + FRAME_BLOCK_SIZE, range_end);
        struct frame_block *block = block_to_add_to(at);
        if (block == &frame_map_no_block)
            continue;
        size_t first = at / PAGE_SIZE % FRAME_BLOCK_FRAMES;
        size_t count = frame_block_add(block, first, first + (end - at) / PAGE_SIZE);
        if (count == 0)
            continue;
        if (added.start == added.end)
            added.start = at;
        added.end = end;
        free_frames += count;
        frame_map_add_to_total(count);
        relist(block);
    }
}

/* --- References ----------------------------------------------------------------------------- */

/* The block of an allocated frame. */
static struct frame_block *block_of(phys_addr_t frame, size_t *index)
{
    struct frame_block *block = frame_map_find(frame);
    *index = frame / PAGE_SIZE % FRAME_BLOCK_FRAMES;
    ASSERT(IS_ALIGNED(frame, PAGE_SIZE));
    ASSERT(is_used(block, *index));
    return block;
}

/* Gives the block its numbers, all 0. */
static NOINLINE enum error add_numbers(struct frame_block *block)
{
    phys_addr_t numbers = frame_alloc();
    if (numbers == NO_FRAME)
        return ERROR_OUT_OF_FRAMES;
    block->more = phys_to_virt(numbers);
    frame_clear(numbers);
    return OK;
}

enum error frame_reference(phys_addr_t frame)
{
    size_t index;
    struct frame_block *block = block_of(frame, &index);
    enum error error = block->more ? OK : add_numbers(block);
    if (!error && block->more[index]++ == 0)
        block->shared++;
    return error;
}

unsigned frame_references(phys_addr_t frame)
{
    size_t index;
    const struct frame_block *block = block_of(frame, &index);
    return block->more ? 1u + block->more[index] : 1;
}

bool frame_is_shared(phys_addr_t frame)
{
    size_t index;
    const struct frame_block *block = block_of(frame, &index);
    return block->more && block->more[index];
}

/* --- Runs ----------------------------------------------------------------------------------- */

/* A partial block with a run of `order`, 0 < order < FRAME_BLOCK_ORDER, or NULL. */
static struct frame_block *search_partial(unsigned order, size_t *run)
{
    uint32_t candidates;
    while ((candidates = listed & PARTIAL_LISTS & ~0u << order)) {
        struct frame_block *block = first_listed(candidates);
        if (frame_block_find_run(block, order, run))
            return block;
        delist(block);
        enlist(block, order - 1);
    }
    return NULL;
}

static phys_addr_t alloc_within_block(unsigned order)
{
    size_t run;
    struct frame_block *block;
    while (!(block = search_partial(order, &run))) {
        if (!add_partial())
            return NO_FRAME;
    }
    frame_block_mark_used(block, run, run + ((size_t)1 << order));
    return block->base + run * PAGE_SIZE;
}

static phys_addr_t alloc_blocks(unsigned order)
{
    while (!(listed >> order)) {
        if (!open_block())
            return NO_FRAME;
    }
    struct frame_block *block = split(order);
    for (size_t i = 0; i < (size_t)1 << (order - FRAME_BLOCK_ORDER); i++)
        frame_block_mark_used(&block[i], 0, FRAME_BLOCK_FRAMES);
    return block->base;
}

phys_addr_t frames_alloc_run(unsigned order)
{
    ASSERT(order <= FRAMES_MAX_ORDER);
    if (order == 0)
        return frame_alloc();
    phys_addr_t run = order < FRAME_BLOCK_ORDER ? alloc_within_block(order) : alloc_blocks(order);
    if (run != NO_FRAME)
        free_frames -= UINT64_C(1) << order;
    ASSERT(IS_ALIGNED(run, PAGE_SIZE << order));
    return run;
}

/* Frees adjacent frames of a block, none of which has more than one reference. */
static void free_together(struct frame_block *block, size_t first, size_t end)
{
    frame_block_mark_free(block, first, end);
    free_frames += end - first;
    relist(block);
}

static void free_one_by_one(phys_addr_t frame, size_t count)
{
    for (size_t i = 0; i < count; i++)
        frame_free(frame + i * PAGE_SIZE);
}

void frames_free_run(phys_addr_t run, unsigned order)
{
    ASSERT(order <= FRAMES_MAX_ORDER);
    size_t first = run / PAGE_SIZE % FRAME_BLOCK_FRAMES;
    size_t end = first + MIN((size_t)1 << order, (size_t)FRAME_BLOCK_FRAMES);
    phys_addr_t run_end = run + (PAGE_SIZE << order);
    if (!IS_ALIGNED(run, PAGE_SIZE << order))
        bad_free(run, order);
    for (phys_addr_t at = run; at < run_end; at += FRAME_BLOCK_SIZE) {
        const struct frame_block *block = frame_map_find(at);
        if (!frame_block_all_used(block, first, end))
            bad_free(at, order);
    }
    for (phys_addr_t at = run; at < run_end; at += FRAME_BLOCK_SIZE) {
        struct frame_block *block = frame_map_find(at);
        if (block->more)
            free_one_by_one(at, end - first);
        else
            free_together(block, first, end);
    }
}

/* -------------------------------------------------------------------------------------------- */

void frames_watch(uint64_t few, void (*note)(void))
{
    few_frames = few;
    note_few = note;
}

void frames_stats(struct frames_stats *stats)
{
    struct phys_range bookkeeping = frame_map_bookkeeping();
    stats->total = frame_map_total();
    stats->free = free_frames;
    stats->used = stats->total - free_frames;
    stats->bookkeeping = (bookkeeping.end - bookkeeping.start) / PAGE_SIZE;
}

bool frames_next_region(phys_addr_t from, struct frames_region *region)
{
    phys_addr_t lowest = from;
    region->range = frame_map_next_usable(&from);
    if (added.start < added.end && added.start >= lowest &&
        (added.start < region->range.start || region->range.start == region->range.end))
        region->range = added;
    region->used = 0;
    for (phys_addr_t at = region->range.start; at < region->range.end;) {
        phys_addr_t base = ALIGN_DOWN(at, FRAME_BLOCK_SIZE);
        phys_addr_t end = MIN(base + FRAME_BLOCK_SIZE, region->range.end);
        const struct frame_block *block = frame_map_find(at);
        region->used +=
            frame_block_count_used(block, (at - base) / PAGE_SIZE, (end - base) / PAGE_SIZE);
        at = end;
    }
    return region->range.start < region->range.end;
}

void frames_init(const struct boot_info *info)
{
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
        list_init(&lists[i]);
    listed = 0;
    current = &frame_map_no_block;
    added = (struct phys_range){0, 0};
    frame_map_init(info);
    free_frames = frame_map_total();
    log_info("mm: %lu KiB of memory to hand out", free_frames * PAGE_SIZE / KIB(1));
}
