/*
 * Mounts that move, change, and leave the tree.
 */
#include <assert.h>
#include <fs/mount_tree.h>
#include <kernel/task/thread.h>

static bool is_root_of_mount(const struct path *path)
{
    return path->mount && path->dentry == path->mount->root;
}

enum error mount_move(const struct path *from, const struct path *point)
{
    struct mount *mount = from->mount;
    if (!is_root_of_mount(from) || !mount->parent)
        return ERROR_INVALID;
    enum error error = mount_check_point(mount->root, point);
    if (error)
        return error;
    if (mount_is_below(point->mount, mount))
        return ERROR_LOOP;
    mount_detach(mount);
    mount_attach(mount, point);
    return OK;
}

/* Is no file open for writing through the mount `only`, or through any mount of the file system?
 * ERROR_BUSY. */
static enum error check_writers(const struct filesystem *filesystem, const struct mount *only)
{
    list_for_each(node, &mounts) {
        const struct mount *mount = CONTAINER_OF(node, struct mount, node);
        bool counts = only ? mount == only : mount->filesystem == filesystem;
        if (counts && mount->writers > 0)
            return ERROR_BUSY;
    }
    return OK;
}

enum error mount_set_flags(const struct path *root, unsigned flags)
{
    struct mount *mount = root->mount;
    if (!is_root_of_mount(root) || !mount_is_in_tree(mount))
        return ERROR_INVALID;
    if (flags & ~mount->flags & MOUNT_READ_ONLY) {
        enum error error = check_writers(mount->filesystem, mount);
        if (error)
            return error;
    }
    mount->flags = flags;
    return OK;
}

enum error mount_change(const struct path *root, unsigned flags,
                        const struct mount_arguments *arguments)
{
    struct mount *mount = root->mount;
    enum error error = OK;
    if (!is_root_of_mount(root) || !mount_is_in_tree(mount))
        return ERROR_INVALID;
    struct filesystem *filesystem = mount->filesystem;
    if (arguments->is_read_only && !filesystem->is_read_only)
        error = check_writers(filesystem, NULL);
    if (!error && filesystem->type->remount)
        error = filesystem->type->remount(filesystem, arguments);
    if (error)
        return error;
    filesystem->is_read_only = arguments->is_read_only;
    mount->flags = flags;
    return OK;
}

/* Does anybody use the mount besides the tree and the caller, who has one reference? */
static bool is_in_use(const struct mount *mount)
{
    enum { TREE_AND_CALLER = 2 };
    return !list_empty(&mount->children) || mount->references > TREE_AND_CALLER ||
           (mount->filesystem->mounts == 1 && filesystem_is_mapped(mount->filesystem));
}

/* With its last mount, a file system has to write what is newer than its disk. */
static enum error settle(const struct mount *mount)
{
    struct filesystem *filesystem = mount->filesystem;
    bool is_last = filesystem->mounts == 1 && filesystem->type->settle;
    return is_last ? filesystem->type->settle(filesystem) : OK;
}

/* A sync uses the mount and files of the file system, but only for a while: it is waited for, not
 * called a user. */
static enum error settle_alone(struct mount *mount)
{
    enum { PASSES = 8 };
    enum error error = OK;
    for (unsigned i = 0; i < PASSES; i++) {
        while (mount->visits > 0)
            thread_wait(&mount->visited);
        error = settle(mount);
        if (mount->visits == 0)
            break;
    }
    return error;
}

enum error mount_remove(const struct path *root, bool lazy)
{
    struct mount *mount = root->mount;
    if (!is_root_of_mount(root) || !mount_is_in_tree(mount))
        return ERROR_INVALID;
    if (mount == mount_root_of_all)
        return lazy ? ERROR_INVALID : ERROR_BUSY;
    enum error error = lazy ? OK : settle_alone(mount);
    if (error)
        return error;
    if (!mount_is_in_tree(mount)) /* any more, since that may have waited */
        return ERROR_INVALID;
    if (!lazy && is_in_use(mount))
        return ERROR_BUSY;
    mount_detach_tree(mount);
    return OK;
}

enum error mount_pivot(const struct path *old_root, const struct path *new_root,
                       const struct path *put_old)
{
    struct mount *old = old_root->mount, *new = new_root->mount;
    if (!mount_is_in_tree(old) || !mount_is_in_tree(new) || !mount_is_in_tree(put_old->mount))
        return ERROR_INVALID;
    if (new == old || put_old->mount == old)
        return ERROR_BUSY;
    if (!is_root_of_mount(old_root) || !old->parent || !is_root_of_mount(new_root) ||
        !path_is_below(put_old, new_root) || !path_is_below(new_root, old_root))
        return ERROR_INVALID;
    struct path place = {old->parent, old->point};
    path_reference(&place);
    mount_detach(new);
    mount_detach(old);
    mount_attach(old, put_old);
    mount_attach(new, &place);
    path_release(&place);
    return OK;
}
