/*
 * Mounting and unmounting file systems. Only root may, but Linux looks up the names before it says
 * so.
 */
#include <assert.h>
#include <fs/block_file.h>
#include <kernel/process/credentials.h>
#include <kernel/process/process.h>
#include <kernel/syscall/call_path.h>
#include <kernel/syscall/calls.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

/* The file that is to be mounted is no disk. No other call has this errno. */
enum { ENOTBLK = 15 };

/* mount(2)'s flags besides enum mount_flags (include/uapi/linux/mount.h). */
enum {
    MS_REMOUNT = 32,
    MS_BIND = 4096,
    MS_MOVE = 8192,
    MS_RECURSIVE = 16384,
    MS_PROPAGATION = 0x1e0000, /* MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE, MS_SHARED */
};

enum { TYPE_NAME = 32, OPTIONS_MAX = 4096 };

static struct fs_context *context(void)
{
    return process_current()->fs;
}

/* --- mount ------------------------------------------------------------------------------------ */

/* The arguments of mount(); its texts are on the heap. */
struct request {
    struct path point; /* referenced */
    char *source;      /* "none" if the call gives none */
    char *options;     /* "" if the call gives none */
    virt_addr_t type;
    uint64_t flags;
};

static unsigned mount_flags_of(const struct request *request)
{
    return (unsigned)request->flags & MOUNT_FLAGS;
}

/* The disk that a path leads to. */
static int64_t find_disk(const char *source, struct block_device **device)
{
    struct dentry *dentry;
    enum error error = path_walk(context(), NULL, source, WALK_FOLLOW, &dentry);
    if (error)
        return syscall_result(error);
    bool is_disk = inode_type(dentry->inode) == S_IFBLK;
    *device = is_disk ? block_file_device(dentry->inode->rdev) : NULL;
    dentry_release(dentry);
    return !is_disk ? -ENOTBLK : syscall_result(*device ? OK : ERROR_NO_UNIT);
}

static int64_t mount_new(const struct request *request)
{
    char name[TYPE_NAME];
    size_t length;
    struct mount_arguments arguments = {.options = request->options,
                                        .is_read_only = request->flags & MOUNT_READ_ONLY};
    enum error error = string_from_user(name, sizeof(name), request->type, &length);
    if (error == ERROR_BAD_ADDRESS)
        return syscall_result(error);
    struct filesystem_type *type = error ? NULL : filesystem_find_type(name);
    if (!type)
        return syscall_result(ERROR_NO_DEVICE);
    int64_t result = type->has_device ? find_disk(request->source, &arguments.device) : 0;
    if (result)
        return result;
    return syscall_result(
        mount_add(type, request->source, &request->point, mount_flags_of(request), &arguments));
}

/* The mount's flags after a remount. Those about access times stay if the call gives none of them.
 */
static unsigned flags_after(const struct request *request)
{
    enum {
        MS_RELATIVE_ATIME = 1 << 21,
        TIMES = MOUNT_NO_ATIME | MOUNT_NO_DIRECTORY_ATIME | MOUNT_STRICT_ATIME
    };
    unsigned flags = mount_flags_of(request);
    if (!(request->flags & (TIMES | MS_RELATIVE_ATIME)))
        flags |= request->point.mount->flags & TIMES;
    return flags;
}

/* With MS_BIND only the mount changes, otherwise the file system too. */
static enum error remount(const struct request *request)
{
    const struct mount_arguments arguments = {.options = request->options,
                                              .is_read_only = request->flags & MOUNT_READ_ONLY};
    if (request->flags & MS_BIND)
        return mount_set_flags(&request->point, flags_after(request));
    return mount_change(&request->point, flags_after(request), &arguments);
}

static enum error bind_or_move(const struct request *request)
{
    struct path from;
    enum error error = path_find(context(), NULL, request->source, WALK_FOLLOW, &from);
    if (error)
        return error;
    error = request->flags & MS_BIND
                ? mount_bind(&from, &request->point, request->flags & MS_RECURSIVE)
                : mount_move(&from, &request->point);
    path_release(&from);
    return error;
}

/* All processes share one tree of mounts, so there is nothing to propagate. */
static enum error set_propagation(const struct request *request)
{
    ASSERT(request->point.mount);
    return request->point.dentry == request->point.mount->root ? OK : ERROR_INVALID;
}

