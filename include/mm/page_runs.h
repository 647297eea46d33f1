/*
 * Runs of pages in an arena: the lower half of mm/fixed_block.c, which cuts runs into blocks.
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
    IDLE_MIN = 16,  /* committed pages that may always hold nothing */
    IDLE_SHARE = 8, /* and this part of all committed pages may, too */
};

enum run_state {
    RUN_INSIDE, /* none of the following */
    RUN_FREE,   /* the first or the last page of a free run */
    RUN_LARGE,  /* the first page of a run that is one large block */
    RUN_SLAB,   /* the first page of a slab */
};

struct page {
    uint32_t run;      /* where `state` is not RUN_INSIDE: the run's length */
    uint32_t next;     /* at the first page of a free run: its list */
    uint32_t previous; /* NO_PAGE at the list's head */
    uint8_t state;
    bool committed;
};

struct slab;

struct page_runs {
    virt_addr_t base;    /* of page 0 */
    size_t count;        /* so many pages are described; the ones after them have never been used */
    struct slab **slabs; /* for each page its slab, or `no_slab` */
    struct page *pages;
    struct slab *no_slab;
    struct arena *arena;
    struct extent slab_table;
    struct extent page_table;
    size_t limit;        /* the most that `count` can become */
    size_t idle;         /* committed pages in free runs, and what the owner adds */
    uint64_t used_lists; /* bit i: lists[i] is not empty */
    uint32_t lists[RUN_LISTS];
};

/* Puts the tables at the arena's start and the pages after them. `no_slab` is what the slab of a
 * page that belongs to none is. An arena has to have room for one page besides the tables. */
enum error page_runs_init(struct page_runs *runs, struct arena *arena, struct slab *no_slab);

/* The first page of a free run of `pages` pages, now in `state` (RUN_LARGE or RUN_SLAB); its
 * pages may be committed or not. NO_PAGE when there is none. O(1) up to 31 pages. */
size_t page_runs_allocate(struct page_runs *runs, size_t pages, enum run_state state);

/* Commits those of the pages that are not. When it fails some of them may be. */
enum error page_runs_commit(struct page_runs *runs, size_t first, size_t pages);

/* Lets the tables grow ahead of their use. To be called when not much else is being done: growing
 * together with everything else that a new run may need is what would take longest. */
void page_runs_prepare(struct page_runs *runs);

/* Has the pages' entries in `slabs` lead to `slab`. page_runs_free() has them lead nowhere. */
void page_runs_set_slab(struct page_runs *runs, size_t first, size_t pages, struct slab *slab);

/* Takes back the run that begins with page `first`. */
void page_runs_free(struct page_runs *runs, size_t first);

/* Decommits all free pages, and what is not needed of the tables. */
void page_runs_trim(struct page_runs *runs);

/* The first page of the run that page `page` is in. Takes a step for each run. */
size_t page_runs_find(const struct page_runs *runs, size_t page);

/* Shows a run that is not a slab. */
void page_runs_walk(const struct page_runs *runs, size_t first, region_visitor visit,
                    void *context);

/* Checks every invariant, given what the owner has added to `idle`; a broken one is an ASSERT. */
void page_runs_check(const struct page_runs *runs, size_t idle_elsewhere);

/* How many pages may be idle. */
static inline size_t page_runs_allowance(const struct page_runs *runs)
{
    size_t share = runs->arena->committed / PAGE_SIZE / IDLE_SHARE;
    return MAX(share, (size_t)IDLE_MIN);
}

/* Where page number `page` of the window begins. */
static inline virt_addr_t page_runs_address(const struct page_runs *runs, size_t page)
{
    return runs->base + page * PAGE_SIZE;
}

#endif
