/*
 * inotify.
 */
#include <fs/inotify.h>
#include <fs/notify.h>
#include <kernel/process/process.h>
#include <kernel/syscall/call_path.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/descriptors.h>

static int64_t make(unsigned flags)
{
    struct file *file;
    if (flags & ~(unsigned)(O_NONBLOCK | O_CLOEXEC))
        return syscall_result(ERROR_INVALID);
    enum error error = inotify_create(flags & O_NONBLOCK, &file);
    return error ? syscall_result(error) : descriptor_add(file, flags & O_CLOEXEC);
}

int64_t syscall_inotify_init(struct trap_frame *frame)
{
    (void)frame;
    return make(0);
}

int64_t syscall_inotify_init1(struct trap_frame *frame)
{
    return make((unsigned)argument_0(frame));
}

/* The file of a descriptor, referenced. */
static enum error get_inotify(uint64_t fd, struct file **file)
{
    enum error error = file_table_get(process_current()->files, (int)fd, file);
    if (!error && !file_is_inotify(*file)) {
        file_release(*file);
        error = ERROR_INVALID;
    }
    return error;
}

static enum error watch(struct file *file, virt_addr_t name, unsigned mask, int *number)
{
    struct found_file found;
    unsigned flags = mask & WATCH_NO_FOLLOW ? AT_SYMLINK_NOFOLLOW : 0;
    enum error error = call_path_find(AT_FDCWD, name, flags, &found);
    if (error)
        return error;
    if (mask & WATCH_ONLY_DIRECTORY && !inode_is_directory(found.inode))
        error = ERROR_NOT_DIRECTORY;
    if (!error)
        error = inode_check_access(process_current()->fs, found.inode, MAY_READ);
    if (!error)
        error = inotify_watch(file, found.inode, mask, number);
    found_file_release(&found);
    return error;
}

int64_t syscall_inotify_add_watch(struct trap_frame *frame)
{
    struct file *file;
    unsigned mask = (unsigned)argument_2(frame);
    int number = 0;
    bool is_known = mask & (NOTIFY_ALL | NOTIFY_UNMOUNT | NOTIFY_OVERFLOW | NOTIFY_IGNORED |
                            WATCH_ONLY_DIRECTORY | WATCH_NO_FOLLOW | WATCH_NO_DELETED |
                            WATCH_CREATE | WATCH_ADD | NOTIFY_IS_DIRECTORY | (unsigned)WATCH_ONCE);
    if (!is_known)
        return syscall_result(ERROR_INVALID);
    if (!file_table_is_open(process_current()->files, (int)argument_0(frame)))
        return syscall_result(ERROR_BAD_DESCRIPTOR);
    if (mask & WATCH_ADD && mask & WATCH_CREATE)
        return syscall_result(ERROR_INVALID);
    enum error error = get_inotify(argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    error = watch(file, argument_1(frame), mask, &number);
    file_release(file);
    return error ? syscall_result(error) : number;
}

int64_t syscall_inotify_rm_watch(struct trap_frame *frame)
{
    struct file *file;
    enum error error = get_inotify(argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    error = inotify_unwatch(file, (int)argument_1(frame));
    file_release(file);
    return syscall_result(error);
}
