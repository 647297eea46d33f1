/*
 * splice() moves bytes between a pipe and a file, tee() copies them from pipe to pipe, vmsplice()
 * moves them between a pipe and memory. No page is ever shared with a pipe: bytes are copied
 * through one page. What splice() cannot write stays in the pipe, or behind the file's position;
 * only what was read from a socket or a terminal is lost then.
 */
#include <assert.h>
#include <fs/pipe.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/parts.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

enum { PIECE = 4096 };

enum { SPLICE_NONBLOCK = 2, SPLICE_KNOWN = 15 };

struct side {
    struct file *file; /* referenced */
    virt_addr_t at; /* the position's address in the program; 0: the file's own position counts */
    uint64_t position; /* behind what was moved, if the file has one */
};

static bool is_pipe(const struct file *file)
{
    return inode_type(file->inode) == S_IFIFO;
}

static enum error open_side(int fd, virt_addr_t at, struct side *side)
{
    side->at = at;
    side->file = NULL;
    enum error error = file_table_get(process_current()->files, fd, &side->file);
    if (error)
        return error;
    side->position = side->file->position;
    if (!at)
        return OK;
    if (is_pipe(side->file) || !side->file->operations->has_position)
        return ERROR_NOT_SEEKABLE;
    error = copy_from_user(&side->position, at, sizeof(side->position));
    return !error && side->position > INT64_MAX ? ERROR_INVALID : error;
}

/* Gives the program, or the file, the new position. */
static enum error store_position(const struct side *side)
{
    if (side->at)
        return copy_to_user(side->at, &side->position, sizeof(side->position));
    if (side->file->operations->has_position)
        side->file->position = side->position;
    return OK;
}

/* Copies the next bytes of a side. Those of a pipe or a file with a position are not taken yet. */
static enum error copy_next(const struct side *side, struct buffer *buffer)
{
    if (is_pipe(side->file))
        return pipe_begin_taking(side->file, buffer);
    if (side->file->operations->has_position)
        return file_read_at(side->file, buffer, side->position);
    return file_read(side->file, buffer);
}

/* Takes the first `size` of them, after copy_next() has returned OK. */
static void take_copied(struct side *side, size_t size)
{
    if (is_pipe(side->file))
        pipe_end_taking(side->file, size);
    side->position += size;
}

static enum error write_side(struct side *side, struct buffer *buffer)
{
    size_t before = buffer->left;
    enum error error = side->file->operations->has_position
                           ? file_write_at(side->file, buffer, side->position)
                           : file_write(side->file, buffer);
    side->position += before - buffer->left;
    return error;
}

/* Can the next piece be moved without a wait? A pipe is ready for writing when a whole piece fits.
 */
static bool is_ready(const struct side *from, const struct side *to)
{
    return (!is_pipe(from->file) || file_poll(from->file, NULL, NULL) & (POLLIN | POLLHUP)) &&
           (!is_pipe(to->file) || file_poll(to->file, NULL, NULL) & (POLLOUT | POLLERR));
}

/* Moves up to `count` bytes, piece by piece. Only the first piece may wait, and only if `may_wait`.
 */
static enum error move(struct side *from, struct side *to, size_t count, bool may_wait, void *page,
                       size_t *moved)
{
    enum error error = OK;
    for (*moved = 0; !error && *moved < count;) {
        struct buffer buffer;
        size_t size = MIN(count - *moved, (size_t)PIECE);
        if (!is_ready(from, to) && (*moved > 0 || !may_wait))
            return *moved > 0 ? OK : ERROR_AGAIN;
        buffer_init_kernel(&buffer, page, size);
        error = copy_next(from, &buffer);
        if (error)
            break;
        size -= buffer.left;
        buffer_init_kernel(&buffer, page, size);
        if (size > 0)
            error = write_side(to, &buffer);
        take_copied(from, size - buffer.left);
        *moved += size - buffer.left;
        ASSERT(*moved <= count);
        if (size == 0)
            break;
    }
    return *moved > 0 ? OK : error;
}

