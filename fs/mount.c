/*
 * Making mounts: of new file systems, and of places that another mount shows already (bind mounts).
 * mount_tree.c has the tree in which they are.
 */
#include <assert.h>
#include <drivers/block/block.h>
#include <fs/device.h>
#include <fs/mount_tree.h>
#include <lib/string.h>
#include <mm/heap.h>

/* A mount that shows `root` of a file system. It is in no tree yet; its one reference is for the
 * tree. */
static struct mount *make(struct filesystem *filesystem, struct dentry *root, const char *source)
{
    static unsigned last_id;
    struct mount *mount = kzalloc(sizeof(*mount));
    if (!mount)
        return NULL;
    mount->references = 1;
    mount->filesystem = filesystem;
    filesystem->mounts++;
    mount->root = root;
    dentry_reference(root);
    mount->id = ++last_id;
    wait_queue_init(&mount->visited);
    list_init(&mount->children);
    list_node_init(&mount->node);
    list_node_init(&mount->sibling);
    string_copy(mount->source, source, sizeof(mount->source));
    return mount;
}

enum error mount_check_writable(const struct mount *mount, const struct inode *inode)
{
    uint32_t type = inode_type(inode);
    bool is_fixed = type == S_IFREG || type == S_IFDIR || type == S_IFLNK;
    bool is_read_only = mount && mount->flags & MOUNT_READ_ONLY;
    return is_fixed && (is_read_only || inode->filesystem->is_read_only) ? ERROR_READ_ONLY : OK;
}

/* --- New ones --------------------------------------------------------------------------------- */

enum error mount_root(struct filesystem_type *type)
{
    struct filesystem *filesystem;
    ASSERT(!mount_root_of_all);
    enum error error = type->mount(&(struct mount_arguments){0}, &filesystem);
    if (error)
        return error;
    mount_root_of_all = make(filesystem, filesystem->root, "rootfs");
    if (!mount_root_of_all)
        return ERROR_OUT_OF_FRAMES; /* there is no kernel without it */
    ASSERT(inode_is_directory(filesystem->root->inode));
    list_push_back(&mounts, &mount_root_of_all->node);
    return OK;
}

/* The file system on that disk, if it is mounted already: the disk has one writer. */
static struct filesystem *find_on_disk(const struct filesystem_type *type,
                                       const struct block_device *disk)
{
    list_for_each(node, &mounts) {
        struct filesystem *filesystem = CONTAINER_OF(node, struct mount, node)->filesystem;
        if (disk && filesystem->disk == disk && filesystem->type == type)
            return filesystem;
    }
    return NULL;
}

static enum error get_filesystem(struct filesystem_type *type,
                                 const struct mount_arguments *arguments,
                                 struct filesystem **filesystem)
{
    *filesystem = find_on_disk(type, arguments->device);
    if (*filesystem)
        return (*filesystem)->is_read_only == arguments->is_read_only ? OK : ERROR_BUSY;
    enum error error = type->mount(arguments, filesystem);
    if (error || (*filesystem)->mounts > 0)
        return error;
    (*filesystem)->disk = arguments->device;
    if (arguments->device)
        (*filesystem)->device = DEVICE_NUMBER(arguments->device->major, arguments->device->minor);
    (*filesystem)->is_read_only |= arguments->is_read_only;
    return OK;
}

/* Ends a file system that was made, but not mounted after all. */
static void give_back(struct filesystem *filesystem)
{
    filesystem->mounts++; /* as if it had been mounted */
    filesystem_release(filesystem);
}

enum error mount_add(struct filesystem_type *type, const char *source, const struct path *point,
                     unsigned flags, const struct mount_arguments *arguments)
{
    struct filesystem *filesystem;
    if (!inode_is_directory(point->dentry->inode))
        return ERROR_NOT_DIRECTORY;
    bool is_root = point->mount && point->dentry == point->mount->root;
    if (is_root && type->is_single && point->mount->filesystem->type == type)
        return ERROR_BUSY;
    enum error error = get_filesystem(type, arguments, &filesystem);
    if (error)
        return error;
    error =
        mount_check_point(filesystem->root, point); /* now, since the file system may have waited */
    if (!error && is_root && point->mount->filesystem == filesystem)
        error = ERROR_BUSY;
    struct mount *mount = error ? NULL : make(filesystem, filesystem->root, source);
    if (!mount) {
        give_back(filesystem);
        return error ? error : ERROR_OUT_OF_FRAMES;
    }
    mount->flags = flags;
    mount_attach(mount, point);
    return OK;
}

/* --- Bind mounts ------------------------------------------------------------------------------ */

static struct mount *copy(const struct mount *mount, struct dentry *root)
{
    struct mount *made = make(mount->filesystem, root, mount->source);
    if (made)
        made->flags = mount->flags;
    return made;
}

/* Copies what is mounted below `from`, at or below the name `top` there, to its copy. */
static enum error copy_mounts_below(struct mount *from, const struct dentry *top)
{
    for (struct mount *mount = from; (mount = mount_next(from, mount));) {
        const struct path point = {mount->parent->copy, mount->point};
        mount->copy = NULL;
        if (!point.mount || (mount->parent == from && !dentry_is_below(point.dentry, top)))
            continue;
        mount->copy = copy(mount, mount->root);
        if (!mount->copy)
            return ERROR_OUT_OF_FRAMES;
        mount_attach(mount->copy, &point);
    }
    return OK;
}

enum error mount_bind(const struct path *from, const struct path *point, bool recursive)
{
    enum error error = mount_check_point(from->dentry, point);
    if (!error && !mount_is_in_tree(from->mount))
        error = ERROR_INVALID;
    if (error)
        return error;
    struct mount *made = copy(from->mount, from->dentry);
    if (!made)
        return ERROR_OUT_OF_FRAMES;
    from->mount->copy = made;
    if (recursive)
        error = copy_mounts_below(from->mount, from->dentry);
    if (!error) {
        mount_attach(made, point);
        return OK;
    }
    for (struct mount *child; (child = mount_first_child(made));)
        mount_detach_tree(child);
    mount_release(made);
    return error;
}
