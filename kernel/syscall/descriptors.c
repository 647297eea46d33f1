/*
 * Descriptors: copies of them, their flags, and pipes.
 */
#include <assert.h>
#include <fs/pipe.h>
#include <fs/seals.h>
#include <kernel/process/credentials.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/descriptors.h>
#include <kernel/syscall/locks.h>
#include <mm/user_copy.h>

enum {
    F_DUPFD = 0,
    F_GETFD = 1,
    F_SETFD = 2,
    F_GETFL = 3,
    F_SETFL = 4,
    F_DUPFD_CLOEXEC = 1030,
    F_SETPIPE_SZ = 1031,
    F_GETPIPE_SZ = 1032,
    F_ADD_SEALS = 1033,
    F_GET_SEALS = 1034,
    FD_CLOEXEC = 1,
};

/* --- Copies ----------------------------------------------------------------------------------- */

/* Opens another descriptor, from `lowest` on, for the file, whose reference it takes over. */
static inline int64_t add(struct file *file, int lowest, bool close_on_exec)
{
    int fd;
    enum error error = file_table_add(process_current()->files, file, lowest, close_on_exec, &fd);
    if (!error)
        return fd;
    file_release(file);
    return syscall_result(error);
}

int64_t descriptor_add(struct file *file, bool close_on_exec)
{
    return add(file, 0, close_on_exec);
}

int64_t syscall_dup(struct trap_frame *frame)
{
    struct file *file;
    enum error error =
        file_table_get_named(process_current()->files, (int)argument_0(frame), &file);
    return error ? syscall_result(error) : add(file, 0, false);
}

static int64_t put(int old, int new, bool close_on_exec)
{
    struct file_table *files = process_current()->files;
    struct file *file;
    enum error error = file_table_get_named(files, old, &file);
    if (error)
        return syscall_result(error);
    error = file_table_put(files, file, new, close_on_exec);
    if (!error)
        return new;
    file_release(file);
    return syscall_result(error);
}

int64_t syscall_dup2(struct trap_frame *frame)
{
    int old = (int)argument_0(frame), new = (int)argument_1(frame);
    bool ignored;
    if (old != new)
        return put(old, new, false);
    enum error error = file_table_get_close_on_exec(process_current()->files, old, &ignored);
    return error ? syscall_result(error) : new;
}

int64_t syscall_dup3(struct trap_frame *frame)
{
    int old = (int)argument_0(frame), new = (int)argument_1(frame);
    unsigned flags = (unsigned)argument_2(frame);
    if (old == new || flags & ~(unsigned)O_CLOEXEC)
        return syscall_result(ERROR_INVALID);
    return put(old, new, flags & O_CLOEXEC);
}

/* --- Flags ------------------------------------------------------------------------------------ */

static int64_t get_descriptor_flags(int fd)
{
    bool close_on_exec;
    enum error error = file_table_get_close_on_exec(process_current()->files, fd, &close_on_exec);
    return error ? syscall_result(error) : close_on_exec ? FD_CLOEXEC : 0;
}

/* Sets the flags that can be changed. Only the file's owner sets O_NOATIME. */
static enum error set_status(struct file *file, unsigned flags)
{
    enum { MAY_CHANGE = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME };
    bool becomes_direct = flags & ~file->flags & O_DIRECT;
    if (flags & ~file->flags & O_NOATIME && !fs_context_owns(process_current()->fs, file->inode))
        return ERROR_NOT_PERMITTED;
    if (becomes_direct && !file->operations->may_be_direct && !file->inode->pipe)
        return ERROR_INVALID;
    file->flags = (file->flags & ~(unsigned)MAY_CHANGE) | (flags & MAY_CHANGE);
    return OK;
}

/* The result is the pipe's size afterwards. */
static int64_t control_pipe_size(struct file *file, int command, uint32_t size)
{
    enum error error = pipe_size(file) ? OK : ERROR_BAD_DESCRIPTOR;
    if (!error && command == F_SETPIPE_SZ) {
        if (size > PIPE_LAST_SIZE)
            error = ERROR_INVALID;
        else if (size > PIPE_SIZE_OF_USERS && !is_privileged())
            error = ERROR_NOT_PERMITTED;
        else
            error = pipe_resize(file, size);
    }
    return error ? syscall_result(error) : (int64_t)pipe_size(file);
}

