/*
 * The header lies at the run's start, in the first slot or slots, and slot `i` i * block_size from
 * there: so blocks of 2^n bytes are aligned to 2^n, up to a page. Each slot has one byte in the
 * header, its link:
 *
 *     LINK_LIVE     the block is handed out
 *     another slot  the block is free, and so is that one: the list of free slots
 *     LINK_END      the block is free and the last of the list
 *
 * Free blocks are not written to, and blocks carry no header: whether a block is live is judged by
 * its link alone. The way from an address to the link is a division, done as a multiplication by
 * 2^32 / block_size, rounded up: the upper half of the product is the slot. The lower half is less
 * than 2^16 exactly when nothing is left over: the rounding adds less than block_size for each
 * slot, less than the run's length in all; a byte left over adds the factor, which is more than
 * 2^16. What is left over at the run's end has a link, too, which is never live: hence one more
 * link than slots.
 */
#include <assert.h>
#include <mm/slab.h>

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

/* Each free slot's link is the next slot. Eight links are one store: with 250 slots this is what
 * sets the price of a new slab. */
static void chain_links(uint8_t *links, size_t count)
{
    uint64_t eight = 0x0807060504030201u;
    size_t slot = 0;
    for (; slot + 8 <= count; slot += 8, eight += 0x0808080808080808u)
        __builtin_memcpy(links + slot, &eight, sizeof(eight));
    for (; slot < count; slot++)
        links[slot] = (uint8_t)(slot + 1);
}

/* The first `bytes` bytes are committed; the list of free slots is empty. */
static void make_ready(struct slab *slab, size_t bytes)
{
    size_t ready = MIN(bytes / slab->block_size, (size_t)slab->slots);
    if (ready <= slab->ready)
        return;
    slab->links[ready - 1] = LINK_END;
    slab->free = slab->ready;
    slab->ready = (uint8_t)ready;
}

/* Makes a slab of the run; the slots in its first page, which is committed, become ready. */
static void init(struct slab *slab, size_t pages, size_t block_size)
{
    ASSERT(pages * PAGE_SIZE <= SLAB_BYTES_MAX);
    ASSERT(block_size < SLAB_BYTES_MAX);
    ASSERT(header_size(pages, block_size) <= PAGE_SIZE);
    size_t fit = pages * PAGE_SIZE / block_size;
    slab->inverse = ((UINT64_C(1) << 32) + block_size - 1) / block_size;
    slab->block_size = block_size;
    slab->free = LINK_END;
    slab->first = slab->ready = (uint8_t)first_slot(pages, block_size);
    slab->slots = (uint8_t)MIN(fit, (size_t)SLAB_SLOTS_MAX);
    slab->pages = (uint8_t)pages;

    chain_links(slab->links, fit + 1);
    /* The links of the last slots that a byte can name would be the ones that mean something. */
    for (size_t slot = LINK_LIVE - 1; slot <= fit; slot++)
        slab->links[slot] = LINK_END;
    make_ready(slab, PAGE_SIZE);
}

static size_t run_of(const struct slab *slab, const struct page_runs *runs)
{
    return ((virt_addr_t)slab - runs->base) / PAGE_SIZE;
}

bool slab_extend(struct slab *slab, struct page_runs *runs)
{
    if (slab->ready == slab->slots)
        return false;
    ASSERT(slab->free == LINK_END);
    size_t run = run_of(slab, runs);
    size_t page = slab->ready * slab->block_size / PAGE_SIZE;
    size_t end = ((slab->ready + 1u) * slab->block_size + PAGE_SIZE - 1) / PAGE_SIZE;
    if (page_runs_commit(runs, run + page, end - page) != OK)
        return false;
    page_runs_set_slab(runs, run + page, end - page, slab);
    make_ready(slab, end * PAGE_SIZE);
    return true;
}

struct slab *slab_create(struct page_runs *runs, size_t pages, size_t block_size)
{
    size_t run = page_runs_allocate(runs, pages, RUN_SLAB);
    if (run == NO_PAGE)
        return NULL;
    if (page_runs_commit(runs, run, 1) == OK) {
        struct slab *slab = (struct slab *)page_runs_address(runs, run);
        page_runs_set_slab(runs, run, 1, slab);
        init(slab, pages, block_size);
        if (slab->free != LINK_END || slab_extend(slab, runs))
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
    for (size_t slot = slab->first; slot < slab->ready; slot++)
        live += slab->links[slot] == LINK_LIVE;
    return live;
}

size_t slab_count_free(const struct slab *slab)
{
    return (size_t)(slab->ready - slab->first) - slab_count_live(slab);
}

enum block_state slab_slot_state(const struct slab *slab, size_t slot)
{
    if (slot < slab->first)
        return BLOCK_INSIDE;
    return slab->links[slot] == LINK_LIVE ? BLOCK_LIVE : BLOCK_FREE;
}

void slab_walk(const struct slab *slab, region_visitor visit, void *context)
{
    struct region region = {
        .start = (virt_addr_t)slab,
        .size = slab->first * slab->block_size,
        .state = REGION_BOOKKEEPING,
    };
    visit(context, &region);
    for (size_t slot = slab->first; slot < slab->ready; slot++) {
        region.start += region.size;
        region.size = slab->block_size;
        region.state = slab->links[slot] == LINK_LIVE ? REGION_LIVE : REGION_FREE;
        visit(context, &region);
    }
    region.start += region.size;
    region.size = (virt_addr_t)slab + slab->pages * PAGE_SIZE - region.start;
    region.state = slab->ready == slab->slots ? REGION_BOOKKEEPING : REGION_HOLE;
    if (region.size > 0)
        visit(context, &region);
}

void slab_check(const struct slab *slab)
{
    ASSERT(slab->first <= slab->ready && slab->ready <= slab->slots);
    size_t free = 0;
    for (size_t slot = slab->free; slot != LINK_END; slot = slab->links[slot]) {
        ASSERT(slot >= slab->first && slot < slab->ready);
        free++;
        ASSERT(free <= slab->slots);
    }
    ASSERT(free == slab_count_free(slab));
}
