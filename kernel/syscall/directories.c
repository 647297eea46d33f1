/*
 * Listings of directories, and the working directory.
 */
#include <assert.h>
#include <fs/notify.h>
#include <kernel/process/credentials.h>
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

/* Entries are gathered in the kernel: emit() may not wait for the program's memory. */
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
    ASSERT(length <= NAME_MAX);
    ASSERT(listing->length <= listing->room);
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

/* If the program's memory is bad, the next call lists the same entries again. A directory that was
 * removed has no entries, not even "." and "..". */
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

static enum error set_root(struct fs_context *fs, const struct path *directory)
{
    enum error error = inode_check_access(fs, directory->dentry->inode, MAY_EXECUTE);
    if (!error && !is_privileged())
        error = ERROR_NOT_PERMITTED;
    return error ? error : fs_context_set_root(fs, directory);
}

/* Calls `set` with the directory of that name. */
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
    return change(argument_0(frame), set_root);
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
