/*
 * The arena's pages are divided into runs, without gaps. A run is free, a large block, or a slab. A
 * table with an entry for each page describes them. The entries of a free run's first and last page
 * hold its length. So a run that becomes free finds its free neighbours and coalesces with them.
 *
 * Free runs are on lists by length: one list for each length up to 31 pages, one for each power of
 * two above. Every run on an exact list fits; on the other lists the first run that is long enough
 * is taken.
 *
 * The table of the whole window would take 6 GiB, so it grows with use: only the pages below
 * `count` are described, and only they have ever been touched. When no free run is long enough, one
 * is made at the end of these pages, together with the free pages there.
 *
 * Committing a page costs more than all else here. So free runs keep committed pages, up to an
 * eighth of all that are committed. A run whose pages would exceed that is decommitted when it is
 * freed.
 */
#include <assert.h>
#include <mm/page_runs.h>

enum {
    AHEAD = 64,        /* the table is prepared for this many more pages */
    RECEDE_MIN = 4096, /* this many pages, and half of all, may be free at the end */
};

static size_t last_page(const struct page_runs *runs, size_t first)
{
    return first + runs->pages[first].run - 1;
}

/* --- The lists of free runs ----------------------------------------------------------------- */

static unsigned list_for(size_t pages)
{
    if (pages < RUN_LISTS_EXACT)
        return (unsigned)pages;
    unsigned log2 = 63 - (unsigned)__builtin_clzl(pages);
    return RUN_LISTS_EXACT - 5 + log2;
}

static void list_add(struct page_runs *runs, size_t first)
{
    struct page *page = &runs->pages[first];
    unsigned list = list_for(page->run);
    page->next = runs->lists[list];
    page->previous = NO_PAGE;
    if (page->next != NO_PAGE)
        runs->pages[page->next].previous = (uint32_t)first;
    runs->lists[list] = (uint32_t)first;
    runs->used_lists |= UINT64_C(1) << list;
}

static void list_take(struct page_runs *runs, size_t first)
{
    struct page *page = &runs->pages[first];
    unsigned list = list_for(page->run);
    if (page->next != NO_PAGE)
        runs->pages[page->next].previous = page->previous;
    if (page->previous != NO_PAGE)
        runs->pages[page->previous].next = page->next;
    else
        runs->lists[list] = page->next;
    if (runs->lists[list] == NO_PAGE)
        runs->used_lists &= ~(UINT64_C(1) << list);
}

/* The first page of a free run of `pages` pages or more, or NO_PAGE. */
static size_t list_search(const struct page_runs *runs, size_t pages)
{
    unsigned list = list_for(pages);
    if (list >= RUN_LISTS_EXACT) {
        for (size_t first = runs->lists[list]; first != NO_PAGE; first = runs->pages[first].next) {
            if (runs->pages[first].run >= pages)
                return first;
        }
        list++;
    }
    uint64_t fitting = runs->used_lists & ~UINT64_C(0) << list;
    return fitting ? runs->lists[__builtin_ctzl(fitting)] : NO_PAGE;
}

/* --- Runs ----------------------------------------------------------------------------------- */

/* The other pages are RUN_INSIDE already. */
static void set_run(struct page_runs *runs, size_t first, size_t pages, enum run_state state)
{
    runs->pages[first].run = (uint32_t)pages;
    runs->pages[first].state = (uint8_t)state;
}

static void set_free_run(struct page_runs *runs, size_t first, size_t pages)
{
    set_run(runs, first, pages, RUN_FREE);
    set_run(runs, first + pages - 1, pages, RUN_FREE);
    list_add(runs, first);
}

/* Takes a run, free or not, out of the table and returns its length. The caller puts its pages into
 * another run. */
static size_t unset_run(struct page_runs *runs, size_t first)
{
    size_t pages = runs->pages[first].run, last = last_page(runs, first);
    if (runs->pages[first].state == RUN_FREE)
        list_take(runs, first);
    runs->pages[first].state = runs->pages[last].state = RUN_INSIDE;
    return pages;
}

/* Makes a free run of pages that belong to none, coalesced with its free neighbours. */
static void add_free_run(struct page_runs *runs, size_t first, size_t pages)
{
    if (first > 0 && runs->pages[first - 1].state == RUN_FREE) {
        size_t before = runs->pages[first - 1].run;
        first -= before;
        pages += unset_run(runs, first);
    }
    if (first + pages < runs->count && runs->pages[first + pages].state == RUN_FREE)
        pages += unset_run(runs, first + pages);
    set_free_run(runs, first, pages);
}

