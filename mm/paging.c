/*
 * A page is mapped by an entry at level 1 (4 KiB), 2 (2 MiB) or 3 (1 GiB) of the tree of tables
 * whose root is at level 4. Everything here begins with the same walk: from the root down to the
 * level that is asked for, or to the entry above it that leads no further.
 *
 * A table goes back to the frame allocator when its last entry is cleared. So that nobody has to
 * look through 512 entries for that, the entry that leads to a table counts how many entries in
 * there are in use, in bits 52 to 61, which the processor ignores (SDM 3A 4.5). The root is not
 * counted: it stays.
 *
 * Half-done work is avoided by doing what can fail first: the tables for a page are all allocated
 * before the first is linked. Only paging_map_range() has to undo, and what it undoes it knows to
 * be there.
 *
 * The kernel half's root entries come and go like all others: preallocating 256 tables would take a
 * 16th of the smallest machine, and there is one address space. When processes come, each with a
 * root of its own, the root entries of the windows that can still change (heap, stacks) will have
 * to be made once and kept; the others are final after set-up.
 *
 * There is no cache of walks and no lock: one processor, and no calls from interrupt handlers. The
 * processor never keeps what was not present (SDM 3A 4.10.2.3), so only taking away and changing
 * needs INVLPG. That also makes it forget the tables on the way (4.10.4.1), so it comes after these
 * are unlinked.
 */
#include <assert.h>
#include <kernel/cpu/control.h>
#include <layout.h>
#include <mm/frames.h>
#include <mm/paging.h>
#include <mm/table_frames.h>

#define UNLIKELY(x) __builtin_expect(x, 0)

enum { ENTRIES = 512, COUNT_SHIFT = 52 };

#define COUNT_ONE  (UINT64_C(1) << COUNT_SHIFT)
#define COUNT_MASK (UINT64_C(0x3ff) << COUNT_SHIFT)

#define FLAGS_MASK                                                                    \
    (PAGE_WRITABLE | PAGE_USER | PAGE_WRITE_COMBINING | PAGE_UNCACHED | PAGE_GLOBAL | \
     PAGE_NO_EXECUTE)

static uint64_t known_flags RO_AFTER_INIT = FLAGS_MASK;

/* What leads to the root is no entry, but counts like one, so that every slot has a parent. Nobody
 * asks how many there are: the root stays. */
static uint64_t root_count;