static int64_t do_request(struct request *request)
{
    if (!is_privileged())
        return syscall_result(ERROR_NOT_PERMITTED);
    if (!request->point.mount)
        return syscall_result(ERROR_INVALID);
    if (request->flags & MS_REMOUNT)
        return syscall_result(remount(request));
    if (request->flags & MS_PROPAGATION && !(request->flags & MS_BIND))
        return syscall_result(set_propagation(request));
    path_enter_mounts(&request->point);
    return request->flags & (MS_BIND | MS_MOVE) ? syscall_result(bind_or_move(request))
                                                : mount_new(request);
}

/* Copies a program's text to the heap; at address 0 it is the text `otherwise`. After an error
 * *text is the caller's all the same. */
static enum error get_text(virt_addr_t from, const char *otherwise, char **text)
{
    size_t length;
    *text = kzalloc(OPTIONS_MAX);
    if (!*text)
        return ERROR_OUT_OF_FRAMES;
    if (from)
        return string_from_user(*text, OPTIONS_MAX, from, &length);
    string_copy(*text, otherwise, OPTIONS_MAX);
    return OK;
}

int64_t syscall_mount(struct trap_frame *frame)
{
    struct request request = {.type = argument_2(frame), .flags = argument_3(frame)};
    enum error error = get_text(argument_0(frame), "none", &request.source);
    if (!error)
        error = get_text(argument_4(frame), "", &request.options);
    if (!error)
        error = call_path_find_place(AT_FDCWD, argument_1(frame), 0, &request.point);
    int64_t result = syscall_result(error);
    if (!error) {
        result = do_request(&request);
        path_release(&request.point);
    }
    kfree(request.source);
    kfree(request.options);
    return result;
}

/* --- umount2, pivot_root ---------------------------------------------------------------------- */

/* The root of the running program is not unmounted: it is written to disk and becomes read-only, as
 * on Linux. */
static enum error end_root(const struct path *root)
{
    return mount_change(root, root->mount->flags, &(struct mount_arguments){.is_read_only = true});
}

int64_t syscall_umount2(struct trap_frame *frame)
{
    enum {
        MNT_FORCE = 1,
        MNT_DETACH = 2,
        UMOUNT_NOFOLLOW = 8,
        KNOWN = MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW
    };
    struct path root;
    unsigned flags = (unsigned)argument_1(frame);
    if (flags & ~(unsigned)KNOWN)
        return syscall_result(ERROR_INVALID);
    enum error error = call_path_find_place(
        AT_FDCWD, argument_0(frame), flags & UMOUNT_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0, &root);
    if (error)
        return syscall_result(error);
    bool lazy = flags & MNT_DETACH;
    if (!is_privileged())
        error = ERROR_NOT_PERMITTED;
    else if (!lazy && path_equals(&root, &context()->root))
        error = end_root(&root);
    else
        error = mount_remove(&root, lazy);
    path_release(&root);
    return syscall_result(error);
}

/* Moves all processes whose root or working directory is `from` to `to`. */
static void move_processes(const struct path *from, const struct path *to)
{
    for_each_process(process) {
        struct fs_context *each = process->fs;
        for (unsigned i = 0; each && i < 2; i++) {
            struct path *place = i ? &each->directory : &each->root;
            if (!path_equals(place, from))
                continue;
            path_reference(to);
            *place = *to;
            path_release(from); /* the caller has another reference */
        }
    }
}

static enum error pivot(const struct path *new_root, const struct path *put_old)
{
    const struct path old_root = context()->root;
    path_reference(&old_root);
    enum error error = mount_pivot(&old_root, new_root, put_old);
    if (!error)
        move_processes(&old_root, new_root);
    path_release(&old_root);
    return error;
}

int64_t syscall_pivot_root(struct trap_frame *frame)
{
    struct path new_root, put_old;
    if (!is_privileged())
        return syscall_result(ERROR_NOT_PERMITTED);
    enum error error = call_path_find_place(AT_FDCWD, argument_0(frame), 0, &new_root);
    if (error)
        return syscall_result(error);
    error = call_path_find_place(AT_FDCWD, argument_1(frame), 0, &put_old);
    if (!error) {
        bool are_directories =
            inode_is_directory(new_root.dentry->inode) && inode_is_directory(put_old.dentry->inode);
        error = are_directories ? pivot(&new_root, &put_old) : ERROR_NOT_DIRECTORY;
        path_release(&put_old);
    }
    path_release(&new_root);
    return syscall_result(error);
}
