/*
 * What goes to the disk in which order, so that `e2fsck -p`, which asks nothing, mends whatever a
 * loss of power leaves, and nothing is lost that fsync() promised. There is no journal: the order
 * does it. A block is taken to be written as a whole or not at all.
 *
 * Changes are made in memory: in pages, in nodes, in blocks of the block cache. A commit writes
 * them in stages, and the device is flushed after each:
 *
 *     1  the content of files; tables of numbers and blocks of directories that are new; files
 *        whose last name leads to another file from stage 2 on are freed
 *     2  inodes that the disk has, and their tables of numbers, which lead to what 1 has written;
 *        blocks of directories
 *     3  new inodes: of directories from the top downwards, one level after the other
 *     4  the same blocks of directories, with names that a rename has given to another file
 *     5  files without names are freed; of directories from the bottom upwards
 *     6  the same blocks of directories, without the names that are removed; the counts of links
 *     7  what is free: bitmaps, descriptors, the superblock
 *
 * Of what it finds, e2fsck removes only names of inodes without links, and corrects counts and
 * bitmaps, without being asked. So an inode that has links on the disk has a name there, at any
 * time, in a directory for which the same holds; a directory has no second one. That is why a new
 * name comes before its inode (3), and a removed one goes after it (6): removals.c has those that
 * wait for that. And what the disk has is never in danger from what it does not have yet:
 *
 *   - A file that is renamed has both names for a moment, never none. One that replaces another
 *     gets the name (4) once the disk has it (3), so the name leads to either file at any time.
 *   - Blocks and inodes that are given back are taken again only after stage 6. So no block is in
 *     two files on the disk, and none gets another content while an old name leads to it.
 *
 * One change is not mended without a question: a directory that moves to another directory, or
 * whose new name has no room in the block of the old one, has two names for a moment. e2fsck
 * removes one of them when it may.
 *
 * All changes lock ext2.changes, and a commit does, too: it never sees half of one. Only the
 * content of blocks that a file has already, and times, change without the lock.
 *
 * e2fsck finds out by itself what is free, so stage 7 is left out where only fsync() asks.
 */
#include <assert.h>
#include <fs/ext2/ext2.h>

/* --- Stages ----------------------------------------------------------------------------------- */

static enum error flush(struct ext2 *ext2)
{
    struct block_request request;
    if (!ext2->unflushed)
        return OK;
    block_begin(&request, ext2->cache.device, BLOCK_FLUSH, 0, 0, NULL, 0);
    await(&request.future);
    ext2->unflushed = request.error;
    return request.error ? ERROR_DEVICE : OK;
}

/* Writes the blocks of these stages, in any order, and flushes the device. */
static enum error write_stage(struct ext2 *ext2, enum ext2_stage first, enum ext2_stage last)
{
    enum error error = OK;
    for (unsigned stage = first; !error && stage <= last; stage++) {
        bool wrote;
        error = block_cache_write(&ext2->cache, stage, &wrote);
        ext2->unflushed |= wrote;
    }
    return error ? error : flush(ext2);
}

/* Extended attributes may be shared by files, and are counted then. */
static enum error give_attributes(struct ext2_node *node)
{
    enum { REFERENCES = 4 };
    struct ext2 *ext2 = node->ext2;
    struct cached_block *cached = NULL;
    if (!node->attributes)
        return OK;
    if (!ext2_is_block(ext2, node->attributes))
        return ext2_damaged(ext2, "a file's attributes are not on the disk");
    enum error error = block_cache_get(&ext2->cache, node->attributes, &cached);
    if (error)
        return error;
    uint32_t references = get_little_32(cached->bytes + REFERENCES);
    if (references > 1) {
        put_little_32(cached->bytes + REFERENCES, references - 1);
        block_cache_change(cached, STAGE_INODES);
    }
    block_cache_put(cached);
    if (references <= 1)
        error = ext2_give_block(ext2, node->attributes);
    if (!error)
        node->attributes = 0;
    return error;
}

