/*
 * Changes of names. fs/ has locked the names, so nobody looks them up meanwhile. A change locks
 * ext2.changes, so that a commit never sees half of it. What can fail comes first.
 */
#include <assert.h>
#include <fs/dentry.h>
#include <fs/ext2/ext2.h>
#include <mm/heap.h>

/* --- Making names ---------------------------------------------------------------------------- */

/* Checks that hold once the changes are locked: what was looked up before may have changed. */
static enum error may_change(const struct ext2 *ext2)
{
    return ext2->filesystem.is_read_only ? ERROR_READ_ONLY : OK;
}

static void change_links(struct ext2_node *node, int change)
{
    uint32_t links = node->inode.links;
    node->inode.links = change < 0 && links < (uint32_t)-change ? 0 : links + (uint32_t)change;
    inode_note_change(&node->inode);
    ext2_mark_dirty(node);
}

/* A name that the disk still has from another file is taken over, so that it never has it twice. */
static enum error add_entry(struct ext2_node *directory, const char *name, size_t length,
                            struct ext2_node *node)
{
    bool done = false;
    node->parent = (uint32_t)directory->inode.number;
    enum error error = ext2_reuse_removed(directory, name, length, node, &done);
    return error || done ? error : ext2_add_entry(directory, name, length, node);
}

/* Gives a new node a name, or gives it up. */
static enum error name_node(struct dentry *entry, struct ext2_node *node)
{
    struct ext2_node *directory = ext2_node_of(entry->parent->inode);
    enum error error = OK;
    ASSERT(node->inode.links == 0);
    if (inode_is_directory(&node->inode))
        error = ext2_fill_directory(node, directory);
    if (!error)
        error = add_entry(directory, entry->name, entry->name_length, node);
    if (error) {
        inode_release(&node->inode); /* without a link: a commit frees it */
        return error;
    }
    change_links(node, inode_is_directory(&node->inode) ? 2 : 1);
    if (inode_is_directory(&node->inode))
        change_links(directory, 1);
    entry->inode = &node->inode;
    dentry_keep(entry);
    return OK;
}

static enum error make(struct dentry *entry, uint32_t mode, uint32_t rdev, const char *target,
                       size_t length)
{
    struct ext2_node *directory = ext2_node_of(entry->parent->inode), *node;
    struct ext2_entry_copy copy;
    uint64_t position = 0;
    enum error error =
        ext2_find_entry(directory, entry->name, entry->name_length, &position, &copy);
    if (error != ERROR_NO_ENTRY)
        return error ? error : ERROR_EXISTS;
    if ((mode & S_IFMT) == S_IFDIR && directory->inode.links >= EXT2_LINKS_MAX)
        return ERROR_TOO_MANY_LINKS;
    error = ext2_make_inode(directory, mode, rdev, &node);
    if (error)
        return error;
    error = target ? ext2_store_target(node, target, length) : OK;
    if (!error)
        return name_node(entry, node);
    inode_release(&node->inode);
    return error;
}

static enum error make_locked(struct dentry *entry, uint32_t mode, uint32_t rdev,
                              const char *target, size_t length)
{
    struct ext2 *ext2 = ext2_node_of(entry->parent->inode)->ext2;
    ext2_lock(ext2);
    enum error error = may_change(ext2);
    if (!error)
        error = make(entry, mode, rdev, target, length);
    ext2_unlock(ext2);
    return error;
}

static enum error create(struct dentry *entry, uint32_t mode, uint32_t rdev)
{
    return make_locked(entry, mode, rdev, NULL, 0);
}

static enum error symlink(struct dentry *entry, const char *target, size_t length)
{
    if (length >= ext2_node_of(entry->parent->inode)->ext2->block_size)
        return ERROR_TOO_LONG;
    return make_locked(entry, S_IFLNK | 0777, 0, target, length);
}

