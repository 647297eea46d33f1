/*
 * Removing and renaming. The order of the checks is Linux's (fs/namei.c there).
 */
#include <assert.h>
#include <fs/mount.h>
#include <fs/notify.h>
#include <fs/path.h>
#include <fs/walk.h>
#include <lib/string.h>

/* --- Removing --------------------------------------------------------------------------------- */

/* May the user remove this name? In a sticky directory only the owner of the directory or of the
 * file may. */
static enum error check_removal(const struct fs_context *context, const struct dentry *entry)
{
    const struct inode *directory = entry->parent->inode;
    enum error error = directory_check_change(context, entry->parent);
    if (error)
        return error;
    bool sticky = directory->mode & S_ISVTX;
    bool may =
        !sticky || fs_context_owns(context, directory) || fs_context_owns(context, entry->inode);
    return may ? OK : ERROR_NOT_PERMITTED;
}

/* The error for names that have no entry of their own: /, . and .. */
static enum error refuse_to_remove(enum component kind, bool directory)
{
    if (!directory)
        return ERROR_IS_DIRECTORY;
    if (kind == COMPONENT_DOT)
        return ERROR_INVALID;
    return kind == COMPONENT_DOT_DOT ? ERROR_NOT_EMPTY : ERROR_BUSY;
}

static enum error remove_entry(const struct walk *walk, struct dentry *entry, bool directory)
{
    bool is_directory = inode_is_directory(entry->inode);
    if (!directory && walk->slash_after)
        return is_directory ? ERROR_IS_DIRECTORY : ERROR_NOT_DIRECTORY;
    enum error error = check_removal(walk->context, entry);
    if (error)
        return error;
    if (directory && !is_directory)
        return ERROR_NOT_DIRECTORY;
    if (!directory && is_directory)
        return ERROR_IS_DIRECTORY;
    if (entry->mounts > 0)
        return ERROR_BUSY;
    const struct inode_operations *operations = entry->parent->inode->operations;
    if (!entry->is_kept || !operations->remove)
        return ERROR_NOT_PERMITTED;
    error = operations->remove(entry);
    if (error)
        return error;
    if (!is_directory)
        notify_inode(entry->inode, NOTIFY_ATTRIBUTES);
    notify_name(entry, NOTIFY_DELETE);
    return OK;
}

static enum error remove_last(struct walk *walk, bool directory)
{
    struct dentry *entry = NULL;
    enum error error = walk_to_last(walk);
    if (error)
        return error;
    if (walk->kind != COMPONENT_NAME)
        return refuse_to_remove(walk->kind, directory);
    error = mount_check_writable(walk->mount, walk->directory->inode);
    if (!error) {
        walk_lock(walk);
        error = walk_look_up(walk, &entry);
    }
    if (error)
        return error;
    error = remove_entry(walk, entry, directory);
    dentry_release(entry);
    return error;
}

enum error path_remove(struct fs_context *context, const struct path *start, const char *name,
                       bool directory)
{
    struct walk walk;
    enum error error = walk_begin(&walk, context, start, name);
    if (!error)
        error = remove_last(&walk, directory);
    walk_end(&walk);
    return error;
}

/* --- Renaming --------------------------------------------------------------------------------- */

/* The checks that need the names alone. Both are looked up: `replaced` is NULL where the new name
 * does not exist. */
static enum error check_names(const struct walk *from, const struct walk *to,
                              const struct dentry *entry, const struct dentry *replaced)
{
    if (!inode_is_directory(entry->inode) && (from->slash_after || to->slash_after))
        return ERROR_NOT_DIRECTORY;
    if (dentry_is_below(to->directory, entry))
        return ERROR_INVALID;
    return replaced && dentry_is_below(from->directory, replaced) ? ERROR_NOT_EMPTY : OK;
}

/* A directory that gets another parent is written to: its entry .. changes. */
static enum error check_new_parent(const struct fs_context *context, const struct walk *from,
                                   const struct walk *to, const struct dentry *entry)
{
    bool changes = inode_is_directory(entry->inode) && from->directory != to->directory;
    return changes ? inode_check_access(context, entry->inode, MAY_WRITE) : OK;
}

static enum error check_rename(const struct walk *from, const struct walk *to,
                               const struct dentry *entry, const struct dentry *replaced)
{
    bool is_directory = inode_is_directory(entry->inode);
    enum error error = check_removal(from->context, entry);
    if (!error)
        error = replaced ? check_removal(to->context, replaced)
                         : directory_check_change(to->context, to->directory);
    if (error)
        return error;
    if (!replaced)
        return OK;
    if (is_directory && !inode_is_directory(replaced->inode))
        return ERROR_NOT_DIRECTORY;
    return !is_directory && inode_is_directory(replaced->inode) ? ERROR_IS_DIRECTORY : OK;
}

