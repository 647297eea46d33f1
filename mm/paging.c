/*
 * A page is mapped by an entry at level 1 (4 KiB), 2 (2 MiB) or 3 (1 GiB) of a tree of tables whose
 * root is at level 4. Everything here begins with the same walk: from the root down to the first
 * entry that links no table. That entry maps a page, or it is empty.
 *
 * A table goes back to the frame allocator when its last entry is cleared. To find that out without
 * reading 512 entries, the entry that links a table counts the used entries of that table, in bits
 * 52 to 61, which the processor ignores (SDM 3A 4.5).
 *
 * paging_make_top_tables() makes tables of level 3 that stay, used or not: such a table's counter
 * is one too high, so it never says "empty". The kernel's windows have them (mm/kernel_space.c), so
 * the entries of the kernel half in a root never change and every root can share them by a copy.
 *
 * A failure changes nothing: all tables that a page needs are allocated before the first one is
 * linked. Only paging_map_range() may have mapped pages before it fails, and it unmaps them again.
 *
 * There is no lock: one processor, and no calls from interrupt handlers. The processor never caches
 * an entry that is not present (SDM 3A 4.10.2.3), so only clearing and changing need INVLPG. It
 * also drops the cached entries of the tables on the way (4.10.4.1): it comes after a table is
 * unlinked and before the table's frame is freed.
 */
#include <assert.h>
#include <kernel/cpu/control.h>
#include <layout.h>
#include <mm/frame_content.h>
#include <mm/frames.h>
#include <mm/paging.h>
#include <mm/table_frames.h>

enum { ENTRIES = 512, COUNT_SHIFT = 52 };

#define COUNT_ONE  (UINT64_C(1) << COUNT_SHIFT)
#define COUNT_MASK (UINT64_C(0x3ff) << COUNT_SHIFT)

#define FLAGS_MASK                                                                    \
    (PAGE_WRITABLE | PAGE_USER | PAGE_WRITE_COMBINING | PAGE_UNCACHED | PAGE_GLOBAL | \
     PAGE_NO_EXECUTE)

static uint64_t known_flags RO_AFTER_INIT = FLAGS_MASK;

/* What differs between pages of the three sizes, by level. Nothing is mapped at level 4. */
static const struct {
    uint64_t offset_mask;  /* the part of an address that is the offset in the page */
    uint64_t address_mask; /* the part of an entry that is the page's address */
    uint64_t bits;         /* set in the entry */
} sizes[PAGING_LEVELS + 1] = {
    [PAGE_4K] = {KIB(4) - 1, PAGE_ADDRESS_MASK, PAGE_PRESENT},
    [PAGE_2M] = {MIB(2) - 1, PAGE_ADDRESS_MASK & -MIB(2), PAGE_PRESENT | PAGE_LARGE},
    [PAGE_1G] = {GIB(1) - 1, PAGE_ADDRESS_MASK & -GIB(1), PAGE_PRESENT | PAGE_LARGE},
};

/* The root has no parent entry; this counter stands in for it. It is never read: the root stays. */
static uint64_t root_count;

/* Where a walk has ended. */
struct slot {
    uint64_t *entry;  /* in a table of `level` */
    uint64_t *parent; /* the entry that links this table and counts its used entries */
    unsigned level;
};

static size_t index_at(virt_addr_t address, unsigned level)
{
    return address >> (3 + 9 * level) & (ENTRIES - 1);
}

static uint64_t *table_behind(uint64_t entry)
{
    return phys_to_virt(entry & PAGE_ADDRESS_MASK);
}

/* The walk to the first entry on the way to `address` that links no table. Unrolled, translating an
 * address takes 1.9 ns instead of 2.6, mapping a page 3.2 instead of 3.5 (AMD EPYC, 10,000 pages in
 * a loop on the build machine, the best of 200 runs). */
static inline struct slot walk(const struct page_tables *tables, virt_addr_t address)
{
    uint64_t *table = phys_to_virt(tables->root);
    struct slot slot = {&table[index_at(address, PAGING_LEVELS)], &root_count, PAGING_LEVELS};
#pragma GCC unroll 3
    for (unsigned level = PAGING_LEVELS - 1; level > 0; level--) {
        if (!(*slot.entry & PAGE_TABLE))
            break;
        table = table_behind(*slot.entry);
        slot = (struct slot){&table[index_at(address, level)], slot.entry, level};
    }
    return slot;
}