static enum error link(struct dentry *entry, struct inode *inode)
{
    struct ext2_node *directory = ext2_node_of(entry->parent->inode), *node = ext2_node_of(inode);
    struct ext2_entry_copy copy;
    uint64_t position = 0;
    if (inode->links >= EXT2_LINKS_MAX)
        return ERROR_TOO_MANY_LINKS;
    ext2_lock(node->ext2);
    enum error error = may_change(node->ext2);
    if (!error)
        error = ext2_find_entry(directory, entry->name, entry->name_length, &position, &copy);
    if (!error)
        error = ERROR_EXISTS;
    if (error == ERROR_NO_ENTRY)
        error = add_entry(directory, entry->name, entry->name_length, node);
    if (!error) {
        change_links(node, 1);
        inode_reference(inode);
        entry->inode = inode;
        dentry_keep(entry);
    }
    ext2_unlock(node->ext2);
    return error;
}

/* --- Removing and renaming ------------------------------------------------------------------- */

/* ERROR_NOT_EMPTY: the directory has entries besides . and .. */
static enum error check_empty(struct ext2_node *node)
{
    struct ext2_entry_copy entry;
    uint64_t position = 0;
    enum error error = ext2_find_entry(node, "..", 2, &position, &entry); /* makes the index */
    if (error && error != ERROR_NO_ENTRY)
        return error;
    return node->index.used > 2 ? ERROR_NOT_EMPTY : OK;
}

static enum error find_position(const struct dentry *entry, uint64_t *position)
{
    struct ext2_entry_copy copy;
    return ext2_find_entry(ext2_node_of(entry->parent->inode), entry->name, entry->name_length,
                           position, &copy);
}

/* A file has lost a name; a directory all of them. */
static void lose_name(struct ext2_node *node, struct ext2_node *directory)
{
    bool is_directory = inode_is_directory(&node->inode);
    change_links(node, is_directory ? -2 : -1);
    if (is_directory)
        change_links(directory, -1);
}

/* The name goes from memory, and from its block at once or with a commit. Takes over the removal.
 */
static void remove_name(struct ext2_removal *removal, const struct dentry *entry, uint64_t position,
                        bool at_once)
{
    struct ext2_node *directory = ext2_node_of(entry->parent->inode);
    struct ext2_node *node = ext2_node_of(entry->inode);
    struct ext2_removal *replaced = ext2_find_replacement(directory, position);
    ASSERT(name_index_has(&directory->index, entry->hash, position));
    name_index_remove(&directory->index, entry->hash, position);
    inode_note_write(&directory->inode);
    ext2_mark_dirty(directory);
    if (replaced)
        ext2_replace_again(replaced, NULL);
    if (replaced || (at_once && !ext2_clear_entry(directory, position)))
        kfree(removal);
    else
        ext2_note_removal(removal, directory, position, entry->hash, node);
}

static enum error remove_locked(struct dentry *entry)
{
    struct ext2_node *directory = ext2_node_of(entry->parent->inode);
    struct ext2_node *node = ext2_node_of(entry->inode);
    uint64_t position = 0;
    enum error error = may_change(node->ext2);
    if (!error && inode_is_directory(entry->inode))
        error = check_empty(node);
    if (!error)
        error = find_position(entry, &position);
    struct ext2_removal *removal = error ? NULL : kzalloc(sizeof(*removal));
    if (!removal)
        return error ? error : ERROR_OUT_OF_FRAMES;
    remove_name(removal, entry, position, !node->is_on_disk);
    lose_name(node, directory);
    dentry_delete(entry);
    return OK;
}

static enum error remove(struct dentry *entry)
{
    struct ext2 *ext2 = ext2_node_of(entry->inode)->ext2;
    (void)dentry_forget(entry, SIZE_MAX);
    if (!list_empty(&entry->children))
        return ERROR_NOT_EMPTY;
    ext2_lock(ext2);
    enum error error = remove_locked(entry);
    ext2_unlock(ext2);
    return error;
}

/* The name leads to another file now, in its block, too: either the disk may lose the old one, or
 * it does not have it. */
static enum error replace_at_once(struct ext2_removal *removal, struct ext2_node *node,
                                  struct ext2_node *old, struct ext2_node *directory,
                                  uint64_t position)
{
    enum error error = ext2_change_entry(directory, position, node);
    if (error)
        return error;
    ext2_note_removal(removal, NULL, 0, 0, old);
    lose_name(old, directory);
    old->dies_first = ext2_may_die_first(old);
    return OK;
}

