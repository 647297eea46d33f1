/*
 * Opening and closing files, their positions and sizes.
 */
#include <assert.h>
#include <fs/block_file.h>
#include <fs/mount.h>
#include <kernel/process/process.h>
#include <kernel/syscall/call_path.h>
#include <kernel/syscall/calls.h>
#include <mm/user_copy.h>

static enum error get_file(int fd, struct file **file)
{
    return file_table_get(process_current()->files, fd, file);
}

/* --- Opening and closing ---------------------------------------------------------------------- */

static int64_t open_at(int directory, virt_addr_t name, unsigned flags, uint32_t mode)
{
    struct process *process = process_current();
    struct call_path path;
    struct file *file = NULL;
    int fd;
    enum error error = call_path_get(&path, directory, name);
    if (error)
        return syscall_result(error);
    error = ERROR_TOO_MANY_FILES; /* then no file may be made or truncated */
    if (!file_table_is_full(process->files))
        error = file_open(process->fs, path.start, path.name, flags | O_LARGEFILE, mode, &file);
    call_path_release(&path);
    if (error)
        return syscall_result(error);
    /* As descriptor_add(), whose call would cost 22 instructions. */
    error = file_table_add(process->files, file, 0, flags & O_CLOEXEC, &fd);
    if (!error)
        return fd;
    file_release(file);
    return syscall_result(error);
}

int64_t syscall_open(struct trap_frame *frame)
{
    return open_at(AT_FDCWD, argument_0(frame), (unsigned)argument_1(frame),
                   (uint32_t)argument_2(frame));
}

int64_t syscall_openat(struct trap_frame *frame)
{
    return open_at((int)argument_0(frame), argument_1(frame), (unsigned)argument_2(frame),
                   (uint32_t)argument_3(frame));
}

int64_t syscall_creat(struct trap_frame *frame)
{
    return open_at(AT_FDCWD, argument_0(frame), O_CREAT | O_WRONLY | O_TRUNC,
                   (uint32_t)argument_1(frame));
}

int64_t syscall_close(struct trap_frame *frame)
{
    return syscall_result(file_table_close(process_current()->files, (int)argument_0(frame)));
}

int64_t syscall_close_range(struct trap_frame *frame)
{
    enum { CLOSE_RANGE_UNSHARE = 2, CLOSE_RANGE_CLOEXEC = 4 };
    unsigned first = (unsigned)argument_0(frame), last = (unsigned)argument_1(frame);
    unsigned flags = (unsigned)argument_2(frame);
    if (flags & ~(unsigned)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
        return syscall_result(ERROR_INVALID);
    enum error error = flags & CLOSE_RANGE_UNSHARE ? process_unshare_files() : OK;
    if (error)
        return syscall_result(error);
    file_table_close_range(process_current()->files, first, last, flags & CLOSE_RANGE_CLOEXEC);
    return 0;
}

/* --- Positions -------------------------------------------------------------------------------- */

int64_t syscall_lseek(struct trap_frame *frame)
{
    struct file *file;
    uint64_t position = 0;
    enum error error = get_file((int)argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    int whence = (int)argument_2(frame);
    error = whence < SEEK_SET || whence > SEEK_HOLE
                ? ERROR_INVALID
                : file_seek(file, (int64_t)argument_1(frame), whence, &position);
    ASSERT(error || position <= INT64_MAX);
    file_release(file);
    return error ? syscall_result(error) : (int64_t)position;
}

/* --- Sizes, and writing to disk --------------------------------------------------------------- */

int64_t syscall_ftruncate(struct trap_frame *frame)
{
    struct file *file;
    if (argument_1(frame) > INT64_MAX)
        return syscall_result(ERROR_INVALID);
    enum error error = get_file((int)argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    error = file_set_size(file, argument_1(frame));
    file_release(file);
    return syscall_result(error);
}

static enum error truncate(const struct fs_context *context, const struct found_file *file,
                           uint64_t size)
{
    struct inode *inode = file->inode;
    if (inode_is_directory(inode))
        return ERROR_IS_DIRECTORY;
    if (inode_type(inode) != S_IFREG)
        return ERROR_INVALID;
    enum error error = inode_check_access(context, inode, MAY_WRITE);
    return error ? error : path_set_size(context, &file->path, inode, size);
}

int64_t syscall_truncate(struct trap_frame *frame)
{
    struct found_file file;
    if (argument_1(frame) > INT64_MAX)
        return syscall_result(ERROR_INVALID);
    enum error error = call_path_find(AT_FDCWD, argument_0(frame), 0, &file);
    if (error)
        return syscall_result(error);
    error = truncate(process_current()->fs, &file, argument_1(frame));
    found_file_release(&file);
    return syscall_result(error);
}

int64_t syscall_sync(struct trap_frame *frame)
{
    (void)frame;
    mounts_sync();
    block_files_sync();
    return 0;
}

int64_t syscall_fsync(struct trap_frame *frame)
{
    struct file *file;
    enum error error = get_file((int)argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    error = file_sync(file);
    file_release(file);
    return syscall_result(error);
}

int64_t syscall_fdatasync(struct trap_frame *frame)
{
    return syscall_fsync(frame);
}

/* --- Controls --------------------------------------------------------------------------------- */

enum { FIONCLEX = 0x5450, FIOCLEX = 0x5451, FIONBIO = 0x5421, FIONREAD = 0x541b };

static enum error set_nonblocking(struct file *file, virt_addr_t argument)
{
    int32_t on;
    enum error error = copy_from_user(&on, argument, sizeof(on));
    if (!error)
        file->flags = on ? file->flags | O_NONBLOCK : file->flags & ~(unsigned)O_NONBLOCK;
    return error;
}

static enum error control(struct file *file, int fd, unsigned request, uint64_t argument,
                          int64_t *result)
{
    struct file_table *files = process_current()->files;
    switch (request) {
    case FIOCLEX:
    case FIONCLEX:
        return file_table_set_close_on_exec(files, fd, request == FIOCLEX);
    case FIONBIO:
        return set_nonblocking(file, argument);
    case FIONREAD:
        if (inode_type(file->inode) == S_IFREG) {
            int32_t left = (int32_t)(file->inode->size - file->position);
            return copy_to_user(argument, &left, sizeof(left));
        }
        break;
    default:
        break;
    }
    if (!file->operations->ioctl)
        return ERROR_NOT_TERMINAL;
    return file->operations->ioctl(file, request, argument, result);
}

int64_t syscall_ioctl(struct trap_frame *frame)
{
    struct file *file;
    int64_t result = 0;
    int fd = (int)argument_0(frame);
    enum error error = get_file(fd, &file);
    if (error)
        return syscall_result(error);
    error = control(file, fd, (unsigned)argument_1(frame), argument_2(frame), &result);
    file_release(file);
    return error ? syscall_result(error) : result;
}
