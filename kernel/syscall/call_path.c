#include <kernel/process/process.h>
#include <kernel/syscall/call_path.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

/* Most names are short; longer ones go to the heap. */
static enum error get_name(struct call_path *path, virt_addr_t name)
{
    size_t length;
    path->name = path->short_name;
    enum error error = string_from_user(path->name, sizeof(path->short_name), name, &length);
    if (error != ERROR_TOO_LONG)
        return error;
    path->name = kmalloc(PATH_MAX);
    if (!path->name)
        return ERROR_OUT_OF_FRAMES;
    error = string_from_user(path->name, PATH_MAX, name, &length);
    if (error)
        kfree(path->name);
    return error;
}

/* A file without a name is no directory: a name that begins there is looked up in nothing. */
static enum error get_start(struct call_path *path, int directory)
{
    path->file = NULL;
    path->start = NULL;
    if (directory == AT_FDCWD || *path->name == '/')
        return OK;
    enum error error = file_table_get(process_current()->files, directory, &path->file);
    if (error)
        return error;
    path->start = path->file->dentry;
    return path->start || !*path->name ? OK : ERROR_NOT_DIRECTORY;
}

enum error call_path_get(struct call_path *path, int directory, virt_addr_t name)
{
    enum error error = get_name(path, name);
    if (error)
        return error;
    error = get_start(path, directory);
    if (error)
        call_path_release(path);
    return error;
}

void call_path_release(struct call_path *path)
{
    if (path->file)
        file_release(path->file);
    if (path->name != path->short_name)
        kfree(path->name);
}

static enum error find(const struct call_path *path, unsigned flags, struct inode **inode)
{
    struct fs_context *context = process_current()->fs;
    struct dentry *dentry;
    if (!*path->name && flags & AT_EMPTY_PATH) {
        *inode = path->file ? path->file->inode : context->directory->inode;
        inode_reference(*inode);
        return OK;
    }
    unsigned follow = flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW;
    enum error error = path_walk(context, path->start, path->name, follow, &dentry);
    if (error)
        return error;
    *inode = dentry->inode;
    inode_reference(*inode);
    dentry_release(dentry);
    return OK;
}

enum error call_path_find(int directory, virt_addr_t name, unsigned flags, struct inode **inode)
{
    struct call_path path;
    enum error error = call_path_get(&path, directory, name);
    if (error)
        return error;
    error = find(&path, flags, inode);
    call_path_release(&path);
    return error;
}
