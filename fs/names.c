/*
 * What makes, removes and changes names. The order of the checks is Linux's (fs/namei.c there).
 */
#include <assert.h>
#include <fs/mount.h>
#include <fs/notify.h>
#include <fs/path.h>
#include <fs/walk.h>
#include <lib/format.h>
#include <lib/string.h>

/* --- Checks ----------------------------------------------------------------------------------- */

/* May the user add names to the directory, or take some away? */
static enum error check_change(const struct fs_context *context, const struct dentry *directory)
{
    return inode_check_access(context, directory->inode, MAY_WRITE | MAY_EXECUTE);
}

/* May the user take this name away? From a sticky directory only the owner of one of both may. */
static enum error check_removal(const struct fs_context *context, const struct dentry *entry)
{
    const struct inode *directory = entry->parent->inode;
    enum error error = check_change(context, entry->parent);
    if (error)
        return error;
    bool sticky = directory->mode & S_ISVTX;
    bool may =
        !sticky || fs_context_owns(context, directory) || fs_context_owns(context, entry->inode);
    return may ? OK : ERROR_NOT_PERMITTED;
}

/* --- Making ----------------------------------------------------------------------------------- */

/* Makes a dentry without a file for the last component, which does not exist. */
static enum error new_entry(const struct walk *walk, struct dentry **entry)
{
    if (walk->directory->is_deleted)
        return ERROR_NO_ENTRY;
    enum error error = mount_check_writable(walk->mount, walk->directory->inode);
    if (!error)
        error = check_change(walk->context, walk->directory);
    if (error)
        return error;
    if (!walk->directory->inode->operations->create)
        return ERROR_NOT_PERMITTED;
    *entry = dentry_create(walk->directory, walk->name, walk->length, NULL);
    return *entry ? OK : ERROR_OUT_OF_FRAMES;
}

/* Walks to a name that is to be made. */
static enum error walk_to_new(struct walk *walk, bool is_directory, struct dentry **entry)
{
    struct dentry *found;
    enum error error = walk_to_last(walk);
    if (error)
        return error;
    if (walk->kind != COMPONENT_NAME)
        return ERROR_EXISTS;
    walk_lock(walk);
    error = walk_look_up(walk, &found);
    if (!error) {
        dentry_release(found);
        return ERROR_EXISTS;
    }
    if (error != ERROR_NO_ENTRY)
        return error;
    if (walk->slash_after && !is_directory)
        return ERROR_NO_ENTRY;
    return new_entry(walk, entry);
}

/* The owner of a new file: the user, and the user's group or that of a directory with S_ISGID,
 * which new directories have, too. */
static void set_owner(const struct fs_context *context, const struct dentry *entry)
{
    struct inode *inode = entry->inode;
    const struct inode *directory = entry->parent->inode;
    inode->uid = context->uid;
    inode->gid = context->gid;
    if (!(directory->mode & S_ISGID))
        return;
    inode->gid = directory->gid;
    if (inode_is_directory(inode))
        inode->mode |= S_ISGID;
}

static enum error create(const struct walk *walk, struct dentry *entry, uint32_t mode,
                         uint32_t rdev)
{
    uint32_t permissions = mode & MODE_PERMISSIONS & ~walk->context->umask;
    enum error error =
        entry->parent->inode->operations->create(entry, (mode & S_IFMT) | permissions, rdev);
    if (!error) {
        set_owner(walk->context, entry);
        notify_name(entry, NOTIFY_CREATE);
    }
    return error;
}

enum error walk_create(const struct walk *walk, uint32_t mode, struct dentry **made)
{
    enum error error = new_entry(walk, made);
    if (error)
        return error;
    error = create(walk, *made, mode, 0);
    if (error)
        dentry_release(*made);
    return error;
}

enum error path_make(struct fs_context *context, const struct path *start, const char *name,
                     uint32_t mode, uint32_t rdev)
{
    struct walk walk;
    struct dentry *entry = NULL;
    enum error error = walk_begin(&walk, context, start, name);
    if (!error)
        error = walk_to_new(&walk, (mode & S_IFMT) == S_IFDIR, &entry);
    if (!error) {
        error = create(&walk, entry, mode, rdev);
        dentry_release(entry);
    }
    walk_end(&walk);
    return error;
}

