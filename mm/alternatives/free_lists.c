/*
 * There are four lists for each power of two, and a bitmap of those that are not empty. Every block
 * on a higher list than the request's own is large enough. Those on its own list may be, and they
 * fit best. So a few of them are looked at first, and all of them only if the higher lists are
 * empty.
 */
#include <assert.h>
#include <mm/alternatives/free_lists.h>

enum {
    SMALLEST_LOG2 = 5,
    PARTS_LOG2 = 2,
    LOOKS = 8, /* how many are looked at first */
};

static size_t list_for(size_t size)
{
    ASSERT(size >= BLOCK_SMALLEST);
    size_t log2 = 63 - (size_t)__builtin_clzl(size);
    size_t part = (size >> (log2 - PARTS_LOG2)) % FREE_LISTS_PARTS;
    return (log2 - SMALLEST_LOG2) * FREE_LISTS_PARTS + part;
}

void free_lists_add(struct free_lists *lists, virt_addr_t block)
{
    size_t list = list_for(block_size(block));
    struct free_block *free = block_as_free(block);
    free->previous = NULL;
    free->next = lists->heads[list];
    if (free->next)
        free->next->previous = free;
    lists->heads[list] = free;
    lists->used[list / 64] |= UINT64_C(1) << list % 64;
}

void free_lists_remove(struct free_lists *lists, virt_addr_t block)
{
    const struct free_block *free = block_as_free(block);
    if (free->next)
        free->next->previous = free->previous;
    if (free->previous) {
        free->previous->next = free->next;
        return;
    }
    size_t list = list_for(block_size(block));
    lists->heads[list] = free->next;
    if (!free->next)
        lists->used[list / 64] &= ~(UINT64_C(1) << list % 64);
}

/* The first list from `list` on that is not empty, or FREE_LISTS_COUNT. */
static size_t used_list(const struct free_lists *lists, size_t list)
{
    uint64_t from_here = ~UINT64_C(0) << list % 64;
    for (size_t word = list / 64; word < ARRAY_SIZE(lists->used); word++) {
        uint64_t used = lists->used[word] & from_here;
        if (used)
            return word * 64 + (size_t)__builtin_ctzl(used);
        from_here = ~UINT64_C(0);
    }
    return FREE_LISTS_COUNT;
}

/* The first of the `limit` blocks from `free` on that is large enough, or NULL. */
static struct free_block *first_fit(struct free_block *free, size_t size, size_t limit)
{
    while (free && limit > 0 && block_size((virt_addr_t)free) < size) {
        free = free->next;
        limit--;
    }
    return limit > 0 ? free : NULL;
}

virt_addr_t free_lists_search(const struct free_lists *lists, size_t size)
{
    size_t own = list_for(size);
    struct free_block *free = first_fit(lists->heads[own], size, LOOKS);
    if (!free) {
        size_t list = used_list(lists, own + 1);
        free = list < FREE_LISTS_COUNT ? lists->heads[list]
                                       : first_fit(lists->heads[own], size, SIZE_MAX);
    }
    return (virt_addr_t)free;
}

void free_lists_check(const struct free_lists *lists, virt_addr_t block)
{
    const struct free_block *free = block_as_free(block);
    size_t list = list_for(block_size(block));
    ASSERT(block_has(block, BLOCK_FLAG_FREE));
    ASSERT(*block_size_before(block_next(block)) == block_size(block));
    ASSERT(free->previous ? free->previous->next == free : lists->heads[list] == free);
    ASSERT(!free->next || free->next->previous == free);
    ASSERT(lists->used[list / 64] >> list % 64 & 1);
}
