#include <kernel/process/process.h>
#include <kernel/syscall/call_path.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

/* Copies the name: most are short, and longer ones go to the heap. */
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

/* Sets where the name begins. A file without a place, such as a pipe, is no directory. */
static enum error get_start(struct call_path *path, int directory)
{
    path->file = NULL;
    path->start = NULL;
    if (directory == AT_FDCWD || *path->name == '/')
        return OK;
    enum error error = file_table_get_named(process_current()->files, directory, &path->file);
    if (error)
        return error;
    path->place = (struct path){path->file->mount, path->file->dentry};
    path->start = path->place.dentry ? &path->place : NULL;
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

static enum error find_place(struct fs_context *context, const struct call_path *path,
                             unsigned flags, struct path *found)
{
    unsigned follow = flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW;
    return path_find(context, path->start, path->name, follow, found);
}

enum error call_path_find_place(int directory, virt_addr_t name, unsigned flags, struct path *found)
{
    struct call_path path;
    enum error error = call_path_get(&path, directory, name);
    if (error)
        return error;
    error = find_place(process_current()->fs, &path, flags, found);
    call_path_release(&path);
    return error;
}

static struct found_file take(struct mount *mount, struct dentry *dentry, struct inode *inode)
{
    mount_reference(mount);
    if (dentry)
        dentry_reference(dentry);
    inode_reference(inode);
    return (struct found_file){{mount, dentry}, inode};
}

/* Inline, as the next one: stat() and its variants come here. */
static inline enum error find_file(struct fs_context *context, const struct call_path *path,
                                   unsigned flags, struct found_file *found)
{
    struct path place;
    if (!*path->name && flags & AT_EMPTY_PATH) {
        const struct path *here = &context->directory;
        const struct file *file = path->file;
        *found = file ? take(file->mount, file->dentry, file->inode)
                      : take(here->mount, here->dentry, here->dentry->inode);
        return OK;
    }
    enum error error = find_place(context, path, flags, &place);
    if (error)
        return error;
    *found = (struct found_file){place, place.dentry->inode};
    inode_reference(found->inode);
    return OK;
}

static inline enum error find(struct fs_context *context, int directory, virt_addr_t name,
                              unsigned flags, struct found_file *found)
{
    struct call_path path;
    enum error error = call_path_get(&path, directory, name);
    if (error)
        return error;
    error = find_file(context, &path, flags, found);
    call_path_release(&path);
    return error;
}

enum error call_path_find_file(struct fs_context *context, const struct call_path *path,
                               unsigned flags, struct found_file *found)
{
    return find_file(context, path, flags, found);
}

enum error call_path_find_as(struct fs_context *context, int directory, virt_addr_t name,
                             unsigned flags, struct found_file *found)
{
    return find(context, directory, name, flags, found);
}

enum error call_path_find(int directory, virt_addr_t name, unsigned flags, struct found_file *found)
{
    return find(process_current()->fs, directory, name, flags, found);
}

enum error call_file_find(int fd, struct found_file *found)
{
    struct file *file;
    enum error error = file_table_get(process_current()->files, fd, &file);
    if (error)
        return error;
    *found = take(file->mount, file->dentry, file->inode);
    file_release(file);
    return OK;
}

void found_file_release(const struct found_file *found)
{
    inode_release(found->inode);
    if (found->path.dentry)
        dentry_release(found->path.dentry);
    mount_release(found->path.mount);
}
