/*
 * Reading and writing files.
 */
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/parts.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

enum { FEW_PARTS = 8 };
#define HERE UINT64_MAX /* a position: that of the file itself */

enum direction { READ, WRITE };

/* The result of a transfer: how many bytes were moved, or if none were, the error. A write to a
 * pipe without a reader also sends SIGPIPE. */
static int64_t finish(const struct buffer *buffer, size_t size, enum error error)
{
    if (error == ERROR_PIPE)
        signal_send_self(SIGPIPE);
    return buffer->left < size || !error ? (int64_t)(size - buffer->left) : syscall_result(error);
}

/* Refuses addresses that no program has, whatever the file does with the buffer. */
static enum error check_range(const struct file *file, enum direction direction,
                              virt_addr_t address, uint64_t size)
{
    unsigned refused = direction == READ ? O_WRONLY : O_RDONLY;
    if (user_range_is_valid(address, size))
        return OK;
    return (file->flags & O_ACCMODE) == refused ? ERROR_BAD_DESCRIPTOR : ERROR_BAD_ADDRESS;
}

/* Reads or writes at the position. */
static inline enum error move(struct file *file, enum direction direction, struct buffer *buffer,
                              uint64_t position)
{
    if (position == HERE)
        return direction == READ ? file_read(file, buffer) : file_write(file, buffer);
    return direction == READ ? file_read_at(file, buffer, position)
                             : file_write_at(file, buffer, position);
}

/* Inline: read and write are the calls that programs make most. */
static inline int64_t transfer(const struct trap_frame *frame, enum direction direction,
                               uint64_t position)
{
    struct file *file;
    struct buffer buffer;
    enum error error = file_table_get(process_current()->files, (int)argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    buffer_init_user(&buffer, argument_1(frame), argument_2(frame));
    size_t size = buffer.left;
    error = check_range(file, direction, argument_1(frame), argument_2(frame));
    if (!error)
        error = move(file, direction, &buffer, position);
    file_release(file);
    return finish(&buffer, size, error);
}

int64_t syscall_read(struct trap_frame *frame)
{
    return transfer(frame, READ, HERE);
}

int64_t syscall_write(struct trap_frame *frame)
{
    return transfer(frame, WRITE, HERE);
}

static int64_t transfer_at(const struct trap_frame *frame, enum direction direction)
{
    uint64_t position = argument_3(frame);
    return position > INT64_MAX ? syscall_result(ERROR_INVALID)
                                : transfer(frame, direction, position);
}

int64_t syscall_pread64(struct trap_frame *frame)
{
    return transfer_at(frame, READ);
}

int64_t syscall_pwrite64(struct trap_frame *frame)
{
    return transfer_at(frame, WRITE);
}

/* --- Several buffers -------------------------------------------------------------------------- */

static int64_t transfer_parts(struct file *file, enum direction direction,
                              struct buffer_part *parts, virt_addr_t from, size_t count,
                              uint64_t position)
{
    struct buffer buffer;
    enum error error = parts_from_user(parts, from, count);
    if (error)
        return syscall_result(error);
    buffer_init_parts(&buffer, parts, count);
    size_t size = buffer.left;
    error = move(file, direction, &buffer, position);
    return finish(&buffer, size, error);
}

/* `to_disk`: what was moved has to be on the disk, too, as with O_SYNC. */
static int64_t transfer_vector(const struct trap_frame *frame, enum direction direction,
                               uint64_t position, bool to_disk)
{
    struct buffer_part few[FEW_PARTS], *parts = few;
    struct file *file;
    size_t count = argument_2(frame);
    enum error error = file_table_get(process_current()->files, (int)argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    if (count > FEW_PARTS && count <= PARTS_MAX)
        parts = kmalloc(count * sizeof(*parts));
    int64_t result = syscall_result(ERROR_INVALID);
    if (!parts)
        result = syscall_result(ERROR_OUT_OF_FRAMES);
    else if (count <= PARTS_MAX)
        result = transfer_parts(file, direction, parts, argument_1(frame), count, position);
    if (result > 0 && to_disk && file->operations->sync) {
        error = file_sync(file);
        result = error ? syscall_result(error) : result;
    }
    if (parts != few)
        kfree(parts);
    file_release(file);
    return result;
}

int64_t syscall_readv(struct trap_frame *frame)
{
    return transfer_vector(frame, READ, HERE, false);
}

int64_t syscall_writev(struct trap_frame *frame)
{
    return transfer_vector(frame, WRITE, HERE, false);
}

static int64_t transfer_vector_at(const struct trap_frame *frame, enum direction direction,
                                  bool to_disk)
{
    uint64_t position = argument_3(frame);
    return position > INT64_MAX ? syscall_result(ERROR_INVALID)
                                : transfer_vector(frame, direction, position, to_disk);
}

int64_t syscall_preadv(struct trap_frame *frame)
{
    return transfer_vector_at(frame, READ, false);
}

int64_t syscall_pwritev(struct trap_frame *frame)
{
    return transfer_vector_at(frame, WRITE, false);
}

/* RWF_HIPRI only asks for speed. The other flags are O_DSYNC and O_SYNC for this call alone. */
static int64_t transfer_with_flags(const struct trap_frame *frame, enum direction direction)
{
    enum { RWF_HIPRI = 1, RWF_DSYNC = 2, RWF_SYNC = 4, KNOWN = RWF_HIPRI | RWF_DSYNC | RWF_SYNC };
    unsigned flags = (unsigned)argument_5(frame);
    if (flags & ~(unsigned)KNOWN)
        return syscall_result(ERROR_UNSUPPORTED);
    bool to_disk = direction == WRITE && flags & (RWF_DSYNC | RWF_SYNC);
    return argument_3(frame) == HERE ? transfer_vector(frame, direction, HERE, to_disk)
                                     : transfer_vector_at(frame, direction, to_disk);
}

int64_t syscall_preadv2(struct trap_frame *frame)
{
    return transfer_with_flags(frame, READ);
}

int64_t syscall_pwritev2(struct trap_frame *frame)
{
    return transfer_with_flags(frame, WRITE);
}
