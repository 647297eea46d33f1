/*
 * Ranges of an address space's areas: what the parts of mm/address_space.h that change areas share.
 * Only for mm/. Not in interrupt handlers. `start` and `end` are multiples of PAGE_SIZE.
 */
#ifndef MM_AREA_RANGE_H
#define MM_AREA_RANGE_H

#include <layout.h>
#include <mm/address_space.h>

/* Is that a range of whole pages, at least one, in user memory? */
static inline bool area_range_is_valid(virt_addr_t start, uint64_t length)
{
    return IS_ALIGNED(start | length, PAGE_SIZE) && length > 0 && start < USER_END &&
           length <= USER_END - start;
}

/* Does no area use any of the range? */
bool area_range_is_free(const struct address_space *space, virt_addr_t start, virt_addr_t end);

/* Splits the areas that reach across an end of the range. ERROR_OUT_OF_FRAMES: memory is out, or
 * an area would become three, and there are too many; then nothing has changed. */
enum error area_range_split(struct address_space *space, virt_addr_t start, virt_addr_t end);

/* Merges the areas around `address`, to undo a split that is no longer needed. */
void area_range_merge(struct address_space *space, virt_addr_t address);

/* Unmaps what lies in the range, without letting others run. ERROR_OUT_OF_FRAMES: an area would
 * have to be split; then nothing has changed. */
enum error area_range_clear(struct address_space *space, virt_addr_t start, virt_addr_t end);

/* Lets other threads run if `*left`, which counts pages down from USER_PAGES_AT_ONCE, is 0, and
 * sets it to that number again. Outside of threads nothing else can run. In threads it may wait.
 */
void area_range_pause(unsigned *left);

/* Adds the pages of an area with these flags to the space's counts, or subtracts them. */
void area_range_count(struct address_space *space, unsigned flags, int64_t pages);

/* May the space have `pages` more pages in areas with these flags and that object?
 * ERROR_OUT_OF_FRAMES: a limit of the process forbids it, or they are more pages than the machine
 * has memory (Linux: vm/overcommit-accounting, mode 0). The second function is for pages that are
 * mapped already and become writable. */
enum error area_range_check_limits(const struct address_space *space, unsigned flags,
                                   const struct vm_object *object, uint64_t pages);
enum error area_range_check_content(const struct address_space *space, unsigned flags,
                                    const struct vm_object *object, uint64_t pages);

#endif
