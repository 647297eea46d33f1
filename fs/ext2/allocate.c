/*
 * Groups: each has a descriptor, a bitmap of its blocks, a bitmap of its inodes and a table of
 * these. What is given back stays in the bitmaps until the disk does not use it any more, as
 * commit.c says; until then it is on a list.
 */
#include <assert.h>
#include <fs/ext2/ext2.h>
#include <lib/string.h>
#include <mm/heap.h>

enum freed_kind { FREED_BLOCKS, FREED_FILE, FREED_DIRECTORY };

struct ext2_freed {
    enum freed_kind kind;
    uint32_t first, count; /* blocks; of an inode its number, and 1 */
    struct list_node link;
};

/* --- Descriptors ------------------------------------------------------------------------------ */

/* The block with the group's descriptor, which is at *bytes; the caller drops it. */
static enum error get_descriptor(struct ext2 *ext2, uint32_t group, struct cached_block **cached,
                                 uint8_t **bytes)
{
    uint64_t place = (uint64_t)(ext2->first_block + 1) * ext2->block_size +
                     (uint64_t)group * EXT2_DESCRIPTOR_BYTES;
    enum error error = block_cache_get(&ext2->cache, place / ext2->block_size, cached);
    if (!error)
        *bytes = (*cached)->bytes + place % ext2->block_size;
    return error;
}

enum error ext2_load_groups(struct ext2 *ext2)
{
    ext2->free_blocks = ext2->free_inodes = 0;
    for (uint32_t i = 0; i < ext2->groups; i++) {
        struct ext2_group *group = &ext2->group[i];
        struct cached_block *cached;
        uint8_t *bytes;
        enum error error = get_descriptor(ext2, i, &cached, &bytes);
        if (error)
            return error;
        *group = (struct ext2_group){
            .block_bitmap = get_little_32(bytes + GROUP_BLOCK_BITMAP),
            .inode_bitmap = get_little_32(bytes + GROUP_INODE_BITMAP),
            .inode_table = get_little_32(bytes + GROUP_INODE_TABLE),
            .free_blocks = (int32_t)get_little_16(bytes + GROUP_FREE_BLOCKS),
            .free_inodes = (int32_t)get_little_16(bytes + GROUP_FREE_INODES),
            .directories = (int32_t)get_little_16(bytes + GROUP_DIRECTORIES),
        };
        ext2->free_blocks += (uint32_t)group->free_blocks;
        ext2->free_inodes += (uint32_t)group->free_inodes;
        block_cache_put(cached);
    }
    return OK;
}

enum error ext2_store_groups(struct ext2 *ext2)
{
    for (uint32_t i = 0; i < ext2->groups; i++) {
        struct ext2_group *group = &ext2->group[i];
        struct cached_block *cached;
        uint8_t *bytes;
        if (!group->is_dirty)
            continue;
        enum error error = get_descriptor(ext2, i, &cached, &bytes);
        if (error)
            return error;
        put_little_16(bytes + GROUP_FREE_BLOCKS, (uint32_t)group->free_blocks);
        put_little_16(bytes + GROUP_FREE_INODES, (uint32_t)group->free_inodes);
        put_little_16(bytes + GROUP_DIRECTORIES, (uint32_t)group->directories);
        block_cache_change(cached, STAGE_TABLES);
        block_cache_put(cached);
        group->is_dirty = false;
    }
    return OK;
}

static bool is_table(const struct ext2 *ext2, uint32_t block)
{
    return block > ext2->first_block && block < ext2->blocks;
}

/* The group, unless its tables cannot be. */
static enum error get_group(const struct ext2 *ext2, uint32_t number, struct ext2_group **group)
{
    ASSERT(number < ext2->groups);
    *group = &ext2->group[number];
    bool can_be = is_table(ext2, (*group)->block_bitmap) &&
                  is_table(ext2, (*group)->inode_bitmap) && is_table(ext2, (*group)->inode_table);
    return can_be ? OK : ext2_damaged(ext2, "a group's tables are not on the disk");
}

