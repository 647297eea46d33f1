/*
 * Page tables: mapping, unmapping, protecting and looking up pages of 4 KiB, 2 MiB and 1 GiB.
 *
 * Tables are reached through the direct map and their frames come from mm/frames.h. Nothing here
 * may be called in an interrupt handler, except paging_translate() and paging_walk(), which only
 * read.
 */
#ifndef MM_PAGING_H
#define MM_PAGING_H

#include <error.h>
#include <types.h>

/* The page sizes, as the level of the table whose entry maps the page. */
enum page_size { PAGE_4K = 1, PAGE_2M = 2, PAGE_1G = 3 };

enum { PAGING_LEVELS = 4 };

/* The flags of a page, in its entry (Intel SDM 3A 4.5, tables 4-15 to 4-20). No page of the
 * kernel is both writable and executable: without PAGE_USER, PAGE_WRITABLE goes with
 * PAGE_NO_EXECUTE, or an ASSERT fails. */
#define PAGE_WRITABLE        (UINT64_C(1) << 1)
#define PAGE_USER            (UINT64_C(1) << 2)
#define PAGE_WRITE_COMBINING (UINT64_C(1) << 3) /* as mm/processor.c sets up the PAT */
#define PAGE_UNCACHED        (UINT64_C(1) << 4)
#define PAGE_GLOBAL          (UINT64_C(1) << 8)
#define PAGE_NO_EXECUTE      (UINT64_C(1) << 63)

/* These are set by paging and by the processor. */
#define PAGE_PRESENT      (UINT64_C(1) << 0)
#define PAGE_ACCESSED     (UINT64_C(1) << 5)
#define PAGE_DIRTY        (UINT64_C(1) << 6)
#define PAGE_LARGE        (UINT64_C(1) << 7) /* above level 1: maps a page, links no table */
#define PAGE_TABLE        (UINT64_C(1) << 9) /* ignored by the processor: links a table */
#define PAGE_ADDRESS_MASK UINT64_C(0x000ffffffffff000)

/* A tree of page tables. */
struct page_tables {
    phys_addr_t root;
};

/* 4 KiB, 2 MiB or 1 GiB. */
static inline uint64_t page_size_bytes(enum page_size size)
{
    return UINT64_C(1) << (3 + 9 * (unsigned)size);
}

/* Gives `tables` an empty root table. ERROR_OUT_OF_FRAMES. */
enum error paging_init(struct page_tables *tables);

/* Makes a table of level 3 for each 512 GiB of the `length` bytes from `start` on, where nothing is
 * mapped yet. These tables are never freed, so the root's entries for the range never change again:
 * a root that has a copy of them shares all that is mapped there later. ERROR_OUT_OF_FRAMES. */
enum error paging_make_top_tables(struct page_tables *tables, virt_addr_t start, uint64_t length);

/* Gives `tables`, for a program, a root with the upper half of `kernel`, which has all of its top
 * tables already. ERROR_OUT_OF_FRAMES. */
enum error paging_init_user(struct page_tables *tables, const struct page_tables *kernel);

/* Frees the root of paging_init_user(). Nothing is mapped in the lower half, and the processor uses
 * other tables. */
void paging_destroy_user(struct page_tables *tables);

/* Leaves `flags` out of all entries that are written from now on. A bit of a feature that the
 * processor lacks is reserved, and a reserved bit that is set faults. During set-up. */
void paging_leave_out(uint64_t flags);

/* All functions below refuse an address that is not canonical (ERROR_NOT_CANONICAL) or not a
 * multiple of the page size (ERROR_MISALIGNED), and change nothing when they fail. */

/* Maps the page at `page` to the memory at `frame`, with `flags` of the first group above.
 * ERROR_ALREADY_MAPPED (if only in part, for a large page), ERROR_PART_OF_LARGER_PAGE,
 * ERROR_OUT_OF_FRAMES for a table; ERROR_INVALID for a frame beyond 2^52. */
enum error paging_map(struct page_tables *tables, virt_addr_t page, phys_addr_t frame,
                      enum page_size size, uint64_t flags);

/* Maps `length` bytes of adjacent memory, a multiple of 4 KiB, with the largest pages that fit, but
 * none larger than `largest`. Errors as paging_map(); then nothing is mapped. */
enum error paging_map_range(struct page_tables *tables, virt_addr_t start, phys_addr_t memory,
                            uint64_t length, enum page_size largest, uint64_t flags);

/* Unmaps a page of that size and gives its tables back where they become empty. Sets *frame to the
 * memory that the page was mapped to, unless `frame` is NULL. ERROR_NOT_MAPPED (also when there are
 * smaller pages), ERROR_PART_OF_LARGER_PAGE. */
enum error paging_unmap(struct page_tables *tables, virt_addr_t page, enum page_size size,
                        phys_addr_t *frame);

/* Gives a mapped page other flags. Errors as paging_unmap(). */
enum error paging_protect(struct page_tables *tables, virt_addr_t page, enum page_size size,
                          uint64_t flags);

/* The entry of a page of 4 KiB; 0 when no such page is mapped at `page`, which may be any address.
 */
uint64_t paging_entry(const struct page_tables *tables, virt_addr_t page);

/* The kernel's address of the byte at `address`, which is canonical, if a page of 4 KiB is mapped
 * there with all of `flags`, PAGE_PRESENT among them; else NULL. */
void *paging_memory(const struct page_tables *tables, virt_addr_t address, uint64_t flags);

/* Maps a mapped page of 4 KiB to another frame, with `flags`. */
void paging_replace(struct page_tables *tables, virt_addr_t page, phys_addr_t frame,
                    uint64_t flags);

/* The three functions below are for ranges of a program: `*page` and `end` are multiples of
 * PAGE_SIZE in the lower half, and the range has no larger pages than 4 KiB. Parts of it that have
 * no table are skipped in one step. */

/* Finds the first mapped page from `*page` on and before `end`. Sets `*page` to it, and `*entry` to
 * its entry. False when there is none. */
bool paging_next_page(const struct page_tables *tables, virt_addr_t *page, virt_addr_t end,
                      uint64_t *entry);

/* Unmaps pages from `*page` on, at most `*left`, which it counts down. Calls `drop` with the frame
 * of each. Sets `*page` to where it has stopped: `end` or above when all are unmapped. */
void paging_unmap_pages(struct page_tables *tables, virt_addr_t *page, virt_addr_t end,
                        unsigned *left, void (*drop)(phys_addr_t frame, void *context),
                        void *context);

/* Maps in `to` the pages that are mapped in `from`, from `*page` on, at most `*left`, which it
 * counts down. Both map them read-only then. Calls `take` with the frame of each, and stops when
 * that fails. ERROR_OUT_OF_FRAMES for a table. Sets `*page` to where it has stopped. */
enum error paging_share_pages(struct page_tables *from, struct page_tables *to, virt_addr_t *page,
                              virt_addr_t end, unsigned *left,
                              enum error (*take)(phys_addr_t frame, void *context), void *context);

/* The physical address behind `address`, which need not be aligned. ERROR_NOT_MAPPED. */
enum error paging_translate(const struct page_tables *tables, virt_addr_t address,
                            phys_addr_t *physical);

#endif