static size_t count_committed(const struct page_runs *runs, size_t first, size_t pages)
{
    size_t committed = 0;
    for (size_t page = first; page < first + pages; page++)
        committed += runs->pages[page].committed;
    return committed;
}

/* The end of the stretch of pages from `page` on, below `end`, that are all committed or all not.
 */
static size_t stretch_end(const struct page_runs *runs, size_t page, size_t end)
{
    bool committed = runs->pages[page].committed;
    while (page < end && runs->pages[page].committed == committed)
        page++;
    return page;
}

static void set_committed(struct page_runs *runs, size_t first, size_t end, bool committed)
{
    for (size_t page = first; page < end; page++)
        runs->pages[page].committed = committed;
}

static void decommit(struct page_runs *runs, size_t first, size_t pages)
{
    for (size_t page = first, next; page < first + pages; page = next) {
        next = stretch_end(runs, page, first + pages);
        if (!runs->pages[page].committed)
            continue;
        arena_decommit(runs->arena, page_runs_address(runs, page), next - page);
        set_committed(runs, page, next, false);
    }
}

enum error page_runs_commit(struct page_runs *runs, size_t first, size_t pages)
{
    for (size_t page = first, next; page < first + pages; page = next) {
        next = stretch_end(runs, page, first + pages);
        if (runs->pages[page].committed)
            continue;
        enum error error = arena_commit(runs->arena, page_runs_address(runs, page), next - page);
        if (error)
            return error;
        set_committed(runs, page, next, true);
    }
    return OK;
}

/* --- Growing and shrinking ------------------------------------------------------------------ */

static size_t free_pages_at_end(const struct page_runs *runs)
{
    if (runs->count == 0 || runs->pages[runs->count - 1].state != RUN_FREE)
        return 0;
    return runs->pages[runs->count - 1].run;
}

static enum error describe(struct page_runs *runs, size_t count)
{
    enum error error = extent_reach(runs->arena, &runs->table, count * sizeof(*runs->pages));
    for (size_t page = runs->count; error == OK && page < count; page++)
        runs->pages[page] = (struct page){.state = RUN_INSIDE};
    return error;
}

/* If it fails, describe() will report it later. */
void page_runs_prepare(struct page_runs *runs)
{
    size_t count = MIN(runs->count + AHEAD, runs->limit);
    (void)extent_reach(runs->arena, &runs->table, count * sizeof(*runs->pages));
}

/* Takes a run from the end of the pages in use: the free pages there, if any, and new ones. */
static size_t take_at_end(struct page_runs *runs, size_t pages)
{
    size_t free = free_pages_at_end(runs), first = runs->count - free;
    if (first + pages > runs->limit || describe(runs, first + pages) != OK)
        return NO_PAGE;
    if (free > 0)
        unset_run(runs, first);
    runs->idle -= count_committed(runs, first, free);
    runs->count = first + pages;
    return first;
}

/* Drops the free pages at the end from the table. */
static void recede(struct page_runs *runs)
{
    size_t free = free_pages_at_end(runs), first = runs->count - free;
    if (free > 0) {
        runs->idle -= count_committed(runs, first, free);
        decommit(runs, first, free);
        unset_run(runs, first);
    }
    runs->count = first;
    extent_shrink(runs->arena, &runs->table, first * sizeof(*runs->pages));
}

void page_runs_trim(struct page_runs *runs)
{
    for (size_t page = 0; page < runs->count; page += runs->pages[page].run) {
        if (runs->pages[page].state != RUN_FREE)
            continue;
        runs->idle -= count_committed(runs, page, runs->pages[page].run);
        decommit(runs, page, runs->pages[page].run);
    }
    recede(runs);
}

enum error page_runs_init(struct page_runs *runs, struct arena *arena, virt_addr_t start)
{
    size_t room = arena->base + arena->size - start;
    if (room < PAGE_SIZE + PAGE_SIZE)
        return ERROR_INVALID;
    size_t limit = (room - PAGE_SIZE) / (PAGE_SIZE + sizeof(struct page));
    size_t table_size = ALIGN_UP(limit * sizeof(struct page), PAGE_SIZE);
    ASSERT(IS_ALIGNED(arena->base | arena->size | start, PAGE_SIZE));
    ASSERT(limit < NO_PAGE);
    if (limit == 0)
        return ERROR_INVALID;
    *runs = (struct page_runs){
        .base = start + table_size,
        .pages = (struct page *)start,
        .limit = limit,
        .table = {.base = start, .size = table_size},
        .arena = arena,
    };
#pragma GCC unroll 8
    for (unsigned list = 0; list < RUN_LISTS; list++)
        runs->lists[list] = NO_PAGE;
    return OK;
}

