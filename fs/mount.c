#include <assert.h>
#include <fs/dentry.h>
#include <fs/filesystem.h>
#include <fs/path.h>
#include <fs/text.h>
#include <lib/string.h>
#include <mm/heap.h>

static struct list types = LIST_INIT(types);
static struct list mounts = LIST_INIT(mounts); /* in the order in which they were made */
static struct mount root_mount;

/* --- Types ------------------------------------------------------------------------------------ */

void filesystem_init(struct filesystem *filesystem, struct filesystem_type *type)
{
    static uint32_t last_device;
    filesystem->type = type;
    filesystem->device = ++last_device;
}

void filesystem_add_type(struct filesystem_type *type)
{
    list_push_back(&types, &type->node);
}

struct filesystem_type *filesystem_find_type(const char *name)
{
    list_for_each(node, &types) {
        struct filesystem_type *type = CONTAINER_OF(node, struct filesystem_type, node);
        if (strcmp(type->name, name) == 0)
            return type;
    }
    return NULL;
}

void filesystem_types_describe(struct text *text)
{
    list_for_each(node, &types) {
        const struct filesystem_type *type = CONTAINER_OF(node, struct filesystem_type, node);
        text_printf(text, "%s\t%s\n", type->has_device ? "" : "nodev", type->name);
    }
}

/* --- Mounts ----------------------------------------------------------------------------------- */

enum error mount_root(struct filesystem_type *type)
{
    ASSERT(!root_mount.filesystem);
    enum error error = type->mount(&(struct mount_arguments){0}, &root_mount.filesystem);
    if (error)
        return error;
    string_copy(root_mount.source, "rootfs", sizeof(root_mount.source));
    list_push_back(&mounts, &root_mount.node);
    return OK;
}

struct dentry *mount_root_dentry(void)
{
    return root_mount.filesystem ? root_mount.filesystem->root : NULL;
}

enum error mount_add(struct filesystem_type *type, const char *source, struct dentry *directory,
                     const struct mount_arguments *arguments)
{
    if (!inode_is_directory(directory->inode))
        return ERROR_NOT_DIRECTORY;
    ASSERT(!directory->covered_by);
    if (type->is_single && directory->covers && directory->inode->filesystem->type == type)
        return ERROR_BUSY;
    struct mount *mount = kzalloc(sizeof(*mount));
    if (!mount)
        return ERROR_OUT_OF_FRAMES;
    enum error error = type->mount(arguments, &mount->filesystem);
    if (error) {
        kfree(mount);
        return error;
    }
    struct dentry *root = mount->filesystem->root;
    ASSERT(!root->covers);
    dentry_reference(directory);
    directory->covered_by = root;
    root->covers = directory;
    string_copy(mount->source, source, sizeof(mount->source));
    list_push_back(&mounts, &mount->node);
    return OK;
}

static struct mount *find_mount(const struct dentry *root)
{
    list_for_each(node, &mounts) {
        struct mount *mount = CONTAINER_OF(node, struct mount, node);
        if (mount->filesystem->root == root)
            return mount;
    }
    return NULL;
}

enum error mount_remove(struct dentry *root)
{
    struct mount *mount = find_mount(root);
    if (!mount)
        return ERROR_INVALID;
    if (mount == &root_mount || dentry_tree_in_use(root, 1))
        return ERROR_BUSY;
    struct dentry *directory = root->covers;
    directory->covered_by = NULL;
    root->covers = NULL;
    dentry_release(directory);
    if (mount->filesystem->type->unmount)
        mount->filesystem->type->unmount(mount->filesystem);
    list_remove(&mount->node);
    kfree(mount);
    return OK;
}

void mounts_describe(struct text *text, const struct fs_context *context)
{
    char *path = kmalloc(PATH_MAX);
    if (!path) {
        text->error = ERROR_OUT_OF_FRAMES;
        return;
    }
    list_for_each(node, &mounts) {
        const struct mount *mount = CONTAINER_OF(node, struct mount, node);
        const struct filesystem *filesystem = mount->filesystem;
        if (dentry_path(context, filesystem->root, path, PATH_MAX) == OK)
            text_printf(text, "%s %s %s %s 0 0\n", mount->source, path, filesystem->type->name,
                        filesystem->is_read_only ? "ro" : "rw");
    }
    kfree(path);
}
