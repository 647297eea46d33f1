/*
 * Files are made by the functions that a program's system calls use.
 *
 * Hard links: the archive has an entry for each name of a file, with the same inode number, and the
 * content with the last one. A file is on a list until all its names have come.
 */
#include <assert.h>
#include <fs/cpio.h>
#include <fs/device.h>
#include <fs/file.h>
#include <fs/initramfs.h>
#include <fs/path.h>
#include <kernel/log/log.h>
#include <kernel/task/clock.h>
#include <lib/string.h>
#include <mm/heap.h>

/* A file of which more names are to come. */
struct linked_file {
    struct list_node node;
    struct path path; /* referenced */
    uint32_t inode, names_left;
};

struct unpacking {
    struct fs_context *context;
    struct list linked_files;
    size_t files;
};

static struct linked_file *find_linked(const struct unpacking *unpacking, uint32_t inode)
{
    list_for_each(node, &unpacking->linked_files) {
        struct linked_file *linked = CONTAINER_OF(node, struct linked_file, node);
        if (linked->inode == inode)
            return linked;
    }
    return NULL;
}

static void forget_linked(struct linked_file *linked)
{
    list_remove(&linked->node);
    path_release(&linked->path);
    kfree(linked);
}

static enum error remember_linked(struct unpacking *unpacking, const struct cpio_entry *entry)
{
    ASSERT(entry->links > 1);
    struct linked_file *linked = kzalloc(sizeof(*linked));
    if (!linked)
        return ERROR_OUT_OF_FRAMES;
    enum error error = path_find(unpacking->context, NULL, entry->name, 0, &linked->path);
    if (error) {
        kfree(linked);
        return error;
    }
    linked->inode = entry->inode;
    linked->names_left = entry->links - 1;
    list_push_back(&unpacking->linked_files, &linked->node);
    return OK;
}

static enum error write_content(const struct unpacking *unpacking, const struct cpio_entry *entry)
{
    struct file *file;
    struct buffer buffer;
    enum error error =
        file_open(unpacking->context, NULL, entry->name, O_WRONLY | O_NOFOLLOW | O_TRUNC, 0, &file);
    if (error)
        return error;
    buffer_init_kernel(&buffer, (void *)(uintptr_t)entry->content, entry->size); /* only read */
    error = file_write(file, &buffer);
    file_release(file);
    return error;
}

/* The first name of a file makes it, another one is a link. */
static enum error make_file(struct unpacking *unpacking, const struct cpio_entry *entry)
{
    struct linked_file *linked = entry->links > 1 ? find_linked(unpacking, entry->inode) : NULL;
    enum error error;
    if (linked) {
        error = path_link(unpacking->context, &linked->path, NULL, entry->name);
        ASSERT(linked->names_left > 0);
        if (--linked->names_left == 0)
            forget_linked(linked);
    } else {
        error = path_make(unpacking->context, NULL, entry->name, entry->mode, 0);
        if (!error && entry->links > 1)
            error = remember_linked(unpacking, entry);
    }
    return error || entry->size == 0 ? error : write_content(unpacking, entry);
}

/* A directory may be there already, such as /dev. */
static enum error make_directory(const struct unpacking *unpacking, const struct cpio_entry *entry)
{
    enum error error = path_make(unpacking->context, NULL, entry->name, entry->mode, 0);
    return error == ERROR_EXISTS ? OK : error;
}

static enum error make_symlink(const struct unpacking *unpacking, const struct cpio_entry *entry)
{
    if (entry->size == 0 || entry->size >= PATH_MAX)
        return ERROR_INVALID;
    char *target = kmalloc(entry->size + 1);
    if (!target)
        return ERROR_OUT_OF_FRAMES;
    memcpy(target, entry->content, entry->size);
    target[entry->size] = '\0';
    enum error error = path_symlink(unpacking->context, NULL, entry->name, target);
    kfree(target);
    return error;
}

static enum error make(struct unpacking *unpacking, const struct cpio_entry *entry)
{
    uint32_t rdev = DEVICE_NUMBER(entry->rdev_major, entry->rdev_minor);
    switch (entry->mode & S_IFMT) {
    case S_IFREG:
        return make_file(unpacking, entry);
    case S_IFDIR:
        return make_directory(unpacking, entry);
    case S_IFLNK:
        return make_symlink(unpacking, entry);
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
        return path_make(unpacking->context, NULL, entry->name, entry->mode, rdev);
    default:
        return ERROR_INVALID;
    }
}

static enum error set_attributes(const struct unpacking *unpacking, const struct cpio_entry *entry)
{
    struct path path;
    struct inode_attributes attributes = {
        .set = ATTRIBUTE_MODE | ATTRIBUTE_UID | ATTRIBUTE_GID | ATTRIBUTE_MODIFIED,
        .mode = entry->mode & MODE_PERMISSIONS,
        .uid = entry->uid,
        .gid = entry->gid,
        .modified = (int64_t)(entry->modified * NANOSECONDS_PER_SECOND),
    };
    enum error error = path_find(unpacking->context, NULL, entry->name, 0, &path);
    if (error)
        return error;
    bool is_mounted = path.dentry == path.mount->root; /* it has attributes of its own */
    if (!is_mounted)
        error = path_set_attributes(unpacking->context, &path, path.dentry->inode, &attributes);
    path_release(&path);
    return error;
}

static enum error unpack_all(struct unpacking *unpacking, struct cpio *archive)
{
    struct cpio_entry entry;
    enum error error;
    while ((error = cpio_next(archive, &entry)) == OK) {
        error = make(unpacking, &entry);
        if (!error)
            error = set_attributes(unpacking, &entry);
        if (error) {
            log_error("initramfs: %.64s: %s; the rest is left out", entry.name, error_name(error));
            return error;
        }
        unpacking->files++;
    }
    if (error == ERROR_NO_ENTRY)
        return OK;
    log_error("initramfs: the archive is broken at byte %zu; the rest is left out",
              archive->offset);
    return error;
}

enum error initramfs_unpack(const void *archive, size_t size)
{
    struct cpio cpio = {.bytes = archive, .size = size};
    struct unpacking unpacking = {.linked_files = LIST_INIT(unpacking.linked_files)};
    enum error error = fs_context_create(&unpacking.context);
    if (error)
        return error;
    error = unpack_all(&unpacking, &cpio);
    struct list_node *node;
    while ((node = list_first(&unpacking.linked_files)))
        forget_linked(CONTAINER_OF(node, struct linked_file, node));
    fs_context_release(unpacking.context);
    if (!error)
        log_info("initramfs: %zu files, %zu KiB", unpacking.files, size / 1024);
    return error;
}