/* Changes a counter as far as it can be changed, for the disk may have had any number there.
 * Returns by how much. */
static int add(int32_t *counter, int change)
{
    int before = *counter, sum = before + change;
    *counter = sum < 0 ? 0 : MIN(sum, (int)UINT16_MAX);
    return *counter - before;
}

/* Adds to the counters of a group, and of the file system, which are the sums of the groups'. */
static void count(struct ext2 *ext2, struct ext2_group *group, int blocks, int inodes,
                  int directories)
{
    ext2->free_blocks += (uint32_t)add(&group->free_blocks, blocks);
    ext2->free_inodes += (uint32_t)add(&group->free_inodes, inodes);
    (void)add(&group->directories, directories);
    group->is_dirty = true;
}

enum error ext2_find_inode(struct ext2 *ext2, uint32_t number, uint64_t *place)
{
    struct ext2_group *group;
    ASSERT(number > 0 && number <= ext2->inodes);
    enum error error = get_group(ext2, (number - 1) / ext2->inodes_per_group, &group);
    if (error)
        return error;
    uint64_t within = (uint64_t)((number - 1) % ext2->inodes_per_group) * ext2->inode_size;
    uint64_t block = group->inode_table + within / ext2->block_size;
    if (block >= ext2->blocks)
        return ext2_damaged(ext2, "a table of inodes is not on the disk");
    *place = block * ext2->block_size + within % ext2->block_size;
    return OK;
}

/* --- Bitmaps ---------------------------------------------------------------------------------- */

/* The first bit from `from` on that is 0; `end`: there is none. */
static uint32_t find_zero(const uint8_t *bits, uint32_t from, uint32_t end)
{
    for (uint32_t at = from; at < end;) {
        if (at % 8 == 0 && bits[at / 8] == 0xff) {
            at += 8;
            continue;
        }
        if (!(bits[at / 8] & 1u << at % 8))
            return at;
        at++;
    }
    return end;
}

/* Takes the first free bit of a bitmap; *bit is where to look first. ERROR_FULL. */
static enum error take_bit(struct ext2 *ext2, uint32_t bitmap, uint32_t end, uint32_t *bit)
{
    struct cached_block *cached = NULL;
    ASSERT(ext2_is_locked(ext2));
    ASSERT(end <= 8 * ext2->block_size);
    enum error error = block_cache_get(&ext2->cache, bitmap, &cached);
    if (error)
        return error;
    uint32_t at = find_zero(cached->bytes, *bit, end);
    if (at == end)
        at = find_zero(cached->bytes, 0, end);
    if (at < end) {
        cached->bytes[at / 8] |= (uint8_t)(1u << at % 8);
        block_cache_change(cached, STAGE_TABLES);
        *bit = at;
    }
    block_cache_put(cached);
    return at < end ? OK : ERROR_FULL;
}

/* Clears bits; *cleared: how many were set. */
static enum error clear_bits(struct ext2 *ext2, uint32_t bitmap, uint32_t first, uint32_t number,
                             int *cleared)
{
    struct cached_block *cached = NULL;
    ASSERT(ext2_is_locked(ext2));
    ASSERT(first + number <= 8 * ext2->block_size);
    enum error error = block_cache_get(&ext2->cache, bitmap, &cached);
    *cleared = 0;
    if (error)
        return error;
    for (uint32_t bit = first; bit < first + number; bit++) {
        uint8_t mask = (uint8_t)(1u << bit % 8);
        *cleared += (cached->bytes[bit / 8] & mask) != 0;
        cached->bytes[bit / 8] &= (uint8_t)~mask;
    }
    block_cache_change(cached, STAGE_TABLES);
    block_cache_put(cached);
    return (uint32_t)*cleared == number ? OK : ext2_damaged(ext2, "what is freed was free already");
}

