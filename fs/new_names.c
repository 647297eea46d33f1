/*
 * Making names: of new files, and more names of a file. The order of the checks is Linux's
 * (fs/namei.c there).
 */
#include <assert.h>
#include <fs/mount.h>
#include <fs/notify.h>
#include <fs/path.h>
#include <fs/walk.h>
#include <lib/format.h>
#include <lib/string.h>

/* Makes a dentry without a file for the last component, which does not exist. */
static enum error new_entry(const struct walk *walk, struct dentry **entry)
{
    const struct filesystem *filesystem = walk->directory->inode->filesystem;
    if (walk->directory->is_deleted || filesystem->type->has_fixed_names)
        return ERROR_NO_ENTRY;
    enum error error = mount_check_writable(walk->mount, walk->directory->inode);
    if (!error)
        error = directory_check_change(walk->context, walk->directory);
    if (error)
        return error;
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

/* The permissions of a new file: `mode` less the umask. In a directory with S_ISGID a file gets the
 * directory's group: only members of that group make programs there that run for it. */
static uint32_t new_permissions(const struct fs_context *context, const struct inode *directory,
                                uint32_t mode)
{
    enum { RUNS_AS_GROUP = S_ISGID | 010 }; /* without the other bit it means something else */
    uint32_t permissions = mode & MODE_PERMISSIONS;
    bool runs = (mode & RUNS_AS_GROUP) == RUNS_AS_GROUP && (mode & S_IFMT) != S_IFDIR;
    if (runs && directory->mode & S_ISGID && !fs_context_is_privileged(context) &&
        !fs_context_is_in_group(context, directory->gid))
        permissions &= ~(uint32_t)S_ISGID;
    return permissions & ~context->umask;
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
    const struct inode *directory = entry->parent->inode;
    uint32_t permissions = new_permissions(walk->context, directory, mode);
    ASSERT(!entry->inode);
    if (!directory->operations->create)
        return (mode & S_IFMT) == S_IFREG ? ERROR_ACCESS : ERROR_NOT_PERMITTED;
    enum error error = directory->operations->create(entry, (mode & S_IFMT) | permissions, rdev);
    ASSERT(error ? !entry->inode : entry->is_kept);
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

enum error path_make_and_find(struct fs_context *context, const struct path *start,
                              const char *name, uint32_t mode, uint32_t rdev, struct dentry **made)
{
    struct walk walk;
    struct dentry *entry = NULL;
    enum error error = walk_begin(&walk, context, start, name);
    if (!error)
        error = walk_to_new(&walk, (mode & S_IFMT) == S_IFDIR, &entry);
    if (!error) {
        error = create(&walk, entry, mode, rdev);
        if (error)
            dentry_release(entry);
        else
            *made = entry;
    }
    walk_end(&walk);
    return error;
}

enum error path_make(struct fs_context *context, const struct path *start, const char *name,
                     uint32_t mode, uint32_t rdev)
{
    struct dentry *made;
    enum error error = path_make_and_find(context, start, name, mode, rdev, &made);
    if (!error)
        dentry_release(made);
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
        error = directory_check_change(context, directory->dentry);
    if (error)
        return error;
    if (!parent->operations->create_unnamed)
        return ERROR_UNSUPPORTED;
    uint32_t permissions = new_permissions(context, parent, mode);
    error = parent->operations->create_unnamed(parent, S_IFREG | permissions, &inode);
    if (error)
        return error;
    ASSERT(inode->links == 0);
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
