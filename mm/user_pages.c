#include <assert.h>
#include <layout.h>
#include <mm/frame_content.h>
#include <mm/frames.h>
#include <mm/kernel_space.h>
#include <mm/user_pages.h>

static phys_addr_t zeros; /* while there is an address space */
static size_t spaces;

static enum error make_zeros(void)
{
    zeros = frame_alloc();
    if (zeros == NO_FRAME)
        return ERROR_OUT_OF_FRAMES;
    frame_clear(zeros);
    return OK;
}

static void forget_space(void)
{
    if (--spaces == 0)
        frame_free(zeros);
}

enum error user_pages_init(struct address_space *space)
{
    enum error error = spaces == 0 ? make_zeros() : OK;
    if (error)
        return error;
    spaces++;
    error = paging_init_user(&space->tables, &kernel_space);
    if (error)
        forget_space();
    return error;
}

void user_pages_destroy(struct address_space *space)
{
    ASSERT(space->resident_pages == 0);
    paging_destroy_user(&space->tables);
    forget_space();
}

phys_addr_t user_pages_zeros(void)
{
    return zeros;
}

uint64_t user_page_flags(const struct vm_area *area, bool writable)
{
    uint64_t flags = area->flags & AREA_ACCESS ? PAGE_USER : 0;
    if (writable && area->flags & AREA_WRITE)
        flags |= PAGE_WRITABLE;
    if (!(area->flags & AREA_EXECUTE))
        flags |= PAGE_NO_EXECUTE;
    return flags;
}

/* Drops the reference that an entry of the address space has held. */
static void drop(phys_addr_t frame, void *context)
{
    struct address_space *space = context;
    if (frame == zeros)
        return;
    space->resident_pages--;
    frame_free(frame);
}

enum error user_page_map(struct address_space *space, virt_addr_t page, phys_addr_t frame,
                         uint64_t flags)
{
    enum error error = paging_map(&space->tables, page, frame, PAGE_4K, flags);
    ASSERT(!error || error == ERROR_OUT_OF_FRAMES);
    if (frame == zeros)
        return error;
    if (error)
        frame_free(frame);
    else
        space->resident_pages++;
    return error;
}

void user_page_replace(struct address_space *space, virt_addr_t page, uint64_t entry,
                       phys_addr_t frame, uint64_t flags)
{
    ASSERT(frame != zeros);
    paging_replace(&space->tables, page, frame, flags);
    space->resident_pages++;
    drop(entry & PAGE_ADDRESS_MASK, space);
}

virt_addr_t user_pages_unmap(struct address_space *space, virt_addr_t start, virt_addr_t end,
                             unsigned *left)
{
    virt_addr_t page = start;
    paging_unmap_pages(&space->tables, &page, end, left, drop, space);
    return MIN(page, end);
}

/* Maps at `to` + x what is mapped at `start` + x, up to `end`. Stops at an error; *at tells where.
 */
static enum error map_again(struct address_space *space, virt_addr_t start, virt_addr_t end,
                            virt_addr_t to, virt_addr_t *at)
{
    uint64_t entry;
    enum error error = OK;
    for (*at = start; paging_next_page(&space->tables, at, end, &entry); *at += PAGE_SIZE) {
        error = paging_map(&space->tables, to + (*at - start), entry & PAGE_ADDRESS_MASK, PAGE_4K,
                           entry & (PAGE_WRITABLE | PAGE_USER | PAGE_NO_EXECUTE));
        if (error)
            break;
    }
    return error;
}

static void keep(phys_addr_t frame, void *context)
{
    (void)frame;
    (void)context;
}

/* Clears the entries of a range, whose frames are still mapped elsewhere. */
static void forget(struct address_space *space, virt_addr_t start, virt_addr_t end)
{
    unsigned left = UINT32_MAX;
    paging_unmap_pages(&space->tables, &start, end, &left, keep, NULL);
}

enum error user_pages_move(struct address_space *space, virt_addr_t start, uint64_t length,
                           virt_addr_t to)
{
    virt_addr_t at;
    enum error error = map_again(space, start, start + length, to, &at);
    ASSERT(!error || error == ERROR_OUT_OF_FRAMES);
    if (error)
        forget(space, to, to + (at - start));
    else
        forget(space, start, start + length);
    return error;
}

void user_pages_restrict(struct address_space *space, const struct vm_area *area)
{
    uint64_t entry;
    for (virt_addr_t page = area->start; paging_next_page(&space->tables, &page, area->end, &entry);
         page += PAGE_SIZE) {
        uint64_t flags = user_page_flags(area, entry & PAGE_WRITABLE);
        enum error error = paging_protect(&space->tables, page, PAGE_4K, flags);
        ASSERT(!error);
    }
}

void user_page_forbid_writes(const struct vm_area *area, virt_addr_t page)
{
    struct page_tables *tables = &area->space->tables;
    if (paging_entry(tables, page) & PAGE_WRITABLE)
        paging_protect(tables, page, PAGE_4K, user_page_flags(area, false));
}

/* Adds a reference for an entry of the address space that is about to be written. */
static enum error take(phys_addr_t frame, void *context)
{
    struct address_space *space = context;
    enum error error = frame == zeros ? OK : frame_reference(frame);
    if (!error && frame != zeros)
        space->resident_pages++;
    return error;
}

enum error user_pages_share(struct address_space *from, struct address_space *to,
                            const struct vm_area *area, virt_addr_t *start, unsigned *left)
{
    enum error error =
        paging_share_pages(&from->tables, &to->tables, start, area->end, left, take, to);
    *start = MIN(*start, area->end);
    return error;
}