static enum error check(virt_addr_t page, phys_addr_t frame, enum page_size size)
{
    if (!is_canonical(page))
        return ERROR_NOT_CANONICAL;
    if ((page | frame) & sizes[size].offset_mask)
        return ERROR_MISALIGNED;
    return frame >> 52 ? ERROR_INVALID : OK;
}

/* The entry of a page, without the address. */
static uint64_t page_bits(enum page_size size, uint64_t flags)
{
    ASSERT(flags & (PAGE_NO_EXECUTE | PAGE_USER) || !(flags & PAGE_WRITABLE));
    return (flags & known_flags) | sizes[size].bits;
}

/* The entry of a table on the way to `address`, without the table's address. It allows every
 * access; the entry of the page restricts them. */
static uint64_t table_bits(virt_addr_t address)
{
    return PAGE_PRESENT | PAGE_TABLE | PAGE_WRITABLE | (address >> 63 ? 0 : PAGE_USER);
}

/* Writes an entry that was empty, and counts it. */
static void set_entry(struct slot slot, uint64_t entry)
{
    *slot.entry = entry;
    *slot.parent += COUNT_ONE;
}

/* --- Tables --------------------------------------------------------------------------------- */

/* Adjacent pages of one size, in one table. */
struct stretch {
    uint64_t entry; /* of the first page */
    uint64_t step;  /* from one entry to the next */
    size_t count;
};

/* Unrolled, a whole table takes 125 ns instead of 145, measured in the same way. */
static void write_entries(uint64_t *entries, struct stretch stretch)
{
#pragma GCC unroll 16
    for (size_t i = 0; i < stretch.count; i++, stretch.entry += stretch.step)
        entries[i] = stretch.entry;
}

/* Allocates all of the tables, or none. */
static enum error allocate_tables(phys_addr_t *tables, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        tables[i] = table_frame_alloc();
        if (tables[i] == NO_FRAME) {
            while (i > 0)
                table_frame_free(tables[--i]);
            return ERROR_OUT_OF_FRAMES;
        }
    }
    return OK;
}

/* Continues a walk that ended above `level`: makes tables down to `level`, and writes the entries
 * of the pages from `address` on into the lowest one. The processor may read an entry at any time
 * and cache it, so a table is linked only once it is fully written. */
static NOINLINE enum error map_in_new_tables(struct slot slot, virt_addr_t address, unsigned level,
                                             struct stretch stretch)
{
    phys_addr_t tables[PAGING_LEVELS - 1];
    unsigned needed = slot.level - level;
    if (slot.level < level)
        return ERROR_ALREADY_MAPPED;
    if (*slot.entry)
        return ERROR_PART_OF_LARGER_PAGE;
    enum error error = allocate_tables(tables, needed);
    if (error)
        return error;
    for (unsigned i = 0; i < needed; i++) {
        size_t first = index_at(address, slot.level - 1);
        size_t count = i == needed - 1 ? stretch.count : 0;
        uint64_t *table = phys_to_virt(tables[i]);
        if (count < ENTRIES)
            table_frame_clear(tables[i]);
        if (count)
            write_entries(&table[first], stretch);
        __atomic_signal_fence(__ATOMIC_RELEASE);
        set_entry(slot, tables[i] | table_bits(address) | count * COUNT_ONE);
        slot = (struct slot){&table[first], slot.entry, slot.level - 1};
    }
    return OK;
}

/* Is the table that the slot lies in empty? False for the root, which is never freed. */
static bool table_is_empty(struct slot slot)
{
    return slot.level < PAGING_LEVELS && !(*slot.parent & COUNT_MASK);
}

/* Unlinks the table behind `link`, which became empty when `page` was unmapped, and the tables
 * above it that become empty in turn. Frees them after INVLPG, when the processor caches none of
 * their entries any more. */
static NOINLINE void drop_tables(const struct page_tables *tables, virt_addr_t page, uint64_t *link)
{
    phys_addr_t empty[PAGING_LEVELS - 1];
    unsigned count = 0;
    struct slot slot;
    do {
        empty[count++] = *link & PAGE_ADDRESS_MASK;
        *link = 0;
        slot = walk(tables, page); /* ends at the entry that was just cleared */
        *slot.parent -= COUNT_ONE;
        link = slot.parent;
    } while (table_is_empty(slot));
    invlpg(page);
    while (count > 0)
        table_frame_free(empty[--count]);
}

