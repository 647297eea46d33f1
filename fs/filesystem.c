#include <assert.h>
#include <fs/dentry.h>
#include <fs/device.h>
#include <fs/filesystem.h>
#include <fs/inode.h>
#include <fs/notify.h>
#include <fs/text.h>
#include <kernel/task/thread.h>
#include <lib/string.h>

static struct list types = LIST_INIT(types);

void filesystem_init(struct filesystem *filesystem, struct filesystem_type *type)
{
    static uint32_t last_minor; /* of those without a disk, whose major number is 0 */
    ASSERT(type && !filesystem->type);
    filesystem->type = type;
    last_minor++;
    filesystem->device = DEVICE_NUMBER(0, last_minor);
    filesystem->time_step = 1;
    filesystem->names = (struct mutex)MUTEX_INIT_RANKED(filesystem->names, LOCK_OF_NAMES);
    list_init(&filesystem->inodes);
}

bool filesystem_has_names_locked(const struct filesystem *filesystem)
{
    const struct thread *thread = thread_current();
    return !filesystem->type->has_device || !thread || filesystem->names.owner == &thread->task;
}

bool filesystem_lock_names(struct filesystem *filesystem)
{
    if (filesystem_has_names_locked(filesystem))
        return false;
    thread_lock(&filesystem->names);
    return true;
}

void filesystem_unlock_names(struct filesystem *filesystem, bool locked)
{
    if (locked)
        thread_unlock(&filesystem->names);
}

void filesystem_release(struct filesystem *filesystem)
{
    ASSERT(filesystem->mounts > 0);
    if (--filesystem->mounts > 0 || !filesystem->type->unmount)
        return;
    ASSERT(!filesystem->is_unmounted);
    notify_unmount(filesystem);
    filesystem->type->unmount(filesystem);
    filesystem->is_unmounted = true;
    if (list_empty(&filesystem->inodes))
        filesystem->type->free(filesystem);
}

bool filesystem_is_mapped(const struct filesystem *filesystem)
{
    list_for_each(node, &filesystem->inodes) {
        if (!list_empty(&CONTAINER_OF(node, struct inode, in_filesystem)->object.areas))
            return true;
    }
    return false;
}

bool filesystem_is_written(const struct filesystem *filesystem)
{
    list_for_each(node, &filesystem->inodes) {
        const struct inode *inode = CONTAINER_OF(node, struct inode, in_filesystem);
        if (inode->writers > 0 || !inode->links)
            return true;
    }
    return false;
}

bool filesystem_has_root_alone(const struct filesystem *filesystem)
{
    return !list_empty(&filesystem->inodes) &&
           list_first(&filesystem->inodes) == filesystem->inodes.head.previous;
}

void filesystem_drop_names(struct filesystem *filesystem)
{
    struct dentry *root = filesystem->root;
    filesystem->root = NULL;
    if (root)
        dentry_drop_tree(root);
}

void filesystem_add_type(struct filesystem_type *type)
{
    ASSERT(!filesystem_find_type(type->name));
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
