/*
 * The tree of mounts. A mount that is in it has one reference for that, and a parent unless it is
 * the root of all. Its parent needs no reference: a mount leaves the tree together with all that is
 * mounted below it, so whoever is in the tree has parents that are.
 *
 * Which mount covers a name is found in the parent's list of children: a name with mounts is rare,
 * and a mount with many children, too.
 */
#include <assert.h>
#include <drivers/block/block.h>
#include <fs/device.h>
#include <fs/mount.h>
#include <kernel/log/log.h>
#include <kernel/task/thread.h>
#include <lib/string.h>
#include <mm/heap.h>

struct list mounts = LIST_INIT(mounts);
static struct mount *root_of_all;

/* --- Single mounts ---------------------------------------------------------------------------- */

/* One that shows `root` of a file system, in no tree yet, with one reference for that. */
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

void mount_free(struct mount *mount)
{
    ASSERT(!mount->point);
    ASSERT(list_empty(&mount->children));
    struct filesystem *filesystem = mount->filesystem;
    dentry_release(mount->root);
    kfree(mount);
    filesystem_release(filesystem);
}

/* A walk finds the names under which something is mounted, also in file systems that make a new
 * dentry at each lookup. */
static void keep_point(struct dentry *point)
{
    if (!point->is_kept && point->parent != point && !point->is_deleted)
        dentry_keep(point);
}

/* Puts the mount, whose reference the tree takes over, over a name. */
static void attach(struct mount *mount, const struct path *point)
{
    keep_point(point->dentry);
    mount->parent = point->mount;
    mount->point = point->dentry;
    dentry_reference(mount->point);
    mount->point->mounts++;
    list_push_back(&point->mount->children, &mount->sibling);
    list_push_back(&mounts, &mount->node);
}

/* Ends that; the tree's reference is the caller's then. */
static void detach(struct mount *mount)
{
    ASSERT(mount->point->mounts > 0);
    list_remove(&mount->node);
    list_remove(&mount->sibling);
    mount->point->mounts--;
    dentry_release(mount->point);
    mount->parent = NULL;
    mount->point = NULL;
}

static bool is_in_tree(const struct mount *mount)
{
    return mount && (mount->parent || mount == root_of_all);
}

static struct mount *first_child(const struct mount *mount)
{
    struct list_node *node = list_first(&mount->children);
    return node ? CONTAINER_OF(node, struct mount, sibling) : NULL;
}

/* Is the mount at or below the other one in the tree? */
static bool is_below(const struct mount *mount, const struct mount *ancestor)
{
    while (mount && mount != ancestor)
        mount = mount->parent;
    return mount;
}

/* The mount over a place; NULL: there is none. */
static struct mount *find_over(const struct path *place)
{
    if (place->dentry->mounts == 0 || !place->mount)
        return NULL;
    list_for_each(node, &place->mount->children) {
        struct mount *mount = CONTAINER_OF(node, struct mount, sibling);
        if (mount->point == place->dentry)
            return mount;
    }
    return NULL;
}

void path_enter_mounts(struct path *path)
{
    for (struct mount *over; (over = find_over(path));) {
        struct path inner = {over, over->root};
        path_reference(&inner);
        path_release(path);
        *path = inner;
    }
}

struct path mount_root_path(void)
{
    return (struct path){root_of_all, root_of_all ? root_of_all->root : NULL};
}

struct mount *mount_showing(const struct dentry *dentry)
{
    list_for_each(node, &mounts) {
        struct mount *mount = CONTAINER_OF(node, struct mount, node);
        if (dentry_is_below(dentry, mount->root))
            return mount;
    }
    return NULL;
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
    ASSERT(!root_of_all);
    enum error error = type->mount(&(struct mount_arguments){0}, &filesystem);
    if (error)
        return error;
    root_of_all = make(filesystem, filesystem->root, "rootfs");
    if (!root_of_all)
        return ERROR_OUT_OF_FRAMES; /* there is no kernel without it */
    list_push_back(&mounts, &root_of_all->node);
    return OK;
}

/* What goes over a directory is one, and what goes over a file is none. */
static enum error check_point(const struct dentry *root, const struct path *point)
{
    if (inode_is_directory(root->inode) != inode_is_directory(point->dentry->inode))
        return ERROR_NOT_DIRECTORY;
    if (point->dentry->is_deleted)
        return ERROR_NO_ENTRY;
    return is_in_tree(point->mount) ? OK : ERROR_INVALID;
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

/* One that will not be mounted. */
static void give_back(struct filesystem *filesystem)
{
    filesystem->mounts++; /* as if it had been */
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
    error = check_point(filesystem->root, point); /* now, since the file system may have waited */
    if (!error && is_root && point->mount->filesystem == filesystem)
        error = ERROR_BUSY;
    struct mount *mount = error ? NULL : make(filesystem, filesystem->root, source);
    if (!mount) {
        give_back(filesystem);
        return error ? error : ERROR_OUT_OF_FRAMES;
    }
    mount->flags = flags;
    attach(mount, point);
    return OK;
}

static struct mount *copy(const struct mount *mount, struct dentry *root)
{
    struct mount *made = make(mount->filesystem, root, mount->source);
    if (made)
        made->flags = mount->flags;
    return made;
}

/* Takes a mount and what is below it out of the tree, deepest first. */
static void detach_tree(struct mount *top)
{
    for (struct mount *mount = top, *child;;) {
        while ((child = first_child(mount)))
            mount = child;
        struct mount *parent = mount->parent;
        detach(mount);
        mount_release(mount);
        if (mount == top)
            return;
        mount = parent;
    }
}

/* The mount that follows in the tree below `top`, parents before their children; NULL: none. */
static struct mount *next_in_tree(const struct mount *top, struct mount *mount)
{
    struct mount *child = first_child(mount);
    if (child)
        return child;
    for (; mount != top; mount = mount->parent) {
        if (mount->sibling.next != &mount->parent->children.head)
            return CONTAINER_OF(mount->sibling.next, struct mount, sibling);
    }
    return NULL;
}

/* --- Bind mounts ------------------------------------------------------------------------------ */

/* Copies what is mounted below `from`, at or below the name `top` there, to its copy. */
static enum error copy_mounts_below(struct mount *from, const struct dentry *top)
{
    for (struct mount *mount = from; (mount = next_in_tree(from, mount));) {
        const struct path point = {mount->parent->copy, mount->point};
        mount->copy = NULL;
        if (!point.mount || (mount->parent == from && !dentry_is_below(point.dentry, top)))
            continue;
        mount->copy = copy(mount, mount->root);
        if (!mount->copy)
            return ERROR_OUT_OF_FRAMES;
        attach(mount->copy, &point);
    }
    return OK;
}

enum error mount_bind(const struct path *from, const struct path *point, bool recursive)
{
    enum error error = check_point(from->dentry, point);
    if (!error && !is_in_tree(from->mount))
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
        attach(made, point);
        return OK;
    }
    for (struct mount *child; (child = first_child(made));)
        detach_tree(child);
    mount_release(made);
    return error;
}

