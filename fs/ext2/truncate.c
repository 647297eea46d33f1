/*
 * Frees the end of a file. In each of the three trees the tables of the lowest level are emptied
 * front to back; a table goes once all that it covers is behind. The trees have three levels at
 * most, but a damaged one may lead to the same table again and again: so as many tables are looked
 * at as the disk has blocks, and no more.
 */
#include <assert.h>
#include <fs/ext2/ext2.h>

enum { TABLES = 3, NUMBER = 4 };

struct trim {
    struct ext2_node *node;
    uint64_t each;               /* numbers in a table */
    unsigned depth;              /* levels of tables */
    uint64_t from;               /* the first block to go, counted from the tree's first */
    uint64_t covers[TABLES + 1]; /* blocks below a table of that level; of level 0: 1 */
    uint32_t tables[TABLES + 1]; /* those on the way, by level */
    uint64_t tables_left;
};

static enum error give_block(struct ext2_node *node, uint32_t block)
{
    uint64_t sectors = node->ext2->block_size / EXT2_SECTOR;
    enum error error = ext2_give_block(node->ext2, block);
    if (!error)
        node->inode.sectors -= MIN(sectors, node->inode.sectors);
    return error;
}

/* Frees the blocks whose numbers are in a table, from `first` on. */
static enum error empty_table(const struct trim *trim, uint32_t block, uint64_t first)
{
    struct cached_block *table = NULL;
    enum error error = block_cache_get(&trim->node->ext2->cache, block, &table);
    if (error)
        return error;
    for (uint64_t i = first; !error && i < trim->each; i++) {
        uint8_t *number = table->bytes + NUMBER * i;
        if (!get_little_32(number))
            continue;
        error = give_block(trim->node, get_little_32(number));
        if (!error)
            put_little_32(number, 0);
    }
    block_cache_change(table, STAGE_INODES);
    block_cache_put(table);
    return error;
}

/* Reads or clears the number that leads on from a table of `level` towards the tree's block `at`.
 */
static enum error look(const struct trim *trim, unsigned level, uint64_t at, bool clear,
                       uint32_t *number)
{
    struct cached_block *table = NULL;
    ASSERT(level > 0 && level <= trim->depth);
    uint64_t index = at / trim->covers[level - 1] % trim->each;
    if (!ext2_is_block(trim->node->ext2, trim->tables[level]))
        return ext2_damaged(trim->node->ext2, "a file's table of blocks is not on the disk");
    enum error error = block_cache_get(&trim->node->ext2->cache, trim->tables[level], &table);
    if (error)
        return error;
    *number = get_little_32(table->bytes + NUMBER * index);
    if (clear) {
        put_little_32(table->bytes + NUMBER * index, 0);
        block_cache_change(table, STAGE_INODES);
    }
    block_cache_put(table);
    return OK;
}

/* Goes down towards block `at`: *level is where the way ends, at a hole or at the lowest table. */
static enum error descend(struct trim *trim, uint64_t at, unsigned *level, bool *is_hole)
{
    *is_hole = false;
    for (*level = trim->depth; *level > 1; --*level) {
        if (trim->tables_left-- == 0)
            return ext2_damaged(trim->node->ext2, "a file has more tables than the disk");
        enum error error = look(trim, *level, at, false, &trim->tables[*level - 1]);
        *is_hole = !error && !trim->tables[*level - 1];
        if (error || *is_hole)
            return error;
    }
    return ext2_is_block(trim->node->ext2, trim->tables[1])
               ? OK
               : ext2_damaged(trim->node->ext2, "a file's table of blocks is not on the disk");
}

/* Frees the tables that end before `at`, from `level` upwards, unless they hold what stays. */
static enum error free_tables(const struct trim *trim, unsigned level, uint64_t at)
{
    for (; level <= trim->depth && at % trim->covers[level] == 0; level++) {
        ASSERT(at >= trim->covers[level]);
        uint64_t start = at - trim->covers[level];
        uint32_t number = 0;
        if (start < trim->from)
            return OK;
        enum error error = give_block(trim->node, trim->tables[level]);
        if (!error && level < trim->depth)
            error = look(trim, level + 1, start, true, &number);
        if (error)
            return error;
        if (level == trim->depth)
            trim->node->numbers[EXT2_DIRECT + trim->depth - 1] = 0;
    }
    return OK;
}

static enum error trim_tree(struct trim *trim)
{
    for (uint64_t at = trim->from; at < trim->covers[trim->depth];) {
        unsigned level;
        bool is_hole;
        enum error error = descend(trim, at, &level, &is_hole);
        if (!error && !is_hole)
            error = empty_table(trim, trim->tables[1], at % trim->each);
        if (error)
            return error;
        uint64_t step = trim->covers[is_hole ? level - 1 : 1], before = at;
        ASSERT(step > 0);
        at = (at / step + 1) * step;
        ASSERT(at > before);
        error = free_tables(trim, level, at);
        if (error)
            return error;
    }
    return OK;
}

bool ext2_has_no_blocks(const struct ext2_node *node)
{
    uint32_t own = node->attributes ? node->ext2->block_size / EXT2_SECTOR : 0;
    switch (inode_type(&node->inode)) {
    case S_IFREG:
    case S_IFDIR:
        return false;
    case S_IFLNK:
        return node->inode.sectors <= own;
    default:
        return true;
    }
}

enum error ext2_truncate(struct ext2_node *node, uint64_t first)
{
    struct ext2 *ext2 = node->ext2;
    enum error error = OK;
    ASSERT(ext2_is_locked(ext2));
    if (ext2_has_no_blocks(node))
        return OK;
    ext2_mark_dirty(node);
    for (uint64_t i = first; !error && i < EXT2_DIRECT; i++) {
        if (node->numbers[i])
            error = give_block(node, node->numbers[i]);
        if (!error)
            node->numbers[i] = 0;
    }
    struct trim trim = {.node = node,
                        .each = ext2->block_size / NUMBER,
                        .covers = {1},
                        .tables_left = (uint64_t)TABLES * ext2->blocks};
    uint64_t before = EXT2_DIRECT;
    for (trim.depth = 1; !error && trim.depth <= TABLES; trim.depth++) {
        trim.covers[trim.depth] = trim.covers[trim.depth - 1] * trim.each;
        trim.from = first > before ? first - before : 0;
        before += trim.covers[trim.depth];
        trim.tables[trim.depth] = node->numbers[EXT2_DIRECT + trim.depth - 1];
        if (trim.tables[trim.depth])
            error = trim_tree(&trim);
    }
    return error;
}
