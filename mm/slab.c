/*
 * Slot `i` begins i * block_size bytes after the run's start, so blocks of 2^n bytes are aligned to
 * 2^n, up to a page. The header takes the first slot or slots. It holds one byte for each slot, the
 * slot's link:
 *
 *     LINK_LIVE     the block is live
 *     another slot  the block is free, and the other one is the next on the list of free slots
 *     LINK_END      the block is free: the last on the list, or not linked yet
 *
 * Free blocks are not written to, and blocks have no header: only a slot's link says whether its
 * block is live. An address's offset in the run, divided by block_size, is its slot. The division
 * is a multiplication by the reciprocal, which is 2^32 / block_size, rounded up: the upper half of
 * the product is the slot. The lower half is less than 2^16 exactly when there is no remainder. For
 * the rounding adds less than block_size for each slot, which is less than the run's length in all,
 * and each byte of a remainder adds the reciprocal, which is more than 2^16. The last bytes of the
 * run may be too few for a block. They have a link, too, which is never live: so there is one more
 * link than slots. A division instruction would add 1.5 ns to the 7.5 ns of a free and an
 * allocation (AMD EPYC, 200,000 pairs in a loop on the build machine, the best of 100 runs), and
 * much more on older processors.
 *
 * Slots are linked a few at a time, when the list is empty. So creating a slab takes no time for
 * each of its slots, and pages are committed only when their first block is needed.
 */
#include <assert.h>
#include <lib/string.h>
#include <mm/slab.h>

enum { LINK_STEP = 16 /* how many slots are linked at a time */ };

_Static_assert(SLAB_BYTES_MAX / PAGE_SIZE <= UINT8_MAX, "struct slab counts its pages in a byte");

static size_t header_size(size_t pages, size_t block_size)
{
    return sizeof(struct slab) + pages * PAGE_SIZE / block_size + 1;
}

/* The first slot after the header. */
static size_t first_slot(size_t pages, size_t block_size)
{
    return (header_size(pages, block_size) + block_size - 1) / block_size;
}

size_t slab_capacity(size_t pages, size_t block_size)
{
    size_t slots = pages * PAGE_SIZE / block_size, first = first_slot(pages, block_size);
    return slots > first ? MIN(slots, (size_t)SLAB_SLOTS_MAX) - first : 0;
}

/* Writes the header into the run's first page, which is committed. */
static void init(struct slab *slab, size_t pages, size_t block_size)
{
    ASSERT(pages * PAGE_SIZE <= SLAB_BYTES_MAX);
    ASSERT(block_size < SLAB_BYTES_MAX);
    ASSERT(header_size(pages, block_size) <= PAGE_SIZE);
    size_t slots = pages * PAGE_SIZE / block_size, first = first_slot(pages, block_size);
    size_t most = MIN(slots, (size_t)SLAB_SLOTS_MAX);
    *slab = (struct slab){
        .reciprocal = ((UINT64_C(1) << 32) + block_size - 1) / block_size,
        .block_size = block_size,
        .free = LINK_END,
        .first = (uint8_t)first,
        .linked_end = (uint8_t)first,
        .slots = (uint8_t)most,
        .pages = (uint8_t)pages,
    };
    list_node_init(&slab->node);
    memset(slab->links, LINK_END, slots + 1);
}

static size_t run_of(const struct slab *slab, const struct page_runs *runs)
{
    return page_runs_page(runs, (virt_addr_t)slab);
}

/* Links slots that have never been linked, as far as they lie in the first `bytes` bytes, which are
 * committed: one at least. */
static void link_slots(struct slab *slab, size_t bytes)
{
    size_t fit = MIN(bytes / slab->block_size, (size_t)slab->slots);
    size_t end = MIN(slab->linked_end + (size_t)LINK_STEP, fit);
    ASSERT(slab->free == LINK_END);
    ASSERT(slab->linked_end < end);
    for (size_t slot = slab->linked_end; slot + 1 < end; slot++)
        slab->links[slot] = (uint8_t)(slot + 1);
    slab->free = slab->linked_end;
    slab->linked_end = (uint8_t)end;
}

bool slab_extend(struct slab *slab, struct page_runs *runs)
{
    if (slab->linked_end == slab->slots)
        return false;
    size_t run = run_of(slab, runs);
    size_t page = slab->linked_end * slab->block_size / PAGE_SIZE;
    size_t end = ((slab->linked_end + 1u) * slab->block_size + PAGE_SIZE - 1) / PAGE_SIZE;
    if (page_runs_commit(runs, run + page, end - page) != OK)
        return false;
    page_runs_set_slab(runs, run + page, end - page, slab);
    link_slots(slab, end * PAGE_SIZE);
    return true;
}

struct slab *slab_create(struct page_runs *runs, size_t pages, size_t block_size)
{
    size_t run = page_runs_allocate(runs, pages, RUN_SLAB);
    if (run == NO_PAGE)
        return NULL;
    if (page_runs_commit(runs, run, 1) == OK) {
        struct slab *slab = (struct slab *)page_runs_address(runs, run);
        init(slab, pages, block_size);
        page_runs_set_slab(runs, run, 1, slab);
        if (slab_extend(slab, runs))
            return slab;
    }
    page_runs_free(runs, run);
    return NULL;
}

void slab_release(struct slab *slab, struct page_runs *runs)
{
    page_runs_free(runs, run_of(slab, runs));
}

size_t slab_count_live(const struct slab *slab)
{
    size_t live = 0;
    for (size_t slot = slab->first; slot < slab->linked_end; slot++)
        live += slab->links[slot] == LINK_LIVE;
    return live;
}

size_t slab_count_free(const struct slab *slab)
{
    return (size_t)(slab->linked_end - slab->first) - slab_count_live(slab);
}

enum block_state slab_slot_state(const struct slab *slab, size_t slot)
{
    if (slot < slab->first)
        return BLOCK_INSIDE;
    return slab->links[slot] == LINK_LIVE ? BLOCK_LIVE : BLOCK_FREE;
}

void slab_walk(const struct slab *slab, region_visitor visit, void *context)
{
    virt_addr_t start = (virt_addr_t)slab, end = start + slab->pages * PAGE_SIZE;
    virt_addr_t at = start + slab->first * slab->block_size;
    region_show(visit, context, start, at, REGION_BOOKKEEPING);
    for (size_t slot = slab->first; slot < slab->linked_end; slot++, at += slab->block_size) {
        bool live = slab->links[slot] == LINK_LIVE;
        region_show(visit, context, at, at + slab->block_size, live ? REGION_LIVE : REGION_FREE);
    }
    if (slab->linked_end == slab->slots) {
        region_show(visit, context, at, end, REGION_BOOKKEEPING);
        return;
    }
    virt_addr_t committed = MIN(ALIGN_UP(at, PAGE_SIZE), end);
    region_show(visit, context, at, committed, REGION_FREE);
    region_show(visit, context, committed, end, REGION_HOLE);
}

void slab_check(const struct slab *slab)
{
    ASSERT(slab->first <= slab->linked_end);
    ASSERT(slab->linked_end <= slab->slots);
    size_t free = 0;
    for (size_t slot = slab->free; slot != LINK_END; slot = slab->links[slot]) {
        ASSERT(slot >= slab->first);
        ASSERT(slot < slab->linked_end);
        free++;
        ASSERT(free <= slab->slots);
    }
    ASSERT(free == slab_count_free(slab));
}
