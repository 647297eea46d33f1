/*
 * Making, removing and changing names, and reading symbolic links.
 */
#include <assert.h>
#include <kernel/process/credentials.h>
#include <kernel/process/process.h>
#include <kernel/syscall/call_path.h>
#include <kernel/syscall/calls.h>
#include <lib/string.h>
#include <mm/user_copy.h>

static struct fs_context *context(void)
{
    return process_current()->fs;
}

/* --- Making ----------------------------------------------------------------------------------- */

static int64_t make(int directory, virt_addr_t name, uint32_t mode, uint32_t rdev)
{
    struct call_path path;
    enum error error = call_path_get(&path, directory, name);
    if (error)
        return syscall_result(error);
    error = path_make(context(), path.start, path.name, mode, rdev);
    call_path_release(&path);
    return syscall_result(error);
}

/* A new directory inherits S_ISGID from the directory that holds it; `mode` cannot set it. */
static int64_t make_directory(int directory, virt_addr_t name, uint32_t mode)
{
    enum { MAY_BE_SET = S_ISVTX | 0777 };
    return make(directory, name, S_IFDIR | (mode & MAY_BE_SET), 0);
}

int64_t syscall_mkdir(struct trap_frame *frame)
{
    return make_directory(AT_FDCWD, argument_0(frame), (uint32_t)argument_1(frame));
}

int64_t syscall_mkdirat(struct trap_frame *frame)
{
    return make_directory((int)argument_0(frame), argument_1(frame), (uint32_t)argument_2(frame));
}

static int64_t make_node(int directory, virt_addr_t name, uint32_t mode, uint32_t rdev)
{
    switch (mode & S_IFMT) {
    case 0:
        mode |= S_IFREG;
        break;
    case S_IFCHR:
    case S_IFBLK:
        if (!is_privileged())
            return syscall_result(ERROR_NOT_PERMITTED);
        break;
    case S_IFREG:
    case S_IFIFO:
    case S_IFSOCK:
        break;
    case S_IFDIR:
        return syscall_result(ERROR_NOT_PERMITTED);
    default:
        return syscall_result(ERROR_INVALID);
    }
    return make(directory, name, mode, rdev);
}

int64_t syscall_mknod(struct trap_frame *frame)
{
    return make_node(AT_FDCWD, argument_0(frame), (uint32_t)argument_1(frame),
                     (uint32_t)argument_2(frame));
}

int64_t syscall_mknodat(struct trap_frame *frame)
{
    return make_node((int)argument_0(frame), argument_1(frame), (uint32_t)argument_2(frame),
                     (uint32_t)argument_3(frame));
}

static int64_t symlink_at(virt_addr_t target, int directory, virt_addr_t name)
{
    struct call_path text, path;
    enum error error = call_path_get(&text, AT_FDCWD, target);
    if (error)
        return syscall_result(error);
    error = call_path_get(&path, directory, name);
    if (!error) {
        error = path_symlink(context(), path.start, path.name, text.name);
        call_path_release(&path);
    }
    call_path_release(&text);
    return syscall_result(error);
}

int64_t syscall_symlink(struct trap_frame *frame)
{
    return symlink_at(argument_0(frame), AT_FDCWD, argument_1(frame));
}

int64_t syscall_symlinkat(struct trap_frame *frame)
{
    return symlink_at(argument_0(frame), (int)argument_1(frame), argument_2(frame));
}

/* Finds the file that gets another name. With AT_EMPTY_PATH it may be an open one; only root may
 * name that, since others could keep a file that they were given for a moment. */
static enum error find_linked(const struct call_path *path, unsigned flags, struct path *file)
{
    if (flags & AT_EMPTY_PATH && !is_privileged())
        return ERROR_NO_ENTRY;
    if (!*path->name && flags & AT_EMPTY_PATH) {
        *file = path->file ? path->place : context()->directory;
        if (!file->dentry)
            return ERROR_CROSS_DEVICE;
        path_reference(file);
        return OK;
    }
    return path_find(context(), path->start, path->name,
                     flags & AT_SYMLINK_FOLLOW ? WALK_FOLLOW : 0, file);
}