/* Clears the entry of the page at `page`, and drops it from the TLB. */
static void clear_entry(const struct page_tables *tables, virt_addr_t page, struct slot slot)
{
    *slot.entry = 0;
    *slot.parent -= COUNT_ONE;
    if (table_is_empty(slot))
        drop_tables(tables, page, slot.parent);
    else
        invlpg(page);
}

enum error paging_init(struct page_tables *tables)
{
    phys_addr_t root = table_frame_alloc();
    if (root == NO_FRAME)
        return ERROR_OUT_OF_FRAMES;
    table_frame_clear(root);
    tables->root = root;
    return OK;
}

enum error paging_make_top_tables(struct page_tables *tables, virt_addr_t start, uint64_t length)
{
    uint64_t *root = phys_to_virt(tables->root);
    size_t last = index_at(start + length - 1, PAGING_LEVELS);
    for (size_t index = index_at(start, PAGING_LEVELS); index <= last; index++) {
        ASSERT(root[index] == 0);
        phys_addr_t table = table_frame_alloc();
        if (table == NO_FRAME)
            return ERROR_OUT_OF_FRAMES;
        table_frame_clear(table);
        root[index] = table | table_bits(start) | COUNT_ONE;
    }
    return OK;
}

enum error paging_init_user(struct page_tables *tables, const struct page_tables *kernel)
{
    enum { HALF = ENTRIES / 2 };
    phys_addr_t root = frame_alloc();
    if (root == NO_FRAME)
        return ERROR_OUT_OF_FRAMES;
    uint64_t *entries = phys_to_virt(root);
    const uint64_t *kernel_entries = phys_to_virt(kernel->root);
    words_clear(entries, HALF);
    words_copy(entries + HALF, kernel_entries + HALF, HALF);
    tables->root = root;
    return OK;
}

void paging_destroy_user(struct page_tables *tables)
{
    frame_free(tables->root);
}

void paging_leave_out(uint64_t flags)
{
    known_flags &= ~flags;
}

/* --- Single pages --------------------------------------------------------------------------- */

enum error paging_map(struct page_tables *tables, virt_addr_t page, phys_addr_t frame,
                      enum page_size size, uint64_t flags)
{
    enum error error = check(page, frame, size);
    if (error)
        return error;
    uint64_t entry = frame | page_bits(size, flags);
    struct slot slot = walk(tables, page);
    if (slot.level != size)
        return map_in_new_tables(slot, page, size, (struct stretch){entry, 0, 1});
    if (*slot.entry)
        return ERROR_ALREADY_MAPPED;
    set_entry(slot, entry);
    return OK;
}

/* The walk to a page of `size`, which must be mapped. */
static enum error find_page(const struct page_tables *tables, virt_addr_t page, enum page_size size,
                            struct slot *slot)
{
    enum error error = check(page, 0, size);
    if (error)
        return error;
    *slot = walk(tables, page);
    bool present = *slot->entry & PAGE_PRESENT;
    if (present && slot->level == size)
        return OK;
    return present && slot->level > size ? ERROR_PART_OF_LARGER_PAGE : ERROR_NOT_MAPPED;
}

enum error paging_unmap(struct page_tables *tables, virt_addr_t page, enum page_size size,
                        phys_addr_t *frame)
{
    struct slot slot;
    enum error error = find_page(tables, page, size, &slot);
    if (error)
        return error;
    if (frame)
        *frame = *slot.entry & sizes[size].address_mask;
    clear_entry(tables, page, slot);
    return OK;
}

enum error paging_protect(struct page_tables *tables, virt_addr_t page, enum page_size size,
                          uint64_t flags)
{
    struct slot slot;
    enum error error = find_page(tables, page, size, &slot);
    if (error)
        return error;
    uint64_t kept = PAGE_ADDRESS_MASK | PAGE_ACCESSED | PAGE_DIRTY;
    *slot.entry = (*slot.entry & kept) | page_bits(size, flags);
    invlpg(page);
    return OK;
}

uint64_t paging_entry(const struct page_tables *tables, virt_addr_t page)
{
    struct slot slot = walk(tables, page);
    return is_canonical(page) && slot.level == PAGE_4K ? *slot.entry : 0;
}

/* Every copy to or from a program comes here. So it is a walk of its own that keeps nothing but the
 * entry. */