static int64_t get_seals(const struct file *file)
{
    unsigned seals = 0;
    enum error error = seals_get(file, &seals);
    return error ? syscall_result(error) : (int64_t)seals;
}

/* May the command be used on a file that was opened with O_PATH? */
static bool is_allowed_with_path(int command)
{
    return command == F_DUPFD || command == F_DUPFD_CLOEXEC || command == F_GETFD ||
           command == F_SETFD || command == F_GETFL;
}

/* Takes over the reference on `file`. */
static int64_t control(struct file *file, int fd, int command, uint64_t argument)
{
    int64_t result;
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if ((uint32_t)argument < process_current()->files->limit)
            return add(file, (int)argument, command == F_DUPFD_CLOEXEC);
        result = syscall_result(ERROR_INVALID);
        break;
    case F_GETFD:
        result = get_descriptor_flags(fd);
        break;
    case F_SETFD:
        result = syscall_result(
            file_table_set_close_on_exec(process_current()->files, fd, argument & FD_CLOEXEC));
        break;
    case F_GETFL:
        result = (int64_t)file->flags;
        break;
    case F_SETFL:
        result = syscall_result(set_status(file, (unsigned)argument));
        break;
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        result = syscall_result(record_lock_control(file, command, argument));
        break;
    case F_GETPIPE_SZ:
    case F_SETPIPE_SZ:
        result = control_pipe_size(file, command, (uint32_t)argument);
        break;
    case F_ADD_SEALS:
        result = syscall_result(seals_add(file, argument));
        break;
    case F_GET_SEALS:
        result = get_seals(file);
        break;
    default:
        result = syscall_result(ERROR_INVALID);
        break;
    }
    file_release(file);
    return result;
}

int64_t syscall_fcntl(struct trap_frame *frame)
{
    struct file *file;
    int fd = (int)argument_0(frame);
    enum error error = file_table_get_named(process_current()->files, fd, &file);
    if (error)
        return syscall_result(error);
    if (file->flags & O_PATH && !is_allowed_with_path((int)argument_1(frame))) {
        file_release(file);
        return syscall_result(ERROR_BAD_DESCRIPTOR);
    }
    return control(file, fd, (int)argument_1(frame), argument_2(frame));
}

/* --- Pipes ------------------------------------------------------------------------------------ */

enum error descriptor_add_both(struct file *ends[2], bool close_on_exec, virt_addr_t to)
{
    struct file_table *files = process_current()->files;
    int fds[2];
    ASSERT(ends[0] != ends[1]);
    enum error error = file_table_add(files, ends[0], 0, close_on_exec, &fds[0]);
    if (error) {
        file_release(ends[0]);
        file_release(ends[1]);
        return error;
    }
    error = file_table_add(files, ends[1], 0, close_on_exec, &fds[1]);
    if (error) {
        file_release(ends[1]);
        file_table_close(files, fds[0]);
        return error;
    }
    for (size_t i = 0; i < 2; i++)
        file_reference(ends[i]); /* for other threads may close them during the copy */
    error = copy_to_user(to, fds, sizeof(fds));
    for (size_t i = 0; i < 2; i++) {
        if (error)
            file_table_take_back(process_current()->files, fds[i], ends[i]);
        file_release(ends[i]);
    }
    return error;
}

static int64_t make_pipe(virt_addr_t to, unsigned flags)
{
    struct file *ends[2];
    if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
        return syscall_result(ERROR_INVALID);
    enum error error = pipe_create(flags & O_NONBLOCK, &ends[0], &ends[1]);
    if (!error)
        error = descriptor_add_both(ends, flags & O_CLOEXEC, to);
    return syscall_result(error);
}

int64_t syscall_pipe(struct trap_frame *frame)
{
    return make_pipe(argument_0(frame), 0);
}

int64_t syscall_pipe2(struct trap_frame *frame)
{
    return make_pipe(argument_0(frame), (unsigned)argument_1(frame));
}