static enum error check(const struct side *from, const struct side *to)
{
    uint32_t from_type = inode_type(from->file->inode);
    if ((from->file->flags & O_ACCMODE) == O_WRONLY || (to->file->flags & O_ACCMODE) == O_RDONLY)
        return ERROR_BAD_DESCRIPTOR;
    if (!is_pipe(from->file) && !is_pipe(to->file))
        return ERROR_INVALID;
    if (from->file->inode == to->file->inode || from_type == S_IFDIR)
        return ERROR_INVALID;
    return to->file->flags & O_APPEND && !is_pipe(to->file) ? ERROR_INVALID : OK;
}

static int64_t splice(struct side *from, struct side *to, size_t count, unsigned flags)
{
    size_t moved = 0;
    bool is_nonblocking = (is_pipe(from->file) && from->file->flags & O_NONBLOCK) ||
                          (is_pipe(to->file) && to->file->flags & O_NONBLOCK);
    enum error error = check(from, to);
    if (error)
        return syscall_result(error);
    void *page = kmalloc(PIECE);
    if (!page)
        return syscall_result(ERROR_OUT_OF_FRAMES);
    bool may_wait = !(flags & SPLICE_NONBLOCK) && !is_nonblocking;
    error = move(from, to, MIN(count, (size_t)BUFFER_MAX), may_wait, page, &moved);
    kfree(page);
    if (error == ERROR_PIPE)
        signal_send_self(SIGPIPE);
    if (!error)
        error = store_position(from);
    if (!error)
        error = store_position(to);
    return error ? syscall_result(error) : (int64_t)moved;
}

int64_t syscall_splice(struct trap_frame *frame)
{
    struct side from, to;
    unsigned flags = (unsigned)argument_5(frame);
    if (argument_4(frame) == 0)
        return 0;
    if (flags & ~(unsigned)SPLICE_KNOWN)
        return syscall_result(ERROR_INVALID);
    enum error error = open_side((int)argument_0(frame), argument_1(frame), &from);
    int64_t result = syscall_result(error);
    if (!error) {
        error = open_side((int)argument_2(frame), argument_3(frame), &to);
        result = error ? syscall_result(error) : splice(&from, &to, argument_4(frame), flags);
        if (to.file)
            file_release(to.file);
    }
    if (from.file)
        file_release(from.file);
    return result;
}

/* --- tee ------------------------------------------------------------------------------------- */

/* Copies up to `count` bytes, piece by piece. Only the first piece waits. */
static enum error copy_pieces(const struct side *from, const struct side *to, size_t count,
                              void *page, size_t *copied)
{
    enum error error = OK;
    for (*copied = 0; !error && *copied < count;) {
        struct buffer buffer;
        size_t size = MIN(count - *copied, (size_t)PIECE);
        if (*copied > 0 && !is_ready(from, to))
            break;
        buffer_init_kernel(&buffer, page, size);
        error = pipe_peek(from->file, *copied, &buffer);
        size -= buffer.left;
        if (error || size == 0)
            break;
        buffer_init_kernel(&buffer, page, size);
        error = file_write(to->file, &buffer);
        *copied += size - buffer.left;
        ASSERT(*copied <= count);
    }
    return *copied > 0 ? OK : error;
}

static int64_t tee(const struct side *from, const struct side *to, size_t count, unsigned flags)
{
    size_t copied = 0;
    if (!is_pipe(from->file) || !is_pipe(to->file) || from->file->inode == to->file->inode)
        return syscall_result(ERROR_INVALID);
    if ((from->file->flags & O_ACCMODE) == O_WRONLY || (to->file->flags & O_ACCMODE) == O_RDONLY)
        return syscall_result(ERROR_BAD_DESCRIPTOR);
    if (flags & SPLICE_NONBLOCK && !is_ready(from, to))
        return syscall_result(ERROR_AGAIN);
    void *page = kmalloc(PIECE);
    if (!page)
        return syscall_result(ERROR_OUT_OF_FRAMES);
    enum error error = copy_pieces(from, to, count, page, &copied);
    kfree(page);
    if (error == ERROR_PIPE)
        signal_send_self(SIGPIPE);
    return error ? syscall_result(error) : (int64_t)copied;
}