static uint32_t blocks_of_group(const struct ext2 *ext2, uint32_t group)
{
    uint32_t before = ext2->first_block + group * ext2->blocks_per_group;
    return MIN(ext2->blocks - before, ext2->blocks_per_group);
}

/* --- Taking ----------------------------------------------------------------------------------- */

/* A bitmap that was damaged may call the group's own tables free. */
static bool is_of_tables(const struct ext2 *ext2, const struct ext2_group *group, uint32_t block)
{
    uint64_t bytes = (uint64_t)ext2->inodes_per_group * ext2->inode_size;
    return block == group->block_bitmap || block == group->inode_bitmap ||
           (block >= group->inode_table &&
            (uint64_t)(block - group->inode_table) * ext2->block_size < bytes);
}

static enum error take_block_of(struct ext2 *ext2, uint32_t number, uint32_t bit, uint32_t *block)
{
    struct ext2_group *group;
    enum error error = get_group(ext2, number, &group);
    if (!error && !group->free_blocks)
        error = ERROR_FULL;
    if (!error)
        error = take_bit(ext2, group->block_bitmap, blocks_of_group(ext2, number), &bit);
    if (error)
        return error;
    *block = ext2->first_block + number * ext2->blocks_per_group + bit;
    if (is_of_tables(ext2, group, *block))
        return ext2_damaged(ext2, "a bitmap calls a table free");
    count(ext2, group, -1, 0, 0);
    return OK;
}

/* The last free blocks are root's, so that it can still repair a system that others have filled. */
static bool has_room(const struct ext2 *ext2)
{
    return ext2->free_blocks > ext2->reserved || !file_is_privileged || file_is_privileged();
}

static enum error try_block(struct ext2 *ext2, uint32_t goal, uint32_t *block)
{
    if (!has_room(ext2))
        return ERROR_FULL;
    uint32_t from = ext2_is_block(ext2, goal) ? goal - ext2->first_block : 0;
    uint32_t first = from / ext2->blocks_per_group, bit = from % ext2->blocks_per_group;
    enum error error = ERROR_FULL;
    for (uint32_t i = 0; error == ERROR_FULL && i < ext2->groups; i++)
        error = take_block_of(ext2, (first + i) % ext2->groups, i ? 0 : bit, block);
    return error;
}

/* What was given back is free after a commit. */
enum error ext2_take_block(struct ext2 *ext2, uint32_t goal, uint32_t *block)
{
    enum error error = try_block(ext2, goal, block);
    if (error != ERROR_FULL)
        return error;
    error = ext2->kinds->make_room(ext2);
    return error ? error : try_block(ext2, goal, block);
}

static enum error take_inode_of(struct ext2 *ext2, uint32_t number, bool is_directory,
                                uint32_t *inode)
{
    struct ext2_group *group;
    uint32_t before = number * ext2->inodes_per_group;
    uint32_t bit = number ? 0 : ext2->first_inode - 1;
    enum error error = get_group(ext2, number, &group);
    if (!error && !group->free_inodes)
        error = ERROR_FULL;
    if (!error)
        error = take_bit(ext2, group->inode_bitmap,
                         MIN(ext2->inodes - before, ext2->inodes_per_group), &bit);
    if (error)
        return error;
    *inode = before + bit + 1;
    if (*inode < ext2->first_inode)
        return ext2_damaged(ext2, "a bitmap calls a reserved inode free");
    count(ext2, group, 0, -1, is_directory);
    return OK;
}

/* Directories go to the group with the most free blocks, so that there is room for their files. */
static uint32_t group_for_directory(const struct ext2 *ext2)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < ext2->groups; i++) {
        if (ext2->group[i].free_inodes &&
            ext2->group[i].free_blocks > ext2->group[best].free_blocks)
            best = i;
    }
    return best;
}

static enum error try_inode(struct ext2 *ext2, uint32_t first, bool is_directory, uint32_t *number)
{
    enum error error = ERROR_FULL;
    for (uint32_t i = 0; error == ERROR_FULL && i < ext2->groups; i++)
        error = take_inode_of(ext2, (first + i) % ext2->groups, is_directory, number);
    return error;
}

