/*
 * The pages of programs in their page tables, and the references to the frames behind them. Only
 * for mm/. Not in interrupt handlers. `start` and `end` are multiples of PAGE_SIZE in user memory.
 */
#ifndef MM_USER_PAGES_H
#define MM_USER_PAGES_H

#include <mm/address_space.h>

/* Give the space empty page tables (ERROR_OUT_OF_FRAMES), and take them back once they map nothing
 * and the processor uses others. */
enum error user_pages_init(struct address_space *space);
void user_pages_destroy(struct address_space *space);

/* The frame of zeros, which all pages show that were read and never written. It stays as long as
 * there is an address space; its references are not counted. */
phys_addr_t user_pages_zeros(void);

/* The flags of the entry of a page in an area. `writable`: the frame is this page's alone, or a
 * shared one that may be written to. */
uint64_t user_page_flags(const struct vm_area *area, bool writable);

/* Maps a page that is not mapped. Takes over the caller's reference to the frame, and drops it when
 * it fails: ERROR_OUT_OF_FRAMES. */
enum error user_page_map(struct address_space *space, virt_addr_t page, phys_addr_t frame,
                         uint64_t flags);

/* Maps a page, whose entry is `entry`, to another frame: takes over the reference to the new one
 * and drops that to the old one. */
void user_page_replace(struct address_space *space, virt_addr_t page, uint64_t entry,
                       phys_addr_t frame, uint64_t flags);

/* Functions that handle many pages count `*left` down and stop when it is 0, so that the caller can
 * let other threads run in between. So many pages take about half a millisecond. */
enum { USER_PAGES_AT_ONCE = 1024 };

/* Unmaps the pages of the range, and drops their references. Returns where it has stopped; that is
 * `end` when all are unmapped. */
virt_addr_t user_pages_unmap(struct address_space *space, virt_addr_t start, virt_addr_t end,
                             unsigned *left);

/* Moves the pages of a range to `to`, where none is mapped. The two do not overlap.
 * ERROR_OUT_OF_FRAMES; then nothing has changed. */
enum error user_pages_move(struct address_space *space, virt_addr_t start, uint64_t length,
                           virt_addr_t to);

/* Restricts the entries of an area's pages to what the area allows now. */
void user_pages_restrict(struct address_space *space, const struct vm_area *area);

/* Makes a page of the area read-only, if it is mapped. */
void user_page_forbid_writes(const struct vm_area *area, virt_addr_t page);

/* Maps in `to` the pages of a private area, from `*start` on, that are mapped in `from`. Both map
 * them read-only, so that the first write makes a copy. Sets *start to where it has stopped: the
 * area's end when all are mapped. ERROR_OUT_OF_FRAMES; then a part is mapped. */
enum error user_pages_share(struct address_space *from, struct address_space *to,
                            const struct vm_area *area, virt_addr_t *start, unsigned *left);

#endif
