#include <assert.h>
#include <fs/device.h>
#include <fs/file.h>
#include <fs/mount.h>
#include <fs/notify.h>
#include <fs/pipe.h>
#include <fs/walk.h>

/* Devices and FIFOs are the same on every file system. */
static const struct file_operations *operations_of(const struct inode *inode)
{
    if (inode_type(inode) == S_IFIFO)
        return &fifo_operations;
    if (inode_type(inode) != S_IFCHR && inode_type(inode) != S_IFBLK)
        return inode->file_operations;
    const struct device *device = device_find(inode_type(inode), inode->rdev);
    return device ? device->operations : NULL;
}

/* Looks at the last component and makes it if it is not there. *made says so. */
static enum error find_or_make(struct walk *walk, unsigned flags, uint32_t mode,
                               struct dentry **found, bool *made)
{
    if (walk->kind == COMPONENT_NONE && !inode_is_directory(walk->directory->inode)) {
        *found = walk->directory; /* a link has led to the file, whatever its name */
        dentry_reference(*found);
        return OK;
    }
    if (walk->kind != COMPONENT_NAME)
        return flags & O_EXCL ? ERROR_EXISTS : ERROR_IS_DIRECTORY;
    if (walk_wants_directory(walk))
        return ERROR_IS_DIRECTORY;
    walk_lock(walk);
    enum error error = walk_look_up(walk, found);
    if (!error && flags & O_EXCL) {
        dentry_release(*found);
        return ERROR_EXISTS;
    }
    if (error != ERROR_NO_ENTRY)
        return error;
    *made = true;
    return walk_create(walk, S_IFREG | (mode & MODE_PERMISSIONS), found);
}

/* O_CREAT: a link at the end whose target is not there makes the target. */
static enum error open_or_make(struct walk *walk, unsigned flags, uint32_t mode,
                               struct dentry **found, bool *made)
{
    for (;;) {
        enum error error = walk_to_last(walk);
        if (!error)
            error = find_or_make(walk, flags, mode, found, made);
        walk_unlock(walk);
        if (error)
            return error;
        if (inode_type((*found)->inode) != S_IFLNK || flags & O_NOFOLLOW)
            return OK;
        error = walk_follow(walk, *found);
        dentry_release(*found);
        if (error)
            return error;
    }
}

/* O_TMPFILE: `found` is a directory, and becomes a new file in it. */
static enum error make_unnamed(const struct fs_context *context, unsigned flags, uint32_t mode,
                               struct path *found)
{
    struct dentry *made;
    enum error error =
        path_make_unnamed(context, found, mode & MODE_PERMISSIONS, !(flags & O_EXCL), &made);
    if (!error) {
        dentry_release(found->dentry);
        found->dentry = made;
    }
    return error;
}

static enum error find(struct fs_context *context, const struct path *start, const char *name,
                       unsigned flags, uint32_t mode, struct path *found, bool *made)
{
    struct walk walk;
    if (!(flags & O_CREAT)) {
        unsigned follow = flags & O_NOFOLLOW ? 0 : WALK_FOLLOW;
        return path_find(context, start, name, follow, found);
    }
    enum error error = walk_begin(&walk, context, start, name);
    if (!error)
        error = open_or_make(&walk, flags, mode, &found->dentry, made);
    if (!error) {
        found->mount = walk.mount;
        mount_reference(found->mount);
        path_enter_mounts(found);
    }
    walk_end(&walk);
    return error;
}

static unsigned access_for(unsigned flags)
{
    static const uint8_t access[] = {MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
                                     MAY_READ | MAY_WRITE};
    return access[flags & O_ACCMODE] | (flags & O_TRUNC ? (unsigned)MAY_WRITE : 0);
}