enum error ext2_take_inode(struct ext2 *ext2, uint32_t near, bool is_directory, uint32_t *number)
{
    uint32_t first = is_directory ? group_for_directory(ext2) : (near - 1) / ext2->inodes_per_group;
    enum error error = try_inode(ext2, first, is_directory, number);
    if (error != ERROR_FULL)
        return error;
    error = ext2->kinds->make_room(ext2);
    return error ? error : try_inode(ext2, first, is_directory, number);
}

/* --- Giving back ------------------------------------------------------------------------------ */

static enum error add_freed(struct ext2 *ext2, enum freed_kind kind, uint32_t first)
{
    ASSERT(ext2_is_locked(ext2));
    struct ext2_freed *freed = kzalloc(sizeof(*freed));
    if (!freed)
        return ERROR_OUT_OF_FRAMES;
    *freed = (struct ext2_freed){.kind = kind, .first = first, .count = 1};
    list_push_back(&ext2->freed, &freed->link);
    return OK;
}

enum error ext2_give_block(struct ext2 *ext2, uint32_t block)
{
    if (!ext2_is_block(ext2, block))
        return ext2_damaged(ext2, "a block that is freed is not on the disk");
    struct list_node *last = ext2->freed.head.previous;
    struct ext2_freed *freed = CONTAINER_OF(last, struct ext2_freed, link);
    bool follows = last != &ext2->freed.head && freed->kind == FREED_BLOCKS &&
                   block == freed->first + freed->count;
    enum error error = OK;
    if (follows)
        freed->count++;
    else
        error = add_freed(ext2, FREED_BLOCKS, block);
    if (!error) /* else the block stays in use, with what was changed in it */
        block_cache_drop(&ext2->cache, block);
    return error;
}

enum error ext2_give_inode(struct ext2 *ext2, uint32_t number, bool is_directory)
{
    return add_freed(ext2, is_directory ? FREED_DIRECTORY : FREED_FILE, number);
}

static enum error free_blocks(struct ext2 *ext2, uint32_t first, uint32_t number)
{
    while (number > 0) {
        struct ext2_group *group;
        int cleared;
        uint32_t index = (first - ext2->first_block) / ext2->blocks_per_group;
        uint32_t bit = (first - ext2->first_block) % ext2->blocks_per_group;
        uint32_t some = MIN(number, ext2->blocks_per_group - bit);
        enum error error = get_group(ext2, index, &group);
        if (error)
            return error;
        (void)clear_bits(ext2, group->block_bitmap, bit, some, &cleared);
        count(ext2, group, cleared, 0, 0);
        first += some;
        number -= some;
    }
    return OK;
}

static enum error free_inode(struct ext2 *ext2, uint32_t number, bool is_directory)
{
    struct ext2_group *group;
    int cleared;
    enum error error = get_group(ext2, (number - 1) / ext2->inodes_per_group, &group);
    if (error)
        return error;
    (void)clear_bits(ext2, group->inode_bitmap, (number - 1) % ext2->inodes_per_group, 1, &cleared);
    count(ext2, group, 0, cleared, is_directory ? -cleared : 0);
    return OK;
}

enum error ext2_free_given(struct ext2 *ext2)
{
    struct list_node *node;
    while ((node = list_first(&ext2->freed))) {
        struct ext2_freed *freed = CONTAINER_OF(node, struct ext2_freed, link);
        enum error error = freed->kind == FREED_BLOCKS
                               ? free_blocks(ext2, freed->first, freed->count)
                               : free_inode(ext2, freed->first, freed->kind == FREED_DIRECTORY);
        if (error)
            return error;
        list_remove(node);
        kfree(freed);
    }
    return OK;
}

void ext2_forget_given(struct ext2 *ext2)
{
    for (struct list_node *node; (node = list_pop_front(&ext2->freed));)
        kfree(CONTAINER_OF(node, struct ext2_freed, link));
}