/* --- Allocating and freeing ----------------------------------------------------------------- */

/* Takes the front of the free run that begins with page `first`. */
static size_t take_from(struct page_runs *runs, size_t first, size_t pages)
{
    size_t whole = unset_run(runs, first);
    ASSERT(whole >= pages);
    if (whole > pages)
        set_free_run(runs, first + pages, whole - pages);
    runs->idle -= count_committed(runs, first, pages);
    return first;
}

size_t page_runs_allocate(struct page_runs *runs, size_t pages, enum run_state state)
{
    ASSERT(pages > 0);
    if (pages > runs->limit)
        return NO_PAGE;
    size_t fitting = list_search(runs, pages);
    size_t first = fitting == NO_PAGE ? take_at_end(runs, pages) : take_from(runs, fitting, pages);
    if (first != NO_PAGE)
        set_run(runs, first, pages, state);
    return first;
}

void page_runs_set_slab(struct page_runs *runs, size_t first, size_t pages, struct slab *slab)
{
    for (size_t page = first; page < first + pages; page++)
        runs->pages[page].slab = slab;
}

void page_runs_free(struct page_runs *runs, size_t first)
{
    ASSERT(first < runs->count);
    ASSERT(runs->pages[first].state >= RUN_LARGE);
    size_t pages = unset_run(runs, first);
    size_t committed = count_committed(runs, first, pages);
    if (runs->idle + committed <= page_runs_allowance(runs))
        runs->idle += committed;
    else
        decommit(runs, first, pages);
    if (runs->pages[first].slab)
        page_runs_set_slab(runs, first, pages, NULL);
    add_free_run(runs, first, pages);
    if (free_pages_at_end(runs) > RECEDE_MIN + runs->count / 2)
        recede(runs);
}

/* --- Looking -------------------------------------------------------------------------------- */

size_t page_runs_find(const struct page_runs *runs, size_t page)
{
    ASSERT(page < runs->count);
    size_t first = 0;
    while (last_page(runs, first) < page)
        first += runs->pages[first].run;
    return first;
}

static size_t check_run(const struct page_runs *runs, size_t first)
{
    const struct page *head = &runs->pages[first];
    ASSERT(head->run > 0);
    ASSERT(head->run <= runs->count - first);
    ASSERT(head->state != RUN_INSIDE);

    size_t last = last_page(runs, first);
    ASSERT(runs->pages[last].run == head->run || head->state != RUN_FREE);
    for (size_t page = first; page <= last; page++) {
        ASSERT(!runs->pages[page].slab || head->state == RUN_SLAB);
        bool end = page == first || (page == last && head->state == RUN_FREE);
        ASSERT(runs->pages[page].state == (end ? head->state : RUN_INSIDE));
    }
    return head->run;
}

static size_t check_lists(const struct page_runs *runs)
{
    size_t listed = 0;
    for (unsigned list = 0; list < RUN_LISTS; list++) {
        ASSERT((runs->lists[list] != NO_PAGE) == (runs->used_lists >> list & 1));
        for (size_t run = runs->lists[list]; run != NO_PAGE; run = runs->pages[run].next) {
            ASSERT(runs->pages[run].state == RUN_FREE);
            ASSERT(list_for(runs->pages[run].run) == list);
            listed++;
        }
    }
    return listed;
}

void page_runs_check(const struct page_runs *runs, size_t idle_elsewhere)
{
    size_t free_runs = 0, idle = idle_elsewhere;
    bool after_free = false;
    for (size_t first = 0; first < runs->count; first += check_run(runs, first)) {
        bool free = runs->pages[first].state == RUN_FREE;
        ASSERT(!(free && after_free));
        after_free = free;
        free_runs += free;
        idle += free ? count_committed(runs, first, runs->pages[first].run) : 0;
    }
    ASSERT(check_lists(runs) == free_runs);
    ASSERT(idle == runs->idle);
}

void page_runs_walk(const struct page_runs *runs, size_t first, region_visitor visit, void *context)
{
    size_t end = first + runs->pages[first].run;
    bool live = runs->pages[first].state == RUN_LARGE;
    for (size_t page = first, next; page < end; page = next) {
        next = stretch_end(runs, page, end);
        enum region_state free = runs->pages[page].committed ? REGION_FREE : REGION_HOLE;
        region_show(visit, context, page_runs_address(runs, page), page_runs_address(runs, next),
                    live ? REGION_LIVE : free);
    }
}