/* A file without a name is in its directory like one whose name was deleted. */
static enum error name_unnamed(const struct path *directory, struct inode *inode,
                               struct dentry **named)
{
    char name[24];
    int length = snprintf(name, sizeof(name), "#%lu", inode->number);
    *named = dentry_create(directory->dentry, name, (size_t)length, inode);
    if (!*named)
        return ERROR_OUT_OF_FRAMES;
    (*named)->is_deleted = true;
    return OK;
}

enum error path_make_unnamed(const struct fs_context *context, const struct path *directory,
                             uint32_t mode, bool may_get_name, struct dentry **made)
{
    struct inode *parent = directory->dentry->inode, *inode;
    if (!inode_is_directory(parent))
        return ERROR_NOT_DIRECTORY;
    enum error error = mount_check_writable(directory->mount, parent);
    if (!error)
        error = check_change(context, directory->dentry);
    if (error)
        return error;
    if (!parent->operations->create_unnamed)
        return ERROR_UNSUPPORTED;
    uint32_t permissions = mode & MODE_PERMISSIONS & ~context->umask;
    error = parent->operations->create_unnamed(parent, S_IFREG | permissions, &inode);
    if (error)
        return error;
    inode->may_get_name = may_get_name;
    error = name_unnamed(directory, inode, made);
    if (error)
        inode_release(inode);
    else
        set_owner(context, *made);
    return error;
}

enum error path_symlink(struct fs_context *context, const struct path *start, const char *name,
                        const char *target)
{
    struct walk walk;
    struct dentry *entry = NULL;
    if (!*target)
        return ERROR_NO_ENTRY;
    enum error error = walk_begin(&walk, context, start, name);
    if (!error)
        error = walk_to_new(&walk, false, &entry);
    if (!error) {
        const struct inode_operations *operations = entry->parent->inode->operations;
        error = operations->symlink ? operations->symlink(entry, target, strlen(target))
                                    : ERROR_NOT_PERMITTED;
        if (!error) {
            set_owner(context, entry);
            notify_name(entry, NOTIFY_CREATE);
        }
        dentry_release(entry);
    }
    walk_end(&walk);
    return error;
}

static enum error link_entry(const struct walk *walk, struct dentry *entry, const struct path *file)
{
    struct inode *inode = file->dentry->inode;
    if (walk->mount != file->mount)
        return ERROR_CROSS_DEVICE;
    if (inode_is_directory(inode))
        return ERROR_NOT_PERMITTED;
    if (inode->links == 0 && !inode->may_get_name) /* it was deleted, and must not come back */
        return ERROR_NO_ENTRY;
    const struct inode_operations *operations = entry->parent->inode->operations;
    enum error error = operations->link ? operations->link(entry, inode) : ERROR_NOT_PERMITTED;
    if (!error) {
        inode->may_get_name = false; /* once only: should it be deleted, it is gone */
        notify_inode(inode, NOTIFY_ATTRIBUTES);
        notify_name(entry, NOTIFY_CREATE);
    }
    return error;
}

enum error path_link(struct fs_context *context, const struct path *file, const struct path *start,
                     const char *name)
{
    struct walk walk;
    struct dentry *entry = NULL;
    enum error error = walk_begin(&walk, context, start, name);
    if (!error)
        error = walk_to_new(&walk, false, &entry);
    if (!error) {
        error = link_entry(&walk, entry, file);
        dentry_release(entry);
    }
    walk_end(&walk);
    return error;
}

/* --- Removing --------------------------------------------------------------------------------- */

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

/* Both names are looked up: `replaced` is NULL where there is no such name. What the names alone
 * say. */
static enum error check_names(const struct walk *from, const struct walk *to,
                              const struct dentry *entry, const struct dentry *replaced)
{
    if (!inode_is_directory(entry->inode) && (from->slash_after || to->slash_after))
        return ERROR_NOT_DIRECTORY;
    if (dentry_is_below(to->directory, entry))
        return ERROR_INVALID;
    return replaced && dentry_is_below(from->directory, replaced) ? ERROR_NOT_EMPTY : OK;
}

/* A directory that gets another parent is changed itself: it has an entry for that. */
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
                         : check_change(to->context, to->directory);
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
    enum error error = walk_look_up(to, &replaced);
    if (error && error != ERROR_NO_ENTRY)
        return error;
    if (error && (flags & RENAME_EXCHANGE || to->directory->is_deleted))
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
