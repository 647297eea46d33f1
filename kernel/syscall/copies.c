/*
 * Copies from file to file.
 */
#include <assert.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

enum { COPY_SIZE = 4096, BLOCKS_BETWEEN_YIELDS = 64 };

/* Copies `count` bytes through `page`, fewer if a file ends, from *position of `from` to
 * *to_position of `to`; NULL: to where that file is. Both move on by what was written. */
static enum error copy_file(struct file *to, struct file *from, uint64_t *position,
                            uint64_t *to_position, uint64_t count, void *page)
{
    struct buffer buffer;
    enum error error = OK;
    for (unsigned i = 1; !error && count > 0; i++) {
        size_t size = MIN(count, (uint64_t)COPY_SIZE);
        buffer_init_kernel(&buffer, page, size);
        error = file_read_at(from, &buffer, *position);
        size -= buffer.left;
        if (error || size == 0)
            break;
        buffer_init_kernel(&buffer, page, size);
        error = to_position ? file_write_at(to, &buffer, *to_position) : file_write(to, &buffer);
        ASSERT(size - buffer.left <= count);
        *position += size - buffer.left;
        if (to_position)
            *to_position += size - buffer.left;
        count -= size - buffer.left;
        if (thread_is_interrupted(thread_current()))
            break;
        if (i % BLOCKS_BETWEEN_YIELDS == 0)
            thread_yield();
    }
    return error;
}

/* The errors of one file come before the other file is looked at. `start` is where the copy begins.
 */
static enum error check_source(const struct file *from, bool has_offset, uint64_t start)
{
    if ((from->flags & O_ACCMODE) == O_WRONLY)
        return ERROR_BAD_DESCRIPTOR;
    if (has_offset && !from->operations->has_position)
        return ERROR_NOT_SEEKABLE;
    return start > INT64_MAX ? ERROR_INVALID : OK;
}

/* The file is copied up to where it ends now: copied to its own end, it would never end. A file of
 * /proc has content, but its size is 0. */
static uint64_t left_in(const struct file *from, uint64_t start, uint64_t count)
{
    uint64_t size = from->inode->size, left = size > start ? size - start : 0;
    left = size ? MIN(left, count) : count;
    return MIN(left, (uint64_t)BUFFER_MAX);
}

static int64_t send(struct file *to, struct file *from, virt_addr_t offset, uint64_t start,
                    uint64_t count)
{
    if ((to->flags & O_ACCMODE) == O_RDONLY)
        return syscall_result(ERROR_BAD_DESCRIPTOR);
    bool appends = to->flags & O_APPEND && inode_type(to->inode) != S_IFIFO;
    if (inode_type(from->inode) != S_IFREG || appends)
        return syscall_result(ERROR_INVALID); /* then programs read and write */
    void *page = kmalloc_aligned(COPY_SIZE, COPY_SIZE);
    if (!page)
        return syscall_result(ERROR_OUT_OF_FRAMES);
    uint64_t end = start;
    enum error error = copy_file(to, from, &end, NULL, left_in(from, start, count), page);
    kfree(page);
    if (error == ERROR_PIPE)
        signal_send_self(SIGPIPE);
    if (!offset)
        from->position = end;
    else if (copy_to_user(offset, &end, sizeof(end)) != OK)
        return syscall_result(ERROR_BAD_ADDRESS);
    return end > start || !error ? (int64_t)(end - start) : syscall_result(error);
}

int64_t syscall_sendfile(struct trap_frame *frame)
{
    struct file *to = NULL, *from = NULL;
    virt_addr_t offset = argument_2(frame);
    uint64_t start = 0;
    enum error error = offset ? copy_from_user(&start, offset, sizeof(start)) : OK;
    const struct file_table *files = process_current()->files; /* which may change in a wait */
    if (!error)
        error = file_table_get(files, (int)argument_1(frame), &from);
    if (error)
        return syscall_result(error);
    if (!offset)
        start = from->position;
    error = check_source(from, offset, start);
    if (!error)
        error = file_table_get(files, (int)argument_0(frame), &to);
    int64_t result = syscall_result(error);
    if (!error) {
        result = send(to, from, offset, start, argument_3(frame));
        file_release(to);
    }
    file_release(from);
    return result;
}