/* Frees a file that has neither names nor users. When that fails, a part was freed. */
static enum error free_file(struct ext2_node *node)
{
    bool is_directory = inode_is_directory(&node->inode);
    ASSERT(!node->is_freed);
    enum error error = ext2_truncate(node, 0);
    if (!error)
        error = give_attributes(node);
    if (!error)
        error = ext2_give_inode(node->ext2, (uint32_t)node->inode.number, is_directory);
    if (error)
        return error;
    node->inode.size = node->inode.sectors = 0;
    node->is_freed = true;
    inode_note_change(&node->inode);
    return OK;
}

static bool is_unused(const struct ext2_node *node)
{
    uint64_t own = 1 + (uint64_t)node->removals + node->removals_below; /* 1: it is dirty */
    return !node->inode.links && !node->is_freed && node->inode.object.references == own;
}

/* --- Inodes ---------------------------------------------------------------------------------- */

/* Puts the nodes that are due into their tables. Those that are stored may be dirty again. */
static enum error store_nodes(struct ext2 *ext2, enum ext2_stage stage)
{
    struct list_node *link;
    while ((link = list_first(&ext2->due))) {
        struct ext2_node *node = CONTAINER_OF(link, struct ext2_node, dirty);
        enum error error = is_unused(node) ? free_file(node) : OK;
        if (!error)
            error = ext2_store_inode(node, stage);
        if (error)
            return error;
        list_remove(link);
        list_push_back(&ext2->stored, &node->stored);
    }
    return OK;
}

typedef bool is_due_function(const struct ext2_node *node);

/* Writes the dirty nodes that are due; *any says whether there were some. Names in blocks that have
 * changed are written with them. */
static enum error write_nodes(struct ext2 *ext2, is_due_function *is_due, enum ext2_stage stage,
                              bool *any)
{
    struct list_node *link, *next;
    ASSERT(list_empty(&ext2->due) && list_empty(&ext2->stored));
    for (link = ext2->dirty.head.next; link != &ext2->dirty.head; link = next) {
        next = link->next;
        if (!is_due(CONTAINER_OF(link, struct ext2_node, dirty)))
            continue;
        list_remove(link);
        list_push_back(&ext2->due, link);
    }
    *any = !list_empty(&ext2->due);
    enum error error = store_nodes(ext2, stage);
    if (!error)
        error = write_stage(ext2, stage, stage == STAGE_INODES ? STAGE_NAMES : stage);
    while ((link = list_pop_front(&ext2->due)))
        list_push_back(&ext2->dirty, link);
    while ((link = list_pop_front(&ext2->stored))) {
        struct ext2_node *node = CONTAINER_OF(link, struct ext2_node, stored);
        if (error && !node->is_freed)
            ext2_mark_dirty(node);
        if (!error)
            node->is_on_disk = node->inode.links > 0;
        inode_release(&node->inode);
    }
    return error;
}

static bool dies_first(const struct ext2_node *node)
{
    return node->dies_first && !node->inode.links;
}

static bool stays(const struct ext2_node *node)
{
    return node->is_on_disk && node->inode.links;
}

static bool is_new_directory(const struct ext2_node *node)
{
    if (node->is_on_disk || !node->inode.links || !inode_is_directory(&node->inode))
        return false;
    const struct ext2_node *parent = ext2_find_node(node->ext2, node->parent);
    return !parent || parent->is_on_disk;
}

static bool is_new(const struct ext2_node *node)
{
    return !node->is_on_disk && node->inode.links;
}

static bool may_be_freed(const struct ext2_node *node)
{
    return !node->inode.links && !node->is_waiting;
}

static enum error write_new_nodes(struct ext2 *ext2)
{
    enum error error = OK;
    for (bool any = true; !error && any;)
        error = write_nodes(ext2, is_new_directory, STAGE_INODES, &any);
    bool any;
    return error ? error : write_nodes(ext2, is_new, STAGE_INODES, &any);
}

