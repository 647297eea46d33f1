/*
 * Runs of pages in an arena. Used by mm/fixed_block.c, which cuts runs into blocks.
 */
#ifndef MM_PAGE_RUNS_H
#define MM_PAGE_RUNS_H

#include <mm/allocator.h>

#define NO_PAGE UINT32_MAX

enum {
    RUN_LISTS_EXACT = 32, /* runs of 1 to 31 pages have a list for each length */
    RUN_LISTS = RUN_LISTS_EXACT + 27,
};

enum {
    IDLE_MIN = 16,  /* this many committed pages may be idle */
    IDLE_SHARE = 8, /* or this part of all committed pages, if that is more */
};

enum run_state {
    RUN_INSIDE, /* any other page */
    RUN_FREE,   /* the first or the last page of a free run */
    RUN_LARGE,  /* the first page of a run that is one large block */
    RUN_SLAB,   /* the first page of a slab */
};

struct page {
    struct slab *slab; /* the slab that the page is a committed part of, or NULL */
    uint32_t run;      /* where `state` is not RUN_INSIDE: the run's length */
    uint32_t next;     /* at the first page of a free run: the next run on the list, or NO_PAGE */
    uint32_t previous; /* likewise: the one before; NO_PAGE at the list's head */
    uint8_t state;     /* enum run_state */
    bool committed;
};

struct page_runs {
    virt_addr_t base;    /* of page 0 */
    struct page *pages;  /* the table */
    size_t count;        /* pages that the table describes; those after them are unused */
    size_t limit;        /* the most that `count` can become */
    struct extent table; /* the memory of `pages` */
    struct arena *arena;
    size_t idle;               /* committed pages in free runs, and those the owner adds */
    uint64_t used_lists;       /* bit i: lists[i] is not empty */
    uint32_t lists[RUN_LISTS]; /* the first run of each; NO_PAGE: the list is empty */
};

/* Puts the table at `start`, a page of the arena, and the pages after it, up to the arena's end.
 * ERROR_INVALID: there is no room for a page besides the table. */
enum error page_runs_init(struct page_runs *runs, struct arena *arena, virt_addr_t start);

/* Takes a free run of `pages` pages, puts it into `state` (RUN_LARGE or RUN_SLAB), and returns its
 * first page. The pages may be committed or not. NO_PAGE when there is none. O(1) up to 31 pages.
 */
size_t page_runs_allocate(struct page_runs *runs, size_t pages, enum run_state state);

/* Commits the pages that are not committed yet. If it fails, some of them may be. */
enum error page_runs_commit(struct page_runs *runs, size_t first, size_t pages);

/* Grows the table ahead of its use. For allocations that have little else to do, so that no single
 * allocation has to do everything. */
void page_runs_prepare(struct page_runs *runs);

/* Notes that the pages are committed parts of `slab`; page_runs_free() clears that. */
void page_runs_set_slab(struct page_runs *runs, size_t first, size_t pages, struct slab *slab);

/* Takes back the run that begins with page `first`. */
void page_runs_free(struct page_runs *runs, size_t first);

/* Decommits all free pages, and the unused end of the table. */
void page_runs_trim(struct page_runs *runs);

/* The first page of the run that page `page` is in. Takes a step for each run. */
size_t page_runs_find(const struct page_runs *runs, size_t page);

/* Shows a run that is not a slab. */
void page_runs_walk(const struct page_runs *runs, size_t first, region_visitor visit,
                    void *context);

/* Checks every invariant, given the number that the owner has added to `idle`; a broken one is an
 * ASSERT. */
void page_runs_check(const struct page_runs *runs, size_t idle_elsewhere);

/* How many pages may be idle. */
static inline size_t page_runs_allowance(const struct page_runs *runs)
{
    size_t share = runs->arena->committed / PAGE_SIZE / IDLE_SHARE;
    return MAX(share, (size_t)IDLE_MIN);
}

/* The address of a page; and the page of an address, which is `count` or more if the table
 * describes no such page. */
static inline virt_addr_t page_runs_address(const struct page_runs *runs, size_t page)
{
    return runs->base + page * PAGE_SIZE;
}
static inline size_t page_runs_page(const struct page_runs *runs, virt_addr_t address)
{
    return (address - runs->base) / PAGE_SIZE;
}

#endif