/* The name leads to another file in memory, and on the disk once that has the file. */
static enum error replace_later(struct ext2_removal *removal, struct ext2_node *node,
                                const struct dentry *replaced, uint64_t position)
{
    struct ext2_node *directory = ext2_node_of(replaced->parent->inode);
    struct ext2_node *old = ext2_node_of(replaced->inode);
    struct ext2_removal *before = ext2_find_replacement(directory, position);
    enum error error = OK;
    ASSERT(node != old);
    if (before) {
        ext2_replace_again(before, node);
        kfree(removal);
    } else {
        if (old->inode.links == 1)
            error = ext2_keep_until_replaced(old, directory);
        if (error)
            return error;
        ext2_note_replacement(removal, directory, position, replaced->hash, old, node);
    }
    lose_name(old, directory);
    inode_note_write(&directory->inode);
    ext2_mark_dirty(directory);
    return OK;
}

static bool replaces_later(const struct ext2_node *old, const struct ext2_node *directory,
                           uint64_t position)
{
    return !inode_is_directory(&old->inode) &&
           (old->is_on_disk || ext2_find_replacement(directory, position));
}

/* Gives the name of a file to another one. */
static enum error replace(struct ext2_node *node, const struct dentry *replaced)
{
    struct ext2_node *directory = ext2_node_of(replaced->parent->inode);
    struct ext2_node *old = ext2_node_of(replaced->inode);
    bool is_directory = inode_is_directory(replaced->inode);
    uint64_t position = 0;
    enum error error = is_directory ? check_empty(old) : OK;
    if (!error)
        error = find_position(replaced, &position);
    struct ext2_removal *removal = error ? NULL : kzalloc(sizeof(*removal));
    if (!removal)
        return error ? error : ERROR_OUT_OF_FRAMES;
    error = replaces_later(old, directory, position)
                ? replace_later(removal, node, replaced, position)
                : replace_at_once(removal, node, old, directory, position);
    if (error)
        kfree(removal);
    return error;
}

static enum error add_name(struct ext2_node *node, struct ext2_node *directory, const char *name,
                           size_t length)
{
    struct ext2_entry_copy copy;
    uint64_t position = 0;
    enum error error = ext2_find_entry(directory, name, length, &position, &copy);
    if (error == ERROR_NO_ENTRY)
        return add_entry(directory, name, length, node);
    return error ? error : ERROR_EXISTS;
}

/* A directory that moves has another parent. */
static enum error change_parent(struct ext2_node *node, struct ext2_node *from,
                                struct ext2_node *to)
{
    struct ext2_entry_copy copy;
    uint64_t position = 0;
    enum error error = ext2_find_entry(node, "..", 2, &position, &copy);
    if (error == ERROR_NO_ENTRY)
        error = ext2_damaged(node->ext2, "a directory has no parent");
    if (!error)
        error = ext2_change_entry(node, position, to);
    if (error)
        return error;
    node->parent = (uint32_t)to->inode.number;
    change_links(from, -1);
    change_links(to, 1);
    return OK;
}

/* All that can fail, in an order in which it can be undone. */
static enum error rename_entry(struct dentry *entry, struct dentry *directory, const char *name,
                               size_t length, struct dentry *replaced)
{
    struct ext2_node *from = ext2_node_of(entry->parent->inode);
    struct ext2_node *to = ext2_node_of(directory->inode), *node = ext2_node_of(entry->inode);
    bool moves = from != to && inode_is_directory(entry->inode);
    if (moves && to->inode.links >= EXT2_LINKS_MAX)
        return ERROR_TOO_MANY_LINKS;
    enum error error = moves ? change_parent(node, from, to) : OK;
    if (error)
        return error;
    error = replaced ? replace(node, replaced) : add_name(node, to, name, length);
    if (error && moves)
        (void)change_parent(node, to, from);
    return error;
}

