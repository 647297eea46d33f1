/*
 * A file's blocks are found by the numbers in its inode: the first twelve are the blocks
 * themselves, and then one each for a table of numbers, a table of such tables, and a table of
 * those. 0 is a hole, which reads as zeros; it gets a block when it is written to.
 */
#include <assert.h>
#include <fs/ext2/ext2.h>
#include <lib/string.h>

enum { TABLES = 3, NUMBER = 4 /* bytes of a number */ };

/* A way through tables of numbers to a block. */
struct table_path {
    unsigned steps;             /* 0: no file has that block */
    uint64_t index[1 + TABLES]; /* in the inode's numbers, and then in each table */
};

static struct table_path find_path(const struct ext2 *ext2, uint64_t index)
{
    uint64_t each = ext2->block_size / NUMBER, covers = 1;
    struct table_path path = {.steps = 1, .index = {index}};
    ASSERT(each > 0);
    if (index < EXT2_DIRECT)
        return path;
    index -= EXT2_DIRECT;
    for (unsigned depth = 1; depth <= TABLES; depth++) {
        covers *= each;
        if (index < covers) {
            path.index[0] = EXT2_DIRECT + depth - 1;
            for (unsigned i = 1; i <= depth; i++) {
                covers /= each;
                path.index[i] = index / covers % each;
            }
            path.steps = depth + 1;
            return path;
        }
        index -= covers;
    }
    path.steps = 0;
    return path;
}

enum error ext2_map(struct ext2_node *node, uint64_t index, uint32_t *block)
{
    struct ext2 *ext2 = node->ext2;
    struct table_path path = find_path(ext2, index);
    *block = path.steps ? node->numbers[path.index[0]] : 0;
    for (unsigned i = 1; i < path.steps && *block; i++) {
        uint8_t number[NUMBER];
        if (!ext2_is_block(ext2, *block))
            return ext2_damaged(ext2, "a file's table of blocks is not on the disk");
        enum error error = block_cache_read(
            &ext2->cache, (uint64_t)*block * ext2->block_size + NUMBER * path.index[i], number,
            sizeof(number));
        if (error)
            return error;
        *block = get_little_32(number);
    }
    if (*block && !ext2_is_block(ext2, *block))
        return ext2_damaged(ext2, "a file's block is not on the disk");
    return OK;
}

/* Takes a block for the node: a table, which is empty, or one for content. */
static enum error take(struct ext2_node *node, bool is_table, uint32_t *block)
{
    struct ext2 *ext2 = node->ext2;
    struct cached_block *cached = NULL;
    enum error error = ext2_take_block(ext2, node->goal, block);
    if (error)
        return error;
    if (is_table) {
        error = block_cache_make(&ext2->cache, *block, &cached);
        if (error) {
            (void)ext2_give_block(ext2, *block); /* else it stays unused until e2fsck runs */
            return error;
        }
        block_cache_change(cached, STAGE_NEW);
        block_cache_put(cached);
    }
    node->goal = *block + 1;
    node->inode.sectors += ext2->block_size / EXT2_SECTOR;
    ext2_mark_dirty(node);
    return OK;
}

/* Follows a number in a table; where it is 0, it gets a block. */
static enum error step(struct ext2_node *node, uint64_t index, bool is_last, uint32_t *block,
                       bool *is_new)
{
    struct ext2 *ext2 = node->ext2;
    struct cached_block *table = NULL;
    ASSERT(index < ext2->block_size / NUMBER);
    if (!ext2_is_block(ext2, *block))
        return ext2_damaged(ext2, "a file's table of blocks is not on the disk");
    enum error error = block_cache_get(&ext2->cache, *block, &table);
    if (error)
        return error;
    uint8_t *number = table->bytes + NUMBER * index;
    *block = get_little_32(number);
    *is_new = !*block;
    if (*is_new) {
        error = take(node, !is_last, block);
        if (!error) {
            put_little_32(number, *block);
            block_cache_change(table, STAGE_INODES);
        }
    }
    block_cache_put(table);
    return error;
}

enum error ext2_map_new(struct ext2_node *node, uint64_t index, uint32_t *block, bool *is_new)
{
    struct ext2 *ext2 = node->ext2;
    struct table_path path = find_path(ext2, index);
    enum error error = OK;
    ASSERT(ext2_is_locked(ext2));
    if (!path.steps)
        return ERROR_FILE_TOO_BIG;
    *block = node->numbers[path.index[0]];
    *is_new = !*block;
    if (*is_new) {
        error = take(node, path.steps > 1, block);
        if (!error)
            node->numbers[path.index[0]] = *block;
    }
    for (unsigned i = 1; !error && i < path.steps; i++)
        error = step(node, path.index[i], i + 1 == path.steps, block, is_new);
    if (!error && !ext2_is_block(ext2, *block))
        error = ext2_damaged(ext2, "a file's block is not on the disk");
    return error;
}