/* Checks the flags against the file's type, its permissions and its mount. */
static enum error check(const struct fs_context *context, const struct path *path, unsigned flags,
                        bool made)
{
    const struct inode *inode = path->dentry->inode;
    unsigned may = access_for(flags);
    bool wants_directory = flags & O_DIRECTORY && !(flags & O_UNNAMED);
    if (wants_directory && !inode_is_directory(inode))
        return ERROR_NOT_DIRECTORY;
    if (inode_type(inode) == S_IFLNK)
        return ERROR_LOOP;
    if (inode_is_directory(inode) && (flags & O_CREAT || may & MAY_WRITE))
        return ERROR_IS_DIRECTORY;
    bool is_device = inode_type(inode) == S_IFCHR || inode_type(inode) == S_IFBLK;
    if (is_device && path->mount && path->mount->flags & MOUNT_NO_DEVICE)
        return ERROR_ACCESS;
    if (may & MAY_WRITE && mount_check_writable(path->mount, inode) != OK)
        return ERROR_READ_ONLY;
    return made ? OK : inode_check_access(context, inode, may);
}

/* A mount does not become read-only while files are open for writing through it. */
static void set_mount(struct file *file, struct mount *mount)
{
    file->mount = mount;
    mount_reference(mount);
    file->is_writer =
        mount && inode_type(file->inode) == S_IFREG && (file->flags & O_ACCMODE) != O_RDONLY;
    if (file->is_writer)
        mount->writers++;
}

static enum error open_found(struct fs_context *context, const struct path *path, unsigned flags,
                             bool made, struct file **file)
{
    struct inode *inode = path->dentry->inode;
    enum error error = check(context, path, flags, made);
    if (error)
        return error;
    const struct file_operations *operations = operations_of(inode);
    if (!operations)
        return ERROR_NO_UNIT;
    if (flags & O_DIRECT && !operations->may_be_direct)
        return ERROR_INVALID;
    if (flags & O_TRUNC && inode->programs > 0)
        return ERROR_PROGRAM_BUSY; /* even if it is opened for reading */
    error = file_create(operations, inode, path->dentry, flags, file);
    if (error)
        return error;
    set_mount(*file, path->mount);
    if (!(flags & O_TRUNC) || made || inode_type(inode) != S_IFREG)
        return OK;
    if (!fs_context_is_privileged(context))
        inode->mode &= ~inode_identity_lost(inode, context);
    if (inode->operations->set_size)
        error = inode->operations->set_size(inode, 0);
    if (error)
        file_release(*file);
    else
        notify_file(*file, NOTIFY_MODIFY);
    return error;
}

static enum error open_path(const struct path *path, unsigned flags, struct file **file)
{
    static const struct file_operations none;
    if (flags & O_DIRECTORY && !inode_is_directory(path->dentry->inode))
        return ERROR_NOT_DIRECTORY;
    enum error error = file_create(&none, path->dentry->inode, path->dentry, flags, file);
    if (!error)
        set_mount(*file, path->mount);
    return error;
}

/* Flags that cannot go together. */
static enum error check_flags(unsigned flags)
{
    bool may_write = (flags & O_ACCMODE) != O_RDONLY;
    if (!(flags & O_UNNAMED))
        return flags & O_CREAT && flags & O_DIRECTORY ? ERROR_INVALID : OK;
    return flags & O_DIRECTORY && may_write && !(flags & O_CREAT) ? OK : ERROR_INVALID;
}

enum error file_open(struct fs_context *context, const struct path *start, const char *name,
                     unsigned flags, uint32_t mode, struct file **file)
{
    struct path path;
    bool made = false;
    if (flags & O_PATH)
        flags &= O_WITH_PATH;
    enum error error = check_flags(flags);
    if (!error)
        error = find(context, start, name, flags, mode, &path, &made);
    if (error)
        return error;
    if (flags & O_UNNAMED) {
        error = make_unnamed(context, flags, mode, &path);
        made = true;
    }
    if (!error && flags & O_PATH)
        error = open_path(&path, flags, file);
    else if (!error)
        error = open_found(context, &path, flags, made, file);
    path_release(&path);
    if (!error && !(flags & O_PATH)) {
        (*file)->is_open = true;
        notify_file(*file, NOTIFY_OPEN);
    }
    return error;
}
