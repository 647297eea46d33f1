/*
 * Usable memory is cut into blocks of 2 MiB by address; the first and the last block of a range may
 * be partly holes. Blocks that follow each other form a span, and the descriptions of all blocks
 * form one array, placed with the spans at the start of the lowest usable range that is big enough.
 *
 * The array is not filled in at set-up. Blocks are opened one by one in ascending order, and a span
 * counts its opened blocks; the rest of its part of the array is not initialised. So set-up takes a
 * few steps for each range, whatever its size. The memory map is read again, range by range, as
 * blocks are opened.
 *
 * To find an address's block, the spans are searched, starting with the one where the last block
 * was found. A PC has two spans, one below 4 GiB and one above. Hundreds would be slow, but
 * correct.
 */
#include <assert.h>
#include <kernel/log/log.h>
#include <lib/string.h>
#include <mm/frame_map.h>
#include <mm/memory_map.h>

static struct frame_span *spans;
static size_t span_count;
static struct frame_span no_span;
struct frame_block frame_map_no_block;
const struct frame_span *frame_map_last_span = &no_span;

static const struct boot_info *boot_info;
static phys_addr_t memory_end; /* memory above it is not used */
static struct phys_range bookkeeping;
static uint64_t total;

/* The frontier: the next usable memory that is in no open block, up to the end of its range, and
 * the number of its span. */
static struct phys_range untouched;
static size_t frontier;

struct phys_range frame_map_next_usable(phys_addr_t *from)
{
    struct phys_range range;
    while (*from < memory_end && memory_map_next(boot_info, MEMORY_USABLE, from, &range)) {
        if (range.start == bookkeeping.start)
            range.start = bookkeeping.end;
        range.end = MIN(range.end, memory_end);
        if (range.start < range.end)
            return range;
    }
    return (struct phys_range){memory_end, memory_end};
}

/* A hole of at most this many blocks does not end a span, and its blocks have descriptions, too.
 * Most short holes are memory that is reserved for what the loader has left, which frames_add() may
 * add later. */
enum { SHORT_GAP = 4 };

struct survey {
    struct phys_range first; /* the lowest usable range */
    uint64_t frames;
    size_t spans;
    size_t blocks;
};

/* Counts usable memory, and writes the first `room` of its spans to `into`. */
static struct survey survey(struct frame_span *into, size_t room)
{
    phys_addr_t from = 0;
    struct phys_range range = frame_map_next_usable(&from);
    struct survey seen = {.first = range};
    uint64_t next = 0;
    for (; range.start < range.end; range = frame_map_next_usable(&from)) {
        uint64_t first = MAX(range.start / FRAME_BLOCK_SIZE, next);
        uint64_t end = (range.end - 1) / FRAME_BLOCK_SIZE + 1;
        if (first <= next + SHORT_GAP)
            first = next;
        if (seen.spans == 0 || first > next) {
            if (seen.spans < room)
                into[seen.spans] = (struct frame_span){.first = first};
            seen.spans++;
        }
        if (seen.spans <= room)
            into[seen.spans - 1].count += end - first;
        seen.blocks += end - first;
        seen.frames += (range.end - range.start) / PAGE_SIZE;
        next = end;
    }
    return seen;
}

/* Puts the spans, and behind them the descriptions of their blocks, at `start`. */
static void write_spans(phys_addr_t start, const struct survey *seen, const struct frame_span *few,
                        size_t few_count)
{
    spans = phys_to_virt(start);
    span_count = seen->spans;
    if (span_count <= few_count)
        memcpy(spans, few, span_count * sizeof(*spans));
    else
        survey(spans, span_count);
    struct frame_block *blocks = (struct frame_block *)(spans + span_count);
    for (size_t i = 0; i < span_count; i++) {
        spans[i].blocks = blocks;
        blocks += spans[i].count;
    }
}

/* Moves the frontier on from the end of a range to the next one. */
static void leave_range(void)
{
    phys_addr_t from = untouched.end;
    if (untouched.start == untouched.end)
        untouched = frame_map_next_usable(&from);
}

/* Finds room for the bookkeeping and writes the spans there. False when no range is big enough. */
static bool place_bookkeeping(void)
{
    struct frame_span few[4]; /* most machines have no more; then one survey is enough */
    struct survey seen = survey(few, ARRAY_SIZE(few));
    size_t size = seen.spans * sizeof(struct frame_span) + seen.blocks * sizeof(struct frame_block);
    size = ALIGN_UP(size, PAGE_SIZE);
    struct phys_range range = seen.first;
    phys_addr_t from = range.end;
    while (range.start < range.end && range.end - range.start < size)
        range = frame_map_next_usable(&from);
    if (range.end - range.start < size)
        return false;
    write_spans(range.start, &seen, few, ARRAY_SIZE(few));
    bookkeeping = (struct phys_range){range.start, range.start + size};
    total = seen.frames - size / PAGE_SIZE;
    untouched = seen.first;
    if (untouched.start == bookkeeping.start)
        untouched.start = bookkeeping.end;
    leave_range();
    return true;
}

void frame_map_init(const struct boot_info *info)
{
    frame_block_init(&frame_map_no_block, 0);
    frame_map_last_span = &no_span;
    boot_info = info;
    memory_end = DIRECT_MAP_SIZE;
    bookkeeping = (struct phys_range){0, 0};
    /* Many tiny ranges far apart can need more bookkeeping than the largest of them can hold. */
    while (!place_bookkeeping())
        memory_end /= 2;
    if (memory_end < DIRECT_MAP_SIZE)
        log_warn("mm: no room to keep track of memory above 0x%lx", memory_end);
    frontier = 0;
}

struct phys_range frame_map_bookkeeping(void)
{
    return bookkeeping;
}

uint64_t frame_map_total(void)
{
    return total;
}

void frame_map_add_to_total(uint64_t frames)
{
    total += frames;
}

struct frame_block *frame_map_open(void)
{
    while (frontier < span_count && spans[frontier].opened == spans[frontier].count)
        frontier++;
    if (frontier == span_count)
        return NULL;

    struct frame_span *span = &spans[frontier];
    struct frame_block *block = &span->blocks[span->opened];
    phys_addr_t base = (span->first + span->opened) * FRAME_BLOCK_SIZE;
    span->opened++;
    frame_block_init(block, base);
    while (untouched.start < base + FRAME_BLOCK_SIZE) {
        phys_addr_t end = MIN(untouched.end, base + FRAME_BLOCK_SIZE);
        ASSERT(untouched.start >= base && untouched.start < end);
        frame_block_mark_free(block, (untouched.start - base) / PAGE_SIZE,
                              (end - base) / PAGE_SIZE);
        untouched.start = end;
        leave_range();
    }
    return block;
}

struct frame_block *frame_map_search(phys_addr_t address)
{
    uint64_t number = address / FRAME_BLOCK_SIZE;
    for (size_t i = 0; i < span_count; i++) {
        if (number - spans[i].first < spans[i].opened) {
            frame_map_last_span = &spans[i];
            return &spans[i].blocks[number - spans[i].first];
        }
    }
    return &frame_map_no_block;
}
