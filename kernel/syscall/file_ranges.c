/*
 * Ranges of files: allocating room, advice about the use, writing to disk.
 */
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>

/* Calls `function` with the file of the first argument. */
static int64_t with_file(const struct trap_frame *frame,
                         enum error (*function)(struct file *file, const struct trap_frame *frame))
{
    struct file *file;
    enum error error = file_table_get(process_current()->files, (int)argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    error = function(file, frame);
    file_release(file);
    return syscall_result(error);
}

static enum error allocate(struct file *file, const struct trap_frame *frame)
{
    return file_allocate(file, (unsigned)argument_1(frame), argument_2(frame), argument_3(frame));
}

int64_t syscall_fallocate(struct trap_frame *frame)
{
    return with_file(frame, allocate);
}

/* Advice is checked, and changes nothing: pages are read when they are needed, and reclaimed when
 * memory is short. */
static enum error advise(struct file *file, const struct trap_frame *frame)
{
    enum { ADVICE_MAX = 5 };
    if (inode_type(file->inode) == S_IFIFO)
        return ERROR_NOT_SEEKABLE;
    return argument_2(frame) > INT64_MAX || (unsigned)argument_3(frame) > ADVICE_MAX ? ERROR_INVALID
                                                                                     : OK;
}

int64_t syscall_fadvise64(struct trap_frame *frame)
{
    return with_file(frame, advise);
}

static enum error read_ahead(struct file *file, const struct trap_frame *frame)
{
    uint32_t type = inode_type(file->inode);
    (void)frame;
    if ((file->flags & O_ACCMODE) == O_WRONLY)
        return ERROR_BAD_DESCRIPTOR;
    return type == S_IFREG || type == S_IFBLK ? OK : ERROR_INVALID;
}

int64_t syscall_readahead(struct trap_frame *frame)
{
    return with_file(frame, read_ahead);
}

/* Writes the whole file, not only the range. */
static enum error sync_range(struct file *file, const struct trap_frame *frame)
{
    enum { KNOWN = 7 };
    uint64_t offset = argument_1(frame), length = argument_2(frame);
    uint32_t type = inode_type(file->inode);
    if ((unsigned)argument_3(frame) & ~(unsigned)KNOWN || offset > INT64_MAX ||
        length > INT64_MAX || offset + length > INT64_MAX)
        return ERROR_INVALID;
    if (type != S_IFREG && type != S_IFBLK && type != S_IFDIR && type != S_IFLNK)
        return ERROR_NOT_SEEKABLE;
    return file_sync(file);
}

int64_t syscall_sync_file_range(struct trap_frame *frame)
{
    return with_file(frame, sync_range);
}

static enum error sync_filesystem(struct file *file, const struct trap_frame *frame)
{
    struct filesystem *filesystem = file->inode->filesystem;
    (void)frame;
    return filesystem->type->sync ? filesystem->type->sync(filesystem) : OK;
}

int64_t syscall_syncfs(struct trap_frame *frame)
{
    return with_file(frame, sync_filesystem);
}