void *paging_memory(const struct page_tables *tables, virt_addr_t address, uint64_t flags)
{
    uint64_t entry = tables->root;
#pragma GCC unroll 4
    for (unsigned level = PAGING_LEVELS; level >= PAGE_4K; level--) {
        uint64_t needed = level > PAGE_4K ? PAGE_TABLE : flags;
        entry = table_behind(entry)[index_at(address, level)];
        if ((entry & needed) != needed)
            return NULL;
    }
    return phys_to_virt((entry & PAGE_ADDRESS_MASK) | (address & sizes[PAGE_4K].offset_mask));
}

void paging_replace(struct page_tables *tables, virt_addr_t page, phys_addr_t frame, uint64_t flags)
{
    struct slot slot = walk(tables, page);
    ASSERT(check(page, frame, PAGE_4K) == OK);
    ASSERT(slot.level == PAGE_4K);
    ASSERT(*slot.entry);
    *slot.entry = frame | page_bits(PAGE_4K, flags);
    invlpg(page);
}

enum error paging_translate(const struct page_tables *tables, virt_addr_t address,
                            phys_addr_t *physical)
{
    if (!is_canonical(address))
        return ERROR_NOT_CANONICAL;
    struct slot slot = walk(tables, address);
    if (!(*slot.entry & PAGE_PRESENT))
        return ERROR_NOT_MAPPED;
    *physical =
        (*slot.entry & sizes[slot.level].address_mask) | (address & sizes[slot.level].offset_mask);
    return OK;
}

/* Finds the first page that is mapped from *page on and before `end`. Sets *page to its address,
 * and *slot to its entry. False: there is none. */
static inline bool find_next(const struct page_tables *tables, virt_addr_t *page, virt_addr_t end,
                             struct slot *slot)
{
    while (*page < end) {
        *slot = walk(tables, *page);
        ASSERT(!*slot->entry || slot->level == PAGE_4K);
        /* The empty entries of this table need no walk of their own. */
        unsigned shift = 3 + 9 * slot->level;
        size_t in_table = ENTRIES - index_at(*page, slot->level);
        size_t count = MIN(in_table, ((end - 1) >> shift) - (*page >> shift) + 1), empty = 0;
        while (empty < count && !slot->entry[empty])
            empty++;
        if (empty > 0)
            *page = ((*page >> shift) + empty) << shift;
        slot->entry += empty;
        if (empty < count && slot->level == PAGE_4K)
            return true;
    }
    return false;
}

bool paging_next_page(const struct page_tables *tables, virt_addr_t *page, virt_addr_t end,
                      uint64_t *entry)
{
    struct slot slot;
    bool found = find_next(tables, page, end, &slot);
    if (found)
        *entry = *slot.entry;
    return found;
}

/* How many pages there are from `page` on in the same lowest table, before `end`. */
static size_t pages_in_table(virt_addr_t page, virt_addr_t end)
{
    return MIN(ENTRIES - index_at(page, PAGE_4K), (end - page) / PAGE_SIZE);
}

void paging_unmap_pages(struct page_tables *tables, virt_addr_t *page, virt_addr_t end,
                        unsigned *left, void (*drop)(phys_addr_t frame, void *context),
                        void *context)
{
    struct slot slot;
    while (*left && find_next(tables, page, end, &slot)) {
        virt_addr_t first = *page;
        for (size_t count = pages_in_table(first, end); count && *slot.entry && *left;
             count--, slot.entry++, *page += PAGE_SIZE) {
            uint64_t entry = *slot.entry;
            *slot.entry = 0;
            *slot.parent -= COUNT_ONE;
            invlpg(*page);
            drop(entry & PAGE_ADDRESS_MASK, context);
            --*left;
        }
        if (table_is_empty(slot))
            drop_tables(tables, first, slot.parent);
    }
}

/* The slot of a page of 4 KiB, in a table that is made if necessary. */
static enum error make_slot(struct page_tables *tables, virt_addr_t page, struct slot *slot)
{
    struct slot found = walk(tables, page);
    enum error error = OK;
    if (found.level > PAGE_4K) {
        error = map_in_new_tables(found, page, PAGE_4K, (struct stretch){0, 0, 0});
        found = walk(tables, page);
    }
    *slot = found;
    return error;
}