/* --- Changes ---------------------------------------------------------------------------------- */

static bool is_root_of_mount(const struct path *path)
{
    return path->mount && path->dentry == path->mount->root;
}

enum error mount_move(const struct path *from, const struct path *point)
{
    struct mount *mount = from->mount;
    if (!is_root_of_mount(from) || !mount->parent)
        return ERROR_INVALID;
    enum error error = check_point(mount->root, point);
    if (error)
        return error;
    if (is_below(point->mount, mount))
        return ERROR_LOOP;
    detach(mount);
    attach(mount, point);
    return OK;
}

/* Nobody may be in the middle of a change of what becomes read-only. */
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
    if (!is_root_of_mount(root) || !is_in_tree(mount))
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
    if (!is_root_of_mount(root) || !is_in_tree(mount))
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

/* Somebody uses it besides the tree and the caller, who has one reference. */
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

/* A sync uses the mount and files of the file system. That is no reason to call it busy: the sync
 * comes to its end. */
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
    if (!is_root_of_mount(root) || !is_in_tree(mount))
        return ERROR_INVALID;
    if (mount == root_of_all)
        return lazy ? ERROR_INVALID : ERROR_BUSY;
    enum error error = lazy ? OK : settle_alone(mount);
    if (error)
        return error;
    if (!is_in_tree(mount)) /* any more, since that may have waited */
        return ERROR_INVALID;
    if (!lazy && is_in_use(mount))
        return ERROR_BUSY;
    detach_tree(mount);
    return OK;
}

bool path_is_below(const struct path *place, const struct path *root)
{
    const struct mount *mount = place->mount;
    const struct dentry *dentry = place->dentry;
    for (; mount != root->mount && mount->parent; mount = mount->parent)
        dentry = mount->point;
    return mount == root->mount && dentry_is_below(dentry, root->dentry);
}

enum error mount_pivot(const struct path *old_root, const struct path *new_root,
                       const struct path *put_old)
{
    struct mount *old = old_root->mount, *new = new_root->mount;
    if (!is_in_tree(old) || !is_in_tree(new) || !is_in_tree(put_old->mount))
        return ERROR_INVALID;
    if (new == old || put_old->mount == old)
        return ERROR_BUSY;
    if (!is_root_of_mount(old_root) || !old->parent || !is_root_of_mount(new_root) ||
        !path_is_below(put_old, new_root) || !path_is_below(new_root, old_root))
        return ERROR_INVALID;
    struct path place = {old->parent, old->point};
    path_reference(&place);
    detach(new);
    detach(old);
    attach(old, put_old);
    attach(new, &place);
    path_release(&place);
    return OK;
}

/* --- All of them ------------------------------------------------------------------------------ */

/* Visits all mounts, with a function that may wait: then it begins again where the tree was changed
 * at this place. */
static void visit_all(void (*visit)(struct mount *mount))
{
    struct list_node *node = mounts.head.next;
    while (node != &mounts.head) {
        struct mount *mount = CONTAINER_OF(node, struct mount, node);
        mount_reference(mount);
        mount->visits++;
        visit(mount);
        if (--mount->visits == 0)
            wait_queue_wake_all(&mount->visited);
        node = is_in_tree(mount) ? node->next : mounts.head.next;
        mount_release(mount);
    }
}

static void sync(struct mount *mount)
{
    struct filesystem *filesystem = mount->filesystem;
    if (filesystem->type->sync && filesystem->type->sync(filesystem))
        log_warn("%s: not everything could be written", mount->source);
}

void mounts_sync(void)
{
    visit_all(sync);
}

static void stop(struct mount *mount)
{
    if (mount->filesystem->type->stop)
        mount->filesystem->type->stop(mount->filesystem);
}

void mounts_forget_names(size_t wanted)
{
    list_for_each(node, &mounts) {
        const struct filesystem *filesystem = CONTAINER_OF(node, struct mount, node)->filesystem;
        if (filesystem->type->has_device)
            (void)dentry_forget(filesystem->root, wanted);
    }
}

void mounts_stop(void)
{
    visit_all(stop);
}