/* --- copy_file_range -------------------------------------------------------------------------- */

static enum error check_copy(const struct file *to, const struct file *from)
{
    if (inode_is_directory(from->inode) || inode_is_directory(to->inode))
        return ERROR_IS_DIRECTORY;
    if (inode_type(from->inode) != S_IFREG || inode_type(to->inode) != S_IFREG)
        return ERROR_INVALID;
    if ((from->flags & O_ACCMODE) == O_WRONLY || (to->flags & O_ACCMODE) == O_RDONLY ||
        to->flags & O_APPEND)
        return ERROR_BAD_DESCRIPTOR;
    return from->inode->filesystem == to->inode->filesystem ? OK : ERROR_CROSS_DEVICE;
}

/* Reads the position from the program's memory; `at` 0: the file's own. */
static enum error get_position(const struct file *file, virt_addr_t at, uint64_t *position)
{
    *position = file->position;
    enum error error = at ? copy_from_user(position, at, sizeof(*position)) : OK;
    return !error && *position > INT64_MAX ? ERROR_INVALID : error;
}

static enum error put_position(struct file *file, virt_addr_t at, uint64_t position)
{
    if (at)
        return copy_to_user(at, &position, sizeof(position));
    file->position = position;
    return OK;
}

/* How many bytes are to be copied: fewer than asked for if the file ends before. ERROR_OVERFLOW: a
 * range passes the last address. ERROR_INVALID: the ranges are in one file and overlap. */
static enum error get_count(const struct file *to, uint64_t to_start, const struct file *from,
                            uint64_t start, uint64_t *count)
{
    if (*count > UINT64_MAX - start || *count > UINT64_MAX - to_start)
        return ERROR_OVERFLOW;
    uint64_t size = from->inode->size, left = size > start ? size - start : 0;
    uint64_t most = MIN(left, (uint64_t)BUFFER_MAX);
    *count = MIN(*count, most);
    bool overlap = start < to_start + *count && to_start < start + *count;
    return from->inode == to->inode && overlap ? ERROR_INVALID : OK;
}

static int64_t copy_range(struct file *to, struct file *from, const struct trap_frame *frame)
{
    virt_addr_t from_at = argument_1(frame), to_at = argument_3(frame);
    uint64_t count = argument_4(frame), start = 0, from_end, to_end = 0;
    enum error error = get_position(from, from_at, &start);
    if (!error)
        error = get_position(to, to_at, &to_end);
    if (!error && argument_5(frame))
        error = ERROR_INVALID; /* no flags are known */
    if (!error)
        error = check_copy(to, from);
    if (!error)
        error = get_count(to, to_end, from, start, &count);
    if (error)
        return syscall_result(error);
    void *page = kmalloc_aligned(COPY_SIZE, COPY_SIZE);
    if (!page)
        return syscall_result(ERROR_OUT_OF_FRAMES);
    from_end = start;
    error = copy_file(to, from, &from_end, &to_end, count, page);
    kfree(page);
    if (error && from_end == start)
        return syscall_result(error);
    error = put_position(from, from_at, from_end);
    if (!error)
        error = put_position(to, to_at, to_end);
    return error ? syscall_result(error) : (int64_t)(from_end - start);
}

int64_t syscall_copy_file_range(struct trap_frame *frame)
{
    const struct file_table *files = process_current()->files;
    struct file *to = NULL, *from;
    enum error error = file_table_get(files, (int)argument_0(frame), &from);
    if (error)
        return syscall_result(error);
    error = file_table_get(files, (int)argument_2(frame), &to);
    int64_t result = syscall_result(error);
    if (!error) {
        result = copy_range(to, from, frame);
        file_release(to);
    }
    file_release(from);
    return result;
}
