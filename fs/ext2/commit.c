/*
 * What goes to the disk in which order, so that e2fsck can mend whatever a loss of power leaves,
 * and nothing is lost that fsync() promised. There is no journal: the order does it.
 *
 * Changes are made in memory: in pages, in nodes, in blocks of the block cache. A commit writes
 * them in stages, and the device is flushed after each:
 *
 *     1  the content of files; tables of numbers and blocks of directories that are new
 *     2  inodes, and tables of numbers that were there before: they lead to what 1 has written
 *     3  blocks of directories that were there before: they lead to what 2 has written
 *     4  the same blocks, without the names that are removed
 *     5  the inodes that have lost those names; files without a name and without a user go
 *     6  what is free: bitmaps, descriptors, the superblock
 *
 * So whatever is on the disk leads to something that was written before it. What is removed goes
 * the other way round, and for that three things wait:
 *
 *   - A name that is removed is gone from the directory's index at once, but stays in its block
 *     until stage 4. A file that is renamed thus has both names for a moment, never none. A name
 *     that leads to another file now (rename over an old file) changes in stage 3, in one write.
 *   - An inode is stored with the links that the disk still has: node->removals of them are more
 *     than in memory.
 *   - Blocks and inodes that are given back are taken again only after stage 5. So no block is in
 *     two files on the disk, and none gets another content while an old name leads to it.
 *
 * All changes lock ext2.changes, and a commit does, too: it never sees half of one. Only the
 * content of blocks that a file has already, and times, change without the lock.
 *
 * e2fsck finds out by itself what is free, so stage 6 is left out where only fsync() asks.
 */
#include <assert.h>
#include <fs/ext2/ext2.h>
#include <kernel/task/thread.h>
#include <lib/string.h>
#include <mm/heap.h>

void ext2_lock(struct ext2 *ext2)
{
    if (thread_current())
        thread_lock(&ext2->changes);
}

void ext2_unlock(struct ext2 *ext2)
{
    if (thread_current())
        thread_unlock(&ext2->changes);
}

/* --- Names that are removed --------------------------------------------------------------------
 */

void ext2_note_removal(struct ext2_removal *removal, struct ext2_node *directory, uint64_t position,
                       uint32_t hash, struct ext2_node *node)
{
    *removal = (struct ext2_removal){
        .directory = directory, .position = position, .hash = hash, .node = node};
    if (directory)
        inode_reference(&directory->inode);
    inode_reference(&node->inode);
    node->removals++;
    list_push_back(&node->ext2->removed, &removal->link);
}

static struct ext2_removal *removal_at(struct list_node *node)
{
    return CONTAINER_OF(node, struct ext2_removal, link);
}

static void forget_directory(struct ext2_removal *removal)
{
    if (removal->directory)
        inode_release(&removal->directory->inode);
    removal->directory = NULL;
}

/* The name is gone from the disk, too. */
static void end_removal(struct ext2_removal *removal)
{
    struct ext2_node *node = removal->node;
    ASSERT(node->removals > 0);
    node->removals--;
    ext2_mark_dirty(node);
    forget_directory(removal);
    inode_release(&node->inode);
    list_remove(&removal->link);
    kfree(removal);
}

/* Does the disk have the name there? */
static enum error has_name(const struct ext2_removal *removal, const char *name, size_t length,
                           bool *has)
{
    struct ext2_entry_copy entry;
    enum error error = ext2_read_entry(removal->directory, removal->position, &entry);
    *has = !error && entry.name_length == length && memcmp(entry.name, name, length) == 0;
    return error;
}

enum error ext2_reuse_removed(struct ext2_node *directory, const char *name, size_t length,
                              const struct ext2_node *node, bool *done)
{
    uint32_t hash = name_index_hash(name, length);
    enum error error = name_index_reserve(&directory->index);
    *done = false;
    if (error)
        return error;
    list_for_each(link, &directory->ext2->removed) {
        struct ext2_removal *removal = removal_at(link);
        bool has;
        if (removal->directory != directory || removal->hash != hash)
            continue;
        error = has_name(removal, name, length, &has);
        if (error || !has)
            continue;
        error = ext2_change_entry(directory, removal->position, node);
        if (error)
            return error;
        name_index_add(&directory->index, hash, removal->position);
        forget_directory(removal);
        *done = true;
        return OK;
    }
    return error;
}

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