int64_t syscall_tee(struct trap_frame *frame)
{
    struct side from, to = {0};
    unsigned flags = (unsigned)argument_3(frame);
    if (flags & ~(unsigned)SPLICE_KNOWN)
        return syscall_result(ERROR_INVALID);
    if (argument_2(frame) == 0)
        return 0;
    enum error error = open_side((int)argument_0(frame), 0, &from);
    if (!error)
        error = open_side((int)argument_1(frame), 0, &to);
    int64_t result = error ? syscall_result(error) : tee(&from, &to, argument_2(frame), flags);
    if (to.file)
        file_release(to.file);
    if (from.file)
        file_release(from.file);
    return result;
}

/* --- vmsplice -------------------------------------------------------------------------------- */

/* Writes to the pipe, piece by piece, as long as there is room. Only the first piece may wait. */
static enum error fill(struct file *pipe, struct buffer *buffer, bool may_wait)
{
    enum error error = OK;
    while (!error && buffer->left > 0) {
        size_t rest = buffer->left - MIN(buffer->left, (size_t)PIECE);
        if (!may_wait && !(file_poll(pipe, NULL, NULL) & (POLLOUT | POLLERR)))
            return ERROR_AGAIN;
        buffer->left -= rest;
        error = file_write(pipe, buffer);
        buffer->left += rest;
        may_wait = false;
    }
    return error;
}

static enum error drain(struct file *pipe, struct buffer *buffer, bool may_wait)
{
    if (!may_wait && !(file_poll(pipe, NULL, NULL) & (POLLIN | POLLHUP)))
        return ERROR_AGAIN;
    return file_read(pipe, buffer);
}

/* Moves between the pipe and one part of the program's memory after the other. */
static enum error move_memory(struct file *pipe, virt_addr_t parts, size_t count, bool may_wait,
                              size_t *moved)
{
    bool fills = (pipe->flags & O_ACCMODE) != O_RDONLY;
    ASSERT(is_pipe(pipe));
    for (size_t i = 0; i < count; i++) {
        struct buffer_part part;
        struct buffer buffer;
        enum error error = parts_from_user(&part, parts + i * sizeof(part), 1);
        if (error)
            return error;
        buffer_init_user(&buffer, part.address, part.size);
        size_t size = buffer.left;
        error = (fills ? fill : drain)(pipe, &buffer, may_wait && *moved == 0);
        *moved += size - buffer.left;
        if (error || buffer.left > 0)
            return error;
    }
    return OK;
}

int64_t syscall_vmsplice(struct trap_frame *frame)
{
    struct file *file;
    size_t count = argument_2(frame), moved = 0;
    unsigned flags = (unsigned)argument_3(frame);
    if (flags & ~(unsigned)SPLICE_KNOWN)
        return syscall_result(ERROR_INVALID);
    enum error error = file_table_get(process_current()->files, (int)argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    bool may_wait = !(flags & SPLICE_NONBLOCK) && !(file->flags & O_NONBLOCK);
    if (!is_pipe(file))
        error = ERROR_BAD_DESCRIPTOR;
    else if (count > PARTS_MAX)
        error = ERROR_INVALID;
    else
        error = move_memory(file, argument_1(frame), count, may_wait, &moved);
    file_release(file);
    if (error == ERROR_PIPE && moved == 0)
        signal_send_self(SIGPIPE);
    return moved > 0 || !error ? (int64_t)moved : syscall_result(error);
}