/* The name of an empty directory goes with the write that gives it to another one. */
static void remove_replaced(struct ext2_removal *removal, const struct dentry *replaced,
                            uint64_t position)
{
    struct ext2_node *directory = ext2_node_of(replaced->parent->inode);
    struct ext2_node *old = ext2_node_of(replaced->inode);
    bool is_gone = ext2_clear_entry(directory, position) == OK;
    name_index_remove(&directory->index, replaced->hash, position);
    ext2_note_removal(removal, is_gone ? NULL : directory, position, replaced->hash, old);
    lose_name(old, directory);
    old->dies_first = ext2_may_die_first(old);
}

/* A directory that the disk has must have one name there, always: it gets the new one where the old
 * one stands, if there is room. *done says so; then the removal is taken over. */
static enum error rename_in_place(struct ext2_removal *removal, const struct dentry *entry,
                                  uint64_t position, const char *name, size_t length,
                                  const struct dentry *replaced, bool *done)
{
    struct ext2_node *directory = ext2_node_of(entry->parent->inode);
    struct ext2_entry_copy copy;
    uint64_t other = 0;
    enum error error = ext2_find_entry(directory, name, length, &other, &copy);
    if (!replaced)
        error = error == ERROR_NO_ENTRY ? OK : error ? error : ERROR_EXISTS;
    else if (!error)
        error = check_empty(ext2_node_of(replaced->inode));
    if (!error)
        error = ext2_rename_entry(directory, position, entry->hash, name, length,
                                  ext2_node_of(entry->inode), done);
    if (error || !*done)
        return error;
    if (replaced)
        remove_replaced(removal, replaced, other);
    else
        kfree(removal);
    return OK;
}

/* Must names that only the disk has go before a directory gets another name? */
static bool is_in_the_way(const struct dentry *entry, const struct dentry *directory,
                          const struct dentry *replaced)
{
    return inode_is_directory(entry->inode) &&
           (ext2_node_of(directory->inode)->removals_below ||
            (replaced && ext2_node_of(replaced->inode)->removals_below));
}

static enum error rename_locked(struct dentry *entry, struct dentry *directory, const char *name,
                                size_t length, struct dentry *replaced)
{
    struct ext2_node *node = ext2_node_of(entry->inode);
    uint64_t position = 0;
    bool done = false;
    enum error error = may_change(node->ext2);
    if (!error && is_in_the_way(entry, directory, replaced))
        error = node->ext2->kinds->make_room(node->ext2);
    if (!error)
        error = find_position(entry, &position);
    struct ext2_removal *removal = error ? NULL : kzalloc(sizeof(*removal));
    if (!removal)
        return error ? error : ERROR_OUT_OF_FRAMES;
    if (inode_is_directory(entry->inode) && entry->parent == directory)
        error = rename_in_place(removal, entry, position, name, length, replaced, &done);
    if (!error && !done)
        error = rename_entry(entry, directory, name, length, replaced);
    if (error) {
        kfree(removal);
        return error;
    }
    if (!done) /* a file that the disk does not have needs a name there if it replaces another */
        remove_name(removal, entry, position, !node->is_on_disk && !replaced);
    inode_note_change(&node->inode);
    ext2_mark_dirty(node);
    return OK;
}

static enum error rename(struct dentry *entry, struct dentry *directory, const char *name,
                         size_t length, struct dentry *replaced)
{
    struct ext2 *ext2 = ext2_node_of(entry->inode)->ext2;
    if (replaced)
        (void)dentry_forget(replaced, SIZE_MAX);
    if (replaced && !list_empty(&replaced->children))
        return ERROR_NOT_EMPTY;
    ext2_lock(ext2);
    enum error error = rename_locked(entry, directory, name, length, replaced);
    if (!error && replaced)
        dentry_delete(replaced);
    if (!error)
        dentry_move_or_forget(entry, directory, name, length);
    ext2_unlock(ext2);
    return error;
}

const struct inode_operations ext2_directory_operations = {
    .lookup = ext2_lookup,
    .create = create,
    .symlink = symlink,
    .link = link,
    .remove = remove,
    .rename = rename,
    .set = ext2_set,
};
