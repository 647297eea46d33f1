/*
 * devfs: a tmpfs with a node for each device. There is one, however often it is mounted. Linux
 * calls its own devtmpfs, and so do programs.
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

/* Makes an entry of the root with an operation on it. */
static struct dentry *new_entry(const char *name)
{
    return dentry_create(devfs->root, name, strlen(name), NULL);
}

static void add_node(struct device *device)
{
    if (!device->name)
        return;
    struct dentry *entry = new_entry(device->name);
    enum error error = ERROR_OUT_OF_FRAMES;
    if (entry) {
        const struct inode_operations *operations = devfs->root->inode->operations;
        error = operations->create(entry, device->mode, device->number);
        dentry_release(entry);
    }
    log_failure(device->name, error);
}

/* A program may have removed the node, or put another file there. */
static void remove_node(struct device *device)
{
    struct dentry *entry = dentry_next_child(devfs->root, 0);
    while (entry && strcmp(entry->name, device->name) != 0)
        entry = dentry_after(entry);
    if (!entry || entry->inode->rdev != device->number ||
        inode_type(entry->inode) != (device->mode & S_IFMT))
        return;
    dentry_reference(entry);
    log_failure(device->name, devfs->root->inode->operations->remove(entry));
    dentry_release(entry);
}

static void add_link(const char *name, const char *target)
{
    struct dentry *entry = new_entry(name);
    enum error error = ERROR_OUT_OF_FRAMES;
    if (entry) {
        error = devfs->root->inode->operations->symlink(entry, target, strlen(target));
        dentry_release(entry);
    }
    log_failure(name, error);
}

static void add_directory(const char *name, uint32_t permissions)
{
    struct dentry *entry = new_entry(name);
    enum error error = ERROR_OUT_OF_FRAMES;
    if (entry) {
        error = devfs->root->inode->operations->create(entry, S_IFDIR | permissions, 0);
        dentry_release(entry);
    }
    log_failure(name, error);
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
        add_directory("shm", 01777); /* for shm_open() */
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