/* Notes which directories have to wait: the disk has files there that have to be freed first. */
static void find_waiting(struct ext2 *ext2)
{
    list_for_each(link, &ext2->removed) {
        const struct ext2_removal *removal = CONTAINER_OF(link, struct ext2_removal, link);
        if (removal->directory)
            removal->directory->is_waiting = false;
    }
    list_for_each(link, &ext2->removed) {
        const struct ext2_removal *removal = CONTAINER_OF(link, struct ext2_removal, link);
        if (removal->directory && removal->node->is_on_disk && !removal->node->inode.links)
            removal->directory->is_waiting = true;
    }
}

static enum error free_nodes(struct ext2 *ext2)
{
    enum error error = OK;
    for (bool any = true; !error && any;) {
        find_waiting(ext2);
        error = write_nodes(ext2, may_be_freed, STAGE_INODES, &any);
    }
    return error;
}

/* --- Commits --------------------------------------------------------------------------------- */

enum error ext2_store_clean(struct ext2 *ext2)
{
    list_for_each(link, &ext2->filesystem.inodes) {
        if (!CONTAINER_OF(link, struct inode, in_filesystem)->links)
            return OK; /* it is still open, and e2fsck has to free it */
    }
    enum error error = ext2_store_superblock(ext2, true);
    return error ? error : write_stage(ext2, STAGE_TABLES, STAGE_TABLES);
}

static enum error write_tables(struct ext2 *ext2)
{
    if (list_empty(&ext2->cache.dirty[STAGE_TABLES]))
        return flush(ext2);
    enum error error = ext2_store_groups(ext2);
    if (!error)
        error = ext2_store_superblock(ext2, false);
    return error ? error : write_stage(ext2, STAGE_TABLES, STAGE_TABLES);
}

static enum error replace_names(struct ext2 *ext2)
{
    enum error error = ext2_replace_names(ext2);
    return error ? error : write_stage(ext2, STAGE_NAMES, STAGE_NAMES);
}

static enum error remove_names(struct ext2 *ext2)
{
    bool any;
    enum error error = ext2_remove_names(ext2);
    if (error)
        return error;
    ext2_forget_removals(ext2);
    return write_nodes(ext2, stays, STAGE_INODES, &any);
}

static enum error write_all(struct ext2 *ext2, bool whole)
{
    bool any;
    enum error of_content = page_cache_write_back_all(&ext2->filesystem);
    ext2->content_error = ext2->content_error ? ext2->content_error : of_content;
    enum error error = write_nodes(ext2, dies_first, STAGE_NEW, &any);
    if (!error)
        error = write_nodes(ext2, stays, STAGE_INODES, &any);
    if (!error)
        error = write_new_nodes(ext2);
    if (!error)
        error = replace_names(ext2);
    if (!error)
        error = free_nodes(ext2);
    if (!error && !list_empty(&ext2->removed))
        error = remove_names(ext2);
    if (!error)
        error = ext2_free_given(ext2);
    if (!error && whole)
        error = write_tables(ext2);
    return error;
}

enum error ext2_commit_locked(struct ext2 *ext2, bool whole)
{
    ASSERT(ext2_is_locked(ext2));
    if (ext2->has_failed)
        return ERROR_DEVICE;
    if (ext2->filesystem.is_read_only)
        return OK;
    enum error error = write_all(ext2, whole);
    if (error == ERROR_DEVICE) {
        log_error("ext2: %s: its tables cannot be written; it is read-only from now on",
                  ext2->cache.device->name);
        ext2->has_failed = ext2->must_stay_read_only = ext2->filesystem.is_read_only = true;
    }
    return error;
}

enum error ext2_commit(struct ext2 *ext2, bool whole)
{
    ext2_lock(ext2);
    enum error error = ext2_commit_locked(ext2, whole);
    ext2_unlock(ext2);
    return error;
}

void ext2_discard(struct ext2 *ext2)
{
    struct list_node *link;
    ext2_forget_removals(ext2);
    while ((link = list_pop_front(&ext2->dirty)))
        inode_release(&CONTAINER_OF(link, struct ext2_node, dirty)->inode);
    page_cache_discard_all(&ext2->filesystem);
    ext2_forget_given(ext2);
}