static enum error write_stage(struct ext2 *ext2, enum ext2_stage stage)
{
    bool wrote;
    enum error error = block_cache_write(&ext2->cache, stage, &wrote);
    ext2->unflushed |= wrote;
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
    uint32_t references = ext2_get_32(cached->bytes + REFERENCES);
    if (references > 1) {
        ext2_put_32(cached->bytes + REFERENCES, references - 1);
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
static enum error delete (struct ext2_node *node) {
    bool is_directory = inode_is_directory(&node->inode); enum error error = ext2_truncate(node, 0);
    if (!error) error = give_attributes(node);
    if (!error) error = ext2_give_inode(node->ext2, (uint32_t)node->inode.number, is_directory);
    if (error) return error;
    node->inode.size = node->inode.sectors = 0;
    node->is_freed = true;
    inode_note_change(&node->inode);
    return OK;
}

static bool is_unused(const struct ext2_node *node)
{
    return !node->inode.links && !node->removals && !node->is_freed &&
           node->inode.object.references == 1;
}

/* Puts the dirty nodes into their tables. */
static enum error store_nodes(struct ext2 *ext2)
{
    struct list batch;
    struct list_node *link;
    enum error error = OK;
    list_init(&batch);
    while ((link = list_pop_front(&ext2->dirty)))
        list_push_back(&batch, link);
    while (!error && (link = list_first(&batch))) {
        struct ext2_node *node = CONTAINER_OF(link, struct ext2_node, dirty);
        if (is_unused(node))
            error = delete (node);
        if (!error)
            error = ext2_store_inode(node);
        if (error)
            break;
        list_remove(link);
        inode_release(&node->inode);
    }
    while ((link = list_pop_front(&batch)))
        list_push_back(&ext2->dirty, link);
    return error;
}

static enum error write_nodes(struct ext2 *ext2)
{
    enum error error = store_nodes(ext2);
    return error ? error : write_stage(ext2, STAGE_INODES);
}

/* Stages 4 and 5. */
static enum error remove_names(struct ext2 *ext2)
{
    struct list_node *link;
    enum error error = OK;
    list_for_each(node, &ext2->removed) {
        struct ext2_removal *removal = removal_at(node);
        if (removal->directory)
            error = ext2_clear_entry(removal->directory, removal->position);
        if (error)
            return error;
        forget_directory(removal);
    }
    error = write_stage(ext2, STAGE_NAMES);
    while (!error && (link = list_first(&ext2->removed)))
        end_removal(removal_at(link));
    return error ? error : write_nodes(ext2);
}

enum error ext2_store_clean(struct ext2 *ext2)
{
    for (size_t i = 0; i < EXT2_BUCKETS; i++) {
        list_for_each(link, &ext2->nodes[i]) {
            if (!CONTAINER_OF(link, struct ext2_node, node)->inode.links)
                return OK; /* it is still open, and e2fsck has to free it */
        }
    }
    enum error error = ext2_store_superblock(ext2, true);
    return error ? error : write_stage(ext2, STAGE_TABLES);
}

static enum error write_tables(struct ext2 *ext2)
{
    if (list_empty(&ext2->cache.dirty[STAGE_TABLES]))
        return flush(ext2);
    enum error error = ext2_store_groups(ext2);
    if (!error)
        error = ext2_store_superblock(ext2, false);
    return error ? error : write_stage(ext2, STAGE_TABLES);
}

static enum error write_all(struct ext2 *ext2, bool whole)
{
    enum error of_content = page_cache_write_back_all(&ext2->filesystem);
    ext2->content_error = ext2->content_error ? ext2->content_error : of_content;
    enum error error = write_stage(ext2, STAGE_NEW);
    if (!error)
        error = write_nodes(ext2);
    if (!error)
        error = write_stage(ext2, STAGE_NAMES);
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
    while ((link = list_first(&ext2->removed)))
        end_removal(removal_at(link));
    while ((link = list_pop_front(&ext2->dirty)))
        inode_release(&CONTAINER_OF(link, struct ext2_node, dirty)->inode);
    page_cache_discard_all(&ext2->filesystem);
    ext2_forget_given(ext2);
}