static int64_t link_at(int from_directory, virt_addr_t from, int directory, virt_addr_t name,
                       unsigned flags)
{
    struct call_path old, new;
    struct path file;
    if (flags & ~(unsigned)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
        return syscall_result(ERROR_INVALID);
    enum error error = call_path_get(&old, from_directory, from);
    if (error)
        return syscall_result(error);
    error = find_linked(&old, flags, &file);
    call_path_release(&old);
    if (error)
        return syscall_result(error);
    error = call_path_get(&new, directory, name);
    if (!error) {
        error = path_link(context(), &file, new.start, new.name);
        call_path_release(&new);
    }
    path_release(&file);
    return syscall_result(error);
}

int64_t syscall_link(struct trap_frame *frame)
{
    return link_at(AT_FDCWD, argument_0(frame), AT_FDCWD, argument_1(frame), 0);
}

int64_t syscall_linkat(struct trap_frame *frame)
{
    return link_at((int)argument_0(frame), argument_1(frame), (int)argument_2(frame),
                   argument_3(frame), (unsigned)argument_4(frame));
}

/* --- Removing and renaming -------------------------------------------------------------------- */

static int64_t remove_at(int directory, virt_addr_t name, bool is_directory)
{
    struct call_path path;
    enum error error = call_path_get(&path, directory, name);
    if (error)
        return syscall_result(error);
    error = path_remove(context(), path.start, path.name, is_directory);
    call_path_release(&path);
    return syscall_result(error);
}

int64_t syscall_unlink(struct trap_frame *frame)
{
    return remove_at(AT_FDCWD, argument_0(frame), false);
}

int64_t syscall_rmdir(struct trap_frame *frame)
{
    return remove_at(AT_FDCWD, argument_0(frame), true);
}

int64_t syscall_unlinkat(struct trap_frame *frame)
{
    unsigned flags = (unsigned)argument_2(frame);
    if (flags & ~(unsigned)AT_REMOVEDIR)
        return syscall_result(ERROR_INVALID);
    return remove_at((int)argument_0(frame), argument_1(frame), flags & AT_REMOVEDIR);
}

static int64_t rename_at(int from_directory, virt_addr_t from, int to_directory, virt_addr_t to,
                         unsigned flags)
{
    struct call_path old, new;
    if (flags > RENAME_EXCHANGE) /* at most one of the two flags, and no other */
        return syscall_result(ERROR_INVALID);
    enum error error = call_path_get(&old, from_directory, from);
    if (error)
        return syscall_result(error);
    error = call_path_get(&new, to_directory, to);
    if (!error) {
        error = path_rename(context(), old.start, old.name, new.start, new.name, flags);
        call_path_release(&new);
    }
    call_path_release(&old);
    return syscall_result(error);
}

int64_t syscall_rename(struct trap_frame *frame)
{
    return rename_at(AT_FDCWD, argument_0(frame), AT_FDCWD, argument_1(frame), 0);
}

int64_t syscall_renameat(struct trap_frame *frame)
{
    return rename_at((int)argument_0(frame), argument_1(frame), (int)argument_2(frame),
                     argument_3(frame), 0);
}

int64_t syscall_renameat2(struct trap_frame *frame)
{
    return rename_at((int)argument_0(frame), argument_1(frame), (int)argument_2(frame),
                     argument_3(frame), (unsigned)argument_4(frame));
}

/* --- Symbolic links --------------------------------------------------------------------------- */

static int64_t give_target(struct inode *inode, virt_addr_t to, uint64_t room)
{
    const char *target;
    ASSERT(inode->operations->read_link); /* every symbolic link has it */
    enum error error = inode->operations->read_link(inode, &target);
    if (error)
        return syscall_result(error);
    size_t size = MIN(strlen(target), room);
    error = copy_to_user(to, target, size);
    return error ? syscall_result(error) : (int64_t)size;
}

/* An empty name means the link that the descriptor names. */
static enum error find_link(const struct call_path *path, struct found_file *link)
{
    enum error error =
        call_path_find_file(context(), path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, link);
    if (error)
        return error;
    if (inode_type(link->inode) != S_IFLNK)
        error = *path->name ? ERROR_INVALID : ERROR_NO_ENTRY;
    if (!error)
        error = link_check_access(context(), link->inode);
    if (error)
        found_file_release(link);
    return error;
}

static int64_t read_link_at(int directory, virt_addr_t name, virt_addr_t to, int room)
{
    struct call_path path;
    struct found_file link;
    if (room <= 0)
        return syscall_result(ERROR_INVALID);
    enum error error = call_path_get(&path, directory, name);
    if (error)
        return syscall_result(error);
    error = find_link(&path, &link);
    call_path_release(&path);
    if (error)
        return syscall_result(error);
    int64_t result = give_target(link.inode, to, (uint64_t)room);
    found_file_release(&link);
    return result;
}

int64_t syscall_readlink(struct trap_frame *frame)
{
    return read_link_at(AT_FDCWD, argument_0(frame), argument_1(frame), (int)argument_2(frame));
}

int64_t syscall_readlinkat(struct trap_frame *frame)
{
    return read_link_at((int)argument_0(frame), argument_1(frame), argument_2(frame),
                        (int)argument_3(frame));
}
