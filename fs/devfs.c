/*
 * devfs: a tmpfs with a node for each device. There is one, however often it is mounted. Programs
 * know it by Linux's name, devtmpfs.
 */
#include <assert.h>
#include <fs/dentry.h>
#include <fs/devfs.h>
#include <fs/device.h>
#include <fs/tmpfs.h>
#include <kernel/log/log.h>
#include <lib/string.h>
#include <mm/frames.h>

static struct filesystem *devfs;

static void log_failure(const char *name, enum error error)
{
    if (error)
        log_warn("devfs: no %s (%s)", name, error_name(error));
}

/* The entry of that name, not referenced; NULL: there is none. */
static struct dentry *find(const char *name)
{
    size_t length = strlen(name);
    return dentry_find(devfs->root, name, length, dentry_hash(name, length));
}

/* Makes an entry of the root: a link if there is a target, else a file of that mode. ERROR_EXISTS:
 * a program has put a file of its own there. */
static enum error make(const char *name, uint32_t mode, uint32_t rdev, const char *target)
{
    const struct inode_operations *operations = devfs->root->inode->operations;
    if (find(name))
        return ERROR_EXISTS;
    struct dentry *entry = dentry_create(devfs->root, name, strlen(name), NULL);
    if (!entry)
        return ERROR_OUT_OF_FRAMES;
    enum error error = target ? operations->symlink(entry, target, strlen(target))
                              : operations->create(entry, mode, rdev);
    dentry_release(entry);
    return error;
}

static void add(const char *name, uint32_t mode, uint32_t rdev)
{
    log_failure(name, make(name, mode, rdev, NULL));
}

static void add_link(const char *name, const char *target)
{
    log_failure(name, make(name, 0, 0, target));
}

static void add_node(struct device *device)
{
    if (device->name)
        add(device->name, device->mode, device->number);
}

/* A program may have removed the node, or put another file there. */
static void remove_node(struct device *device)
{
    struct dentry *entry = device->name ? find(device->name) : NULL;
    if (!entry || entry->inode->rdev != device->number ||
        inode_type(entry->inode) != (device->mode & S_IFMT))
        return;
    dentry_reference(entry);
    log_failure(device->name, devfs->root->inode->operations->remove(entry));
    dentry_release(entry);
}

static enum error mount(const struct mount_arguments *arguments, struct filesystem **filesystem)
{
    (void)arguments;
    if (!devfs) {
        struct frames_stats frames;
        frames_stats(&frames);
        enum error error = tmpfs_create(&devfs_type, frames.total / 2, &devfs); /* for /dev/shm */
        if (error)
            return error;
        list_for_each(node, &devices)
            add_node(CONTAINER_OF(node, struct device, node));
        device_set_hooks(add_node, remove_node);
        add("shm", S_IFDIR | 01777, 0); /* for shm_open() */
        add_link("fd", "/proc/self/fd");
        add_link("stdin", "/proc/self/fd/0");
        add_link("stdout", "/proc/self/fd/1");
        add_link("stderr", "/proc/self/fd/2");
    }
    *filesystem = devfs;
    return OK;
}

struct filesystem_type devfs_type = {
    .name = "devtmpfs", .mount = mount, .statistics = tmpfs_statistics};
