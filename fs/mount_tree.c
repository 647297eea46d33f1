/*
 * The tree of mounts. The tree has a reference to each mount in it. Each of them has a parent,
 * except the root of all. A mount does not hold its parent: it leaves the tree together with all
 * that is mounted below it, so the parent of a mount in the tree is in the tree.
 *
 * The mount that covers a name is found in the parent's list of children. The list is short: few
 * names are covered.
 */
#include <assert.h>
#include <fs/mount_tree.h>
#include <mm/heap.h>

struct list mounts = LIST_INIT(mounts);
struct mount *mount_root_of_all;

void mount_free(struct mount *mount)
{
    ASSERT(!mount->point);
    ASSERT(list_empty(&mount->children));
    ASSERT(mount->writers == 0 && mount->visits == 0);
    struct filesystem *filesystem = mount->filesystem;
    dentry_release(mount->root);
    kfree(mount);
    filesystem_release(filesystem);
}

/* --- In and out ------------------------------------------------------------------------------- */

/* A walk finds the names under which something is mounted, also in file systems that make a new
 * dentry at each lookup. */
static void keep_point(struct dentry *point)
{
    if (!point->is_kept && point->parent != point && !point->is_deleted)
        dentry_keep(point);
}

void mount_attach(struct mount *mount, const struct path *point)
{
    ASSERT(!mount->parent && !mount->point);
    ASSERT(inode_is_directory(mount->root->inode) == inode_is_directory(point->dentry->inode));
    keep_point(point->dentry);
    mount->parent = point->mount;
    mount->point = point->dentry;
    dentry_reference(mount->point);
    mount->point->mounts++;
    list_push_back(&point->mount->children, &mount->sibling);
    list_push_back(&mounts, &mount->node);
}

void mount_detach(struct mount *mount)
{
    ASSERT(mount->parent && mount->point->mounts > 0);
    list_remove(&mount->node);
    list_remove(&mount->sibling);
    mount->point->mounts--;
    dentry_release(mount->point);
    mount->parent = NULL;
    mount->point = NULL;
}

enum error mount_check_point(const struct dentry *root, const struct path *point)
{
    if (inode_is_directory(root->inode) != inode_is_directory(point->dentry->inode))
        return ERROR_NOT_DIRECTORY;
    if (point->dentry->is_deleted)
        return ERROR_NO_ENTRY;
    return mount_is_in_tree(point->mount) ? OK : ERROR_INVALID;
}

void mount_detach_tree(struct mount *top)
{
    for (struct mount *mount = top, *child;;) {
        while ((child = mount_first_child(mount)))
            mount = child;
        struct mount *parent = mount->parent;
        mount_detach(mount);
        mount_release(mount);
        if (mount == top)
            return;
        mount = parent;
    }
}

/* --- Questions -------------------------------------------------------------------------------- */

bool mount_is_in_tree(const struct mount *mount)
{
    return mount && (mount->parent || mount == mount_root_of_all);
}

struct mount *mount_first_child(const struct mount *mount)
{
    struct list_node *node = list_first(&mount->children);
    return node ? CONTAINER_OF(node, struct mount, sibling) : NULL;
}

bool mount_is_below(const struct mount *mount, const struct mount *ancestor)
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

struct path path_outside_mounts(struct path place, const struct path *root)
{
    while (!path_equals(&place, root) && place.mount && place.mount->parent &&
           place.dentry == place.mount->root)
        place = (struct path){place.mount->parent, place.mount->point};
    return place;
}

struct path mount_root_path(void)
{
    return (struct path){mount_root_of_all, mount_root_of_all ? mount_root_of_all->root : NULL};
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

struct mount *mount_next(const struct mount *top, struct mount *mount)
{
    struct mount *child = mount_first_child(mount);
    if (child)
        return child;
    for (; mount != top; mount = mount->parent) {
        if (mount->sibling.next != &mount->parent->children.head)
            return CONTAINER_OF(mount->sibling.next, struct mount, sibling);
    }
    return NULL;
}

bool path_is_below(const struct path *place, const struct path *root)
{
    const struct mount *mount = place->mount;
    const struct dentry *dentry = place->dentry;
    for (; mount != root->mount && mount->parent; mount = mount->parent)
        dentry = mount->point;
    return mount == root->mount && dentry_is_below(dentry, root->dentry);
}