/* Shares pages up to an empty entry, or the end of the table. */
static enum error share_run(struct slot from, struct slot to, virt_addr_t *page, size_t count,
                            unsigned *left, enum error (*take)(phys_addr_t frame, void *context),
                            void *context)
{
    for (; count && *from.entry && *left; count--, from.entry++, to.entry++, *page += PAGE_SIZE) {
        uint64_t entry = *from.entry;
        enum error error = take(entry & PAGE_ADDRESS_MASK, context);
        if (error)
            return error;
        if (entry & PAGE_WRITABLE) {
            *from.entry = entry & ~PAGE_WRITABLE;
            invlpg(*page);
        }
        ASSERT(!*to.entry);
        set_entry(to, entry & ~(PAGE_WRITABLE | PAGE_ACCESSED | PAGE_DIRTY));
        --*left;
    }
    return OK;
}

enum error paging_share_pages(struct page_tables *from, struct page_tables *to, virt_addr_t *page,
                              virt_addr_t end, unsigned *left,
                              enum error (*take)(phys_addr_t frame, void *context), void *context)
{
    struct slot source, target;
    enum error error = OK;
    while (!error && *left && find_next(from, page, end, &source)) {
        virt_addr_t first = *page;
        error = make_slot(to, first, &target);
        if (error)
            break;
        error = share_run(source, target, page, pages_in_table(first, end), left, take, context);
        if (table_is_empty(target)) /* the first frame could not be taken */
            drop_tables(to, first, target.parent);
    }
    return error;
}

/* --- Ranges --------------------------------------------------------------------------------- */

/* The largest page that begins at both addresses and is no longer than `length`. */
static enum page_size fitting_size(virt_addr_t start, phys_addr_t memory, uint64_t length,
                                   enum page_size largest)
{
    enum page_size size = largest;
    while (size > PAGE_4K &&
           ((start | memory) & sizes[size].offset_mask || length <= sizes[size].offset_mask))
        size--;
    return size;
}

/* Without a branch for each entry a whole table takes 104 ns instead of 137, measured in the same
 * way. */
static bool any_used(const uint64_t *entries, size_t count)
{
    uint64_t used = 0;
#pragma GCC unroll 16
    for (size_t i = 0; i < count; i++)
        used |= entries[i];
    return used;
}

/* Maps pages of one size up to the end of their table, or of the range. */
static enum error map_stretch(struct page_tables *tables, virt_addr_t start, phys_addr_t memory,
                              uint64_t length, enum page_size size, uint64_t flags,
                              uint64_t *mapped)
{
    size_t count = MIN(ENTRIES - index_at(start, size), length / page_size_bytes(size));
    struct stretch stretch = {memory | page_bits(size, flags), page_size_bytes(size), count};
    struct slot slot = walk(tables, start);
    *mapped = count * page_size_bytes(size);
    if (slot.level != size)
        return map_in_new_tables(slot, start, size, stretch);
    if (any_used(slot.entry, count))
        return ERROR_ALREADY_MAPPED;
    write_entries(slot.entry, stretch);
    *slot.parent += count * COUNT_ONE;
    return OK;
}

/* Unmaps all pages from `start` to `end`, which are mapped without a gap. */
static void unmap_stretches(struct page_tables *tables, virt_addr_t start, virt_addr_t end)
{
    while (start < end) {
        struct slot slot = walk(tables, start);
        ASSERT(*slot.entry);
        clear_entry(tables, start, slot);
        start += page_size_bytes(slot.level);
    }
}

enum error paging_map_range(struct page_tables *tables, virt_addr_t start, phys_addr_t memory,
                            uint64_t length, enum page_size largest, uint64_t flags)
{
    enum error error = check(start, memory | length, PAGE_4K);
    if (error)
        return error;
    if (length && (!is_canonical(start + length - 1) || (start ^ (start + length - 1)) >> 63))
        return ERROR_NOT_CANONICAL;
    if (length > PAGE_ADDRESS_MASK + PAGE_SIZE - memory)
        return ERROR_INVALID;
    ASSERT(largest >= PAGE_4K && largest <= PAGE_1G);
    uint64_t done = 0, mapped;
    while (done < length && !error) {
        virt_addr_t at = start + done;
        enum page_size size = fitting_size(at, memory + done, length - done, largest);
        error = map_stretch(tables, at, memory + done, length - done, size, flags, &mapped);
        if (error)
            unmap_stretches(tables, start, at);
        else
            done += mapped;
    }
    return error;
}