static enum error rename_entry(const struct walk *from, const struct walk *to, struct dentry *entry,
                               struct dentry *replaced)
{
    ASSERT(entry->parent == from->directory);
    ASSERT(!replaced || replaced->parent == to->directory);
    enum error error = check_names(from, to, entry, replaced);
    if (error)
        return error;
    if (replaced && replaced->inode == entry->inode)
        return OK; /* two names of one file: both stay */
    error = check_rename(from, to, entry, replaced);
    if (!error)
        error = check_new_parent(from->context, from, to, entry);
    if (error)
        return error;
    if (entry->mounts > 0 || (replaced && replaced->mounts > 0))
        return ERROR_BUSY;
    const struct inode_operations *operations = entry->parent->inode->operations;
    if (!entry->is_kept || (replaced && !replaced->is_kept) || !operations->rename)
        return ERROR_NOT_PERMITTED;
    error = operations->rename(entry, to->directory, to->name, to->length, replaced);
    if (!error)
        notify_move(entry, from->directory->inode, from->name, from->length,
                    replaced ? replaced->inode : NULL);
    return error;
}

/* Files of any types can be exchanged, but not one with what lies below it. */
static enum error check_exchange(const struct walk *from, const struct walk *to,
                                 const struct dentry *entry, const struct dentry *other)
{
    if ((!inode_is_directory(entry->inode) && from->slash_after) ||
        (!inode_is_directory(other->inode) && to->slash_after))
        return ERROR_NOT_DIRECTORY;
    if (dentry_is_below(to->directory, entry) || dentry_is_below(from->directory, other))
        return ERROR_INVALID;
    if (entry->inode == other->inode)
        return OK;
    enum error error = check_removal(from->context, entry);
    if (!error)
        error = check_removal(to->context, other);
    if (!error)
        error = check_new_parent(from->context, from, to, entry);
    if (!error)
        error = check_new_parent(from->context, from, to, other);
    if (error)
        return error;
    if (entry->mounts > 0 || other->mounts > 0)
        return ERROR_BUSY;
    if (!entry->is_kept || !other->is_kept)
        return ERROR_NOT_PERMITTED;
    return entry->parent->inode->operations->exchange ? OK : ERROR_INVALID;
}

static enum error exchange_entries(const struct walk *from, const struct walk *to,
                                   struct dentry *entry, struct dentry *other)
{
    enum error error = check_exchange(from, to, entry, other);
    if (error || entry->inode == other->inode)
        return error;
    entry->parent->inode->operations->exchange(entry, other);
    notify_move(entry, from->directory->inode, from->name, from->length, NULL);
    notify_move(other, to->directory->inode, to->name, to->length, NULL);
    return OK;
}

static enum error rename_to(const struct walk *from, const struct walk *to, struct dentry *entry,
                            unsigned flags)
{
    struct dentry *replaced = NULL;
    ASSERT(from->directory->inode->filesystem == to->directory->inode->filesystem);
    enum error error = walk_look_up(to, &replaced);
    if (error && error != ERROR_NO_ENTRY)
        return error;
    const struct filesystem *filesystem = to->directory->inode->filesystem;
    bool is_fixed = to->directory->is_deleted || filesystem->type->has_fixed_names;
    if (error && (flags & RENAME_EXCHANGE || is_fixed))
        return error;
    if (error)
        return rename_entry(from, to, entry, NULL);
    if (flags & RENAME_EXCHANGE)
        error = exchange_entries(from, to, entry, replaced);
    else
        error = flags & RENAME_NOREPLACE ? ERROR_EXISTS : rename_entry(from, to, entry, replaced);
    dentry_release(replaced);
    return error;
}

static enum error rename_last(struct walk *from, struct walk *to, unsigned flags)
{
    struct dentry *entry = NULL;
    enum error error = walk_to_last(from);
    if (!error)
        error = walk_to_last(to);
    if (error)
        return error;
    if (from->mount != to->mount)
        return ERROR_CROSS_DEVICE;
    if (from->kind != COMPONENT_NAME)
        return ERROR_BUSY;
    if (to->kind != COMPONENT_NAME)
        return flags & RENAME_NOREPLACE ? ERROR_EXISTS : ERROR_BUSY;
    error = mount_check_writable(from->mount, from->directory->inode);
    if (!error) {
        walk_lock(from);
        error = walk_look_up(from, &entry);
    }
    if (error)
        return error;
    error = rename_to(from, to, entry, flags);
    dentry_release(entry);
    return error;
}

enum error path_rename(struct fs_context *context, const struct path *from_start, const char *from,
                       const struct path *to_start, const char *to, unsigned flags)
{
    struct walk from_walk, to_walk;
    enum error error = walk_begin(&from_walk, context, from_start, from);
    enum error to_error = walk_begin(&to_walk, context, to_start, to);
    if (!error)
        error = to_error;
    if (!error)
        error = rename_last(&from_walk, &to_walk, flags);
    walk_end(&from_walk);
    walk_end(&to_walk);
    return error;
}