/* Where a walk has ended: at `entry`, in a table of `level`, to which `parent` leads. */
struct slot {
    uint64_t *entry;
    uint64_t *parent;
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

static inline struct slot walk(const struct address_space *space, virt_addr_t address,
                               unsigned level)
{
    uint64_t *table = phys_to_virt(space->root);
    struct slot slot = {&table[index_at(address, PAGING_LEVELS)], &root_count, PAGING_LEVELS};
#pragma GCC unroll 3
    for (unsigned next = PAGING_LEVELS - 1; next >= level; next--) {
        if (!(*slot.entry & PAGE_TABLE))
            break;
        table = table_behind(*slot.entry);
        slot = (struct slot){&table[index_at(address, next)], slot.entry, next};
    }
    return slot;
}

static inline enum error check(virt_addr_t page, phys_addr_t frame, enum page_size size)
{
    if (!is_canonical(page))
        return ERROR_NOT_CANONICAL;
    if (!IS_ALIGNED(page | frame, page_size_bytes(size)))
        return ERROR_MISALIGNED;
    return frame & ~PAGE_ADDRESS_MASK ? ERROR_INVALID : OK;
}

/* What the entry of a page consists of besides the address. */
static inline uint64_t page_bits(enum page_size size, uint64_t flags)
{
    ASSERT(flags & PAGE_NO_EXECUTE || !(flags & PAGE_WRITABLE));
    return (flags & known_flags) | PAGE_PRESENT | (size == PAGE_4K ? 0 : PAGE_LARGE);
}

/* Fills an entry that was empty. */
static inline void set_entry(struct slot slot, uint64_t entry)
{
    *slot.entry = entry;
    *slot.parent += COUNT_ONE;
}

/* Adjacent pages of one size: the first one's entry, from one to the next, how many. */
struct stretch {
    uint64_t entry;
    uint64_t step;
    size_t count;
};

static inline void write_entries(uint64_t *entries, struct stretch stretch)
{
#pragma GCC unroll 8
    for (size_t i = 0; i < stretch.count; i++, stretch.entry += stretch.step)
        entries[i] = stretch.entry;
}

/* Goes on from where a walk ended early, down to `level`, through new tables; in the lowest one are
 * the pages from `address` on. The processor may look at any time and keep what it finds, so a
 * table is led to when all of it is written. */
static enum error map_in_new_tables(struct slot slot, virt_addr_t address, unsigned level,
                                    struct stretch stretch)
{
    phys_addr_t tables[PAGING_LEVELS];
    ASSERT(slot.level > level && level >= PAGE_4K);
    unsigned needed = slot.level - level;
    if (*slot.entry)
        return ERROR_PART_OF_LARGER_PAGE;
    for (unsigned i = 0; i < needed; i++) {
        tables[i] = table_frame_alloc();
        if (tables[i] == NO_FRAME) {
            while (i > 0)
                table_frame_free(tables[--i]);
            return ERROR_OUT_OF_FRAMES;
        }
    }
    /* The page's own entry decides what may be done; these have to let it pass. */
    uint64_t bits = PAGE_PRESENT | PAGE_TABLE | PAGE_WRITABLE | (address >> 63 ? 0 : PAGE_USER);
    for (unsigned i = 0; i < needed; i++) {
        size_t first = index_at(address, slot.level - 1);
        size_t count = i == needed - 1 ? stretch.count : 0;
        uint64_t *table = phys_to_virt(tables[i]);
        table_frame_clear(tables[i], first, count);
        if (count)
            write_entries(&table[first], stretch);
        __atomic_signal_fence(__ATOMIC_RELEASE);
        set_entry(slot, tables[i] | bits | count * COUNT_ONE);
        slot = (struct slot){&table[first], slot.entry, slot.level - 1};
    }
    return OK;
}

/* Gives back the table of `level` on the way to `address`, which has become empty, and the ones
 * above it that become empty by that. */
static SLOW_PATH void drop_table(const struct address_space *space, virt_addr_t address,
                                 unsigned level)
{
    struct slot slot;
    do {
        level++;
        slot = walk(space, address, level);
        ASSERT(slot.level == level && !(*slot.entry & COUNT_MASK));
        table_frame_free(*slot.entry & PAGE_ADDRESS_MASK);
        *slot.entry = 0;
        *slot.parent -= COUNT_ONE;
    } while (slot.level < PAGING_LEVELS && !(*slot.parent & COUNT_MASK));
}

/* Clears the entry of the page at `page`, and forgets what the processor knows of it. The tables
 * that go with it are not used again before that: nothing else runs meanwhile. */
static inline void clear_entry(const struct address_space *space, virt_addr_t page,
                               struct slot slot)
{
    *slot.entry = 0;
    *slot.parent -= COUNT_ONE;
    if (!(*slot.parent >> COUNT_SHIFT))
        drop_table(space, page, slot.level);
    invlpg(page);
}

/* --- Single pages --------------------------------------------------------------------------- */

/* Each of these is compiled twice: for 4 KiB alone, where all that depends on the size is constant,
 * and for large pages. That takes a third off the instructions of the case that matters. */

static SLOW_PATH enum error map_with_tables(struct address_space *space, virt_addr_t page,
                                            uint64_t entry, enum page_size size)
{
    return map_in_new_tables(walk(space, page, size), page, size, (struct stretch){entry, 0, 1});
}

static inline enum error map_page(struct address_space *space, virt_addr_t page, phys_addr_t frame,
                                  enum page_size size, uint64_t flags)
{
    enum error error = check(page, frame, size);
    if (error)
        return error;
    uint64_t entry = frame | page_bits(size, flags);
    struct slot slot = walk(space, page, size);
    if (slot.level != size)
        return map_with_tables(space, page, entry, size);
    if (*slot.entry)
        return ERROR_ALREADY_MAPPED;
    set_entry(slot, entry);
    return OK;
}

static SLOW_PATH enum error map_large(struct address_space *space, virt_addr_t page,
                                      phys_addr_t frame, enum page_size size, uint64_t flags)
{
    ASSERT(size == PAGE_2M || size == PAGE_1G);
    return map_page(space, page, frame, size, flags);
}

enum error paging_map(struct address_space *space, virt_addr_t page, phys_addr_t frame,
                      enum page_size size, uint64_t flags)
{
    if (size != PAGE_4K)
        return map_large(space, page, frame, size, flags);
    return map_page(space, page, frame, PAGE_4K, flags);
}

/* The walk to a page of `size` that has to be there. */
static inline enum error find_page(const struct address_space *space, virt_addr_t page,
                                   enum page_size size, struct slot *slot)
{
    enum error error = check(page, 0, size);
    if (error)
        return error;
    *slot = walk(space, page, size);
    if ((*slot->entry & (PAGE_PRESENT | PAGE_TABLE)) != PAGE_PRESENT)
        return ERROR_NOT_MAPPED;
    return slot->level == size ? OK : ERROR_PART_OF_LARGER_PAGE;
}

static inline enum error unmap_page(struct address_space *space, virt_addr_t page,
                                    enum page_size size, phys_addr_t *frame)
{
    struct slot slot;
    enum error error = find_page(space, page, size, &slot);
    if (error)
        return error;
    if (frame)
        *frame = *slot.entry & PAGE_ADDRESS_MASK;
    clear_entry(space, page, slot);
    return OK;
}

static SLOW_PATH enum error unmap_large(struct address_space *space, virt_addr_t page,
                                        enum page_size size, phys_addr_t *frame)
{
    ASSERT(size == PAGE_2M || size == PAGE_1G);
    return unmap_page(space, page, size, frame);
}

enum error paging_unmap(struct address_space *space, virt_addr_t page, enum page_size size,
                        phys_addr_t *frame)
{
    if (size != PAGE_4K)
        return unmap_large(space, page, size, frame);
    return unmap_page(space, page, PAGE_4K, frame);
}

enum error paging_protect(struct address_space *space, virt_addr_t page, enum page_size size,
                          uint64_t flags)
{
    struct slot slot;
    enum error error = find_page(space, page, size, &slot);
    if (error)
        return error;
    uint64_t kept = PAGE_ADDRESS_MASK | PAGE_ACCESSED | PAGE_DIRTY;
    *slot.entry = (*slot.entry & kept) | page_bits(size, flags);
    invlpg(page);
    return OK;
}

enum error paging_translate(const struct address_space *space, virt_addr_t address,
                            phys_addr_t *physical)
{
    if (UNLIKELY(!is_canonical(address)))
        return ERROR_NOT_CANONICAL;
    struct slot slot = walk(space, address, PAGE_4K);
    if (UNLIKELY(!(*slot.entry & PAGE_PRESENT)))
        return ERROR_NOT_MAPPED;
    /* The mask of a large page leaves out bit 12 too, which there is the PAT's. */
    uint64_t entry = *slot.entry & PAGE_ADDRESS_MASK, offset = page_size_bytes(slot.level) - 1;
    if (slot.level == PAGE_4K)
        *physical = entry | (address & (PAGE_SIZE - 1));
    else
        *physical = (entry & ~offset) | (address & offset);
    return OK;
}

enum error paging_init(struct address_space *space)
{
    phys_addr_t root = table_frame_alloc();
    if (root == NO_FRAME)
        return ERROR_OUT_OF_FRAMES;
    table_frame_clear(root, 0, 0);
    space->root = root;
    return OK;
}

void paging_leave_out(uint64_t flags)
{
    known_flags &= ~flags;
}

/* --- Ranges --------------------------------------------------------------------------------- */

/* The largest page that begins at both addresses and is no longer than `length`. */
static enum page_size fitting_size(virt_addr_t start, phys_addr_t memory, uint64_t length,
                                   enum page_size largest)
{
    enum page_size size = largest;
    while (size > PAGE_4K &&
           (!IS_ALIGNED(start | memory, page_size_bytes(size)) || length < page_size_bytes(size)))
        size--;
    return size;
}

static bool any_used(const uint64_t *entries, size_t count)
{
    uint64_t bits = 0;
#pragma GCC unroll 8
    for (size_t i = 0; i < count; i++)
        bits |= entries[i];
    return bits != 0;
}

/* Maps pages of one size up to the end of their table, or of the range. */
static enum error map_stretch(struct address_space *space, virt_addr_t start, phys_addr_t memory,
                              uint64_t length, enum page_size size, uint64_t flags,
                              uint64_t *mapped)
{
    size_t count = MIN(ENTRIES - index_at(start, size), length / page_size_bytes(size));
    struct stretch stretch = {memory | page_bits(size, flags), page_size_bytes(size), count};
    struct slot slot = walk(space, start, size);
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
static void unmap_stretches(struct address_space *space, virt_addr_t start, virt_addr_t end)
{
    while (start < end) {
        struct slot slot = walk(space, start, PAGE_4K);
        ASSERT(*slot.entry & PAGE_PRESENT);
        clear_entry(space, start, slot);
        start += page_size_bytes(slot.level);
    }
}

enum error paging_map_range(struct address_space *space, virt_addr_t start, phys_addr_t memory,
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
        error = map_stretch(space, at, memory + done, length - done, size, flags, &mapped);
        if (error)
            unmap_stretches(space, start, at);
        else
            done += mapped;
    }
    return error;
}
