/*
 * Names and directories.
 */
#include <fs/notify.h>
#include <kernel/process/process.h>
#include <kernel/syscall/call_path.h>
#include <kernel/syscall/calls.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

static struct fs_context *context(void)
{
    return process_current()->fs;
}

/* --- Listing ---------------------------------------------------------------------------------- */

enum { LISTING_MAX = 4096 };

/* Linux's struct linux_dirent64 (include/linux/dirent.h). */
struct PACKED directory_entry {
    uint64_t inode;
    int64_t next;
    uint16_t size;
    uint8_t type;
    char name[];
};
_Static_assert(offsetof(struct directory_entry, name) == 19, "include/linux/dirent.h");

/* Entries are gathered in the kernel, for a listing may not wait. */
struct listing {
    struct entry_sink sink;
    char *bytes;
    size_t length, room;
    bool is_full;
};

static bool emit(struct entry_sink *sink, const char *name, size_t length, uint64_t inode,
                 uint32_t type, uint64_t next)
{
    struct listing *listing = CONTAINER_OF(sink, struct listing, sink);
    struct directory_entry entry = {
        .inode = inode, .next = (int64_t)next, .type = (uint8_t)(type >> DT_SHIFT)};
    entry.size = (uint16_t)ALIGN_UP(sizeof(entry) + length + 1, sizeof(uint64_t));
    listing->is_full = entry.size > listing->room - listing->length;
    if (listing->is_full)
        return false;
    char *at = listing->bytes + listing->length;
    memset(at, 0, entry.size);
    memcpy(at, &entry, sizeof(entry));
    memcpy(at + sizeof(entry), name, length);
    listing->length += entry.size;
    return true;
}

/* What cannot be given to the program is listed again. A directory that was removed has no entries,
 * not even its own. */
static int64_t list(struct file *file, virt_addr_t to, size_t room)
{
    if (file->dentry->is_deleted)
        return syscall_result(ERROR_NO_ENTRY);
    size_t most = MIN(room, (size_t)LISTING_MAX);
    struct listing listing = {.sink.emit = emit, .room = most};
    uint64_t start = file->position;
    listing.bytes = kmalloc(LISTING_MAX);
    if (!listing.bytes)
        return syscall_result(ERROR_OUT_OF_FRAMES);
    enum error error = file->operations->list(file, &listing.sink);
    if (!error && listing.is_full && listing.length == 0)
        error = ERROR_INVALID;
    if (!error)
        error = copy_to_user(to, listing.bytes, listing.length);
    if (error)
        file->position = start;
    else
        notify_file(file, NOTIFY_ACCESS);
    kfree(listing.bytes);
    return error ? syscall_result(error) : (int64_t)listing.length;
}

int64_t syscall_getdents64(struct trap_frame *frame)
{
    struct file *file;
    enum error error = file_table_get(process_current()->files, (int)argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    int64_t result = file->operations->list
                         ? list(file, argument_1(frame), (uint32_t)argument_2(frame))
                         : syscall_result(ERROR_NOT_DIRECTORY);
    file_release(file);
    return result;
}

/* --- The working directory -------------------------------------------------------------------- */

static int64_t change(virt_addr_t name,
                      enum error (*set)(struct fs_context *context, const struct path *directory))
{
    struct call_path path;
    struct path directory;
    enum error error = call_path_get(&path, AT_FDCWD, name);
    if (error)
        return syscall_result(error);
    error = path_find(context(), NULL, path.name, WALK_FOLLOW | WALK_DIRECTORY, &directory);
    call_path_release(&path);
    if (error)
        return syscall_result(error);
    error = set(context(), &directory);
    path_release(&directory);
    return syscall_result(error);
}

int64_t syscall_chdir(struct trap_frame *frame)
{
    return change(argument_0(frame), fs_context_set_directory);
}

int64_t syscall_chroot(struct trap_frame *frame)
{
    if (process_current()->euid)
        return syscall_result(ERROR_NOT_PERMITTED);
    return change(argument_0(frame), fs_context_set_root);
}

int64_t syscall_fchdir(struct trap_frame *frame)
{
    struct file *file;
    enum error error =
        file_table_get_named(process_current()->files, (int)argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    const struct path place = {file->mount, file->dentry};
    error = file->dentry ? fs_context_set_directory(context(), &place) : ERROR_NOT_DIRECTORY;
    file_release(file);
    return syscall_result(error);
}

static int64_t give_directory(char *path, virt_addr_t to, uint64_t room)
{
    if (context()->directory.dentry->is_deleted)
        return syscall_result(ERROR_NO_ENTRY);
    enum error error = path_name(context(), &context()->directory, path, PATH_MAX);
    size_t size = error ? 0 : strlen(path) + 1;
    if (!error && size > room)
        error = ERROR_RANGE;
    if (!error)
        error = copy_to_user(to, path, size);
    return error ? syscall_result(error) : (int64_t)size;
}

int64_t syscall_getcwd(struct trap_frame *frame)
{
    char *path = kmalloc(PATH_MAX);
    if (!path)
        return syscall_result(ERROR_OUT_OF_FRAMES);
    int64_t result = give_directory(path, argument_0(frame), argument_1(frame));
    kfree(path);
    return result;
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

int64_t syscall_mkdir(struct trap_frame *frame)
{
    return make(AT_FDCWD, argument_0(frame), S_IFDIR | (argument_1(frame) & MODE_PERMISSIONS), 0);
}

int64_t syscall_mkdirat(struct trap_frame *frame)
{
    return make((int)argument_0(frame), argument_1(frame),
                S_IFDIR | (argument_2(frame) & MODE_PERMISSIONS), 0);
}

static int64_t make_node(int directory, virt_addr_t name, uint32_t mode, uint32_t rdev)
{
    switch (mode & S_IFMT) {
    case 0:
        mode |= S_IFREG;
        break;
    case S_IFCHR:
    case S_IFBLK:
        if (process_current()->euid)
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

/* Finds the file that gets another name; with AT_EMPTY_PATH it may be one that is open. */
static enum error find_linked(const struct call_path *path, unsigned flags, struct path *file)
{
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
    if (flags > RENAME_EXCHANGE) /* not both, and no other */
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
    if (inode_type(inode) != S_IFLNK)
        return syscall_result(ERROR_INVALID);
    enum error error = inode->operations->read_link(inode, &target);
    if (error)
        return syscall_result(error);
    size_t size = MIN(strlen(target), room);
    error = copy_to_user(to, target, size);
    return error ? syscall_result(error) : (int64_t)size;
}

static int64_t read_link_at(int directory, virt_addr_t name, virt_addr_t to, int room)
{
    struct found_file file;
    if (room <= 0)
        return syscall_result(ERROR_INVALID);
    enum error error = call_path_find(directory, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &file);
    if (error)
        return syscall_result(error);
    error = link_check_access(context(), file.inode);
    int64_t result = error ? syscall_result(error) : give_target(file.inode, to, (uint64_t)room);
    found_file_release(&file);
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
