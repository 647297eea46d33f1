/*
 * fcntl()'s locks, and flock().
 */
#include <assert.h>
#include <fs/file_locks.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/locks.h>
#include <mm/user_copy.h>

/* Linux's struct flock. */
struct record_lock {
    int16_t type, whence;
    int32_t padding;
    int64_t start, length;
    int32_t process, end_padding;
};
enum { F_RDLCK, F_WRLCK, F_UNLCK };

/* Computes the range. It starts at `start`, counted from the place that `whence` names, and a
 * negative length means the bytes before that. */
static enum error get_range(const struct record_lock *record, const struct file *file,
                            struct file_lock *lock)
{
    int64_t base = 0, start, last = 0;
    if (record->whence < SEEK_SET || record->whence > SEEK_END)
        return ERROR_INVALID;
    if (record->whence == SEEK_CUR)
        base = (int64_t)file->position;
    else if (record->whence == SEEK_END)
        base = (int64_t)file->inode->size;
    if (__builtin_add_overflow(base, record->start, &start))
        return ERROR_OVERFLOW;
    if (start < 0)
        return ERROR_INVALID;
    if (record->length > 0 && __builtin_add_overflow(start, record->length - 1, &last))
        return ERROR_OVERFLOW;
    if (record->length == 0) {
        last = (int64_t)LOCK_TO_END;
    } else if (record->length < 0) {
        last = start - 1;
        if (__builtin_add_overflow(start, record->length, &start) || start < 0)
            return ERROR_INVALID;
    }
    ASSERT(start >= 0 && last >= start);
    lock->start = (uint64_t)start;
    lock->last = (uint64_t)last;
    return OK;
}

static enum error get_lock(const struct record_lock *record, struct file *file, int command,
                           struct file_lock *lock)
{
    const struct process *process = process_current();
    bool of_file = command >= F_OFD_GETLK;
    if (record->type < F_RDLCK || record->type > F_UNLCK || (of_file && record->process != 0))
        return ERROR_INVALID;
    *lock = (struct file_lock){
        .kind = of_file ? LOCK_OF_FILE : LOCK_OF_PROCESS,
        .type = (enum lock_type)record->type,
        .owner = of_file ? (const void *)file : process->files,
        .file = file,
        .process = of_file ? -1 : process->id,
    };
    return get_range(record, file, lock);
}

/* Describes the lock that stands in the way; NULL: there is none. */
static void describe(struct record_lock *record, const struct file_lock *lock)
{
    if (!lock) {
        record->type = F_UNLCK;
        return;
    }
    *record = (struct record_lock){
        .type = (int16_t)lock->type,
        .whence = SEEK_SET,
        .start = (int64_t)lock->start,
        .length = lock->last == LOCK_TO_END ? 0 : (int64_t)(lock->last - lock->start + 1),
        .process = lock->process,
    };
}

/* A lock for reading needs a file that is open for reading, one for writing a file that is open for
 * writing. */
static enum error set_lock(struct file *file, const struct file_lock *lock, bool wait)
{
    unsigned mode = file->flags & O_ACCMODE;
    if ((lock->type == LOCK_READ && mode == O_WRONLY) ||
        (lock->type == LOCK_WRITE && mode == O_RDONLY))
        return ERROR_BAD_DESCRIPTOR;
    return file_lock_set(file->inode, lock, wait);
}

enum error record_lock_control(struct file *file, int command, virt_addr_t argument)
{
    struct record_lock record;
    struct file_lock lock;
    enum error error = copy_from_user(&record, argument, sizeof(record));
    if (!error)
        error = get_lock(&record, file, command, &lock);
    if (error)
        return error;
    if (command != F_GETLK && command != F_OFD_GETLK)
        return set_lock(file, &lock, command == F_SETLKW || command == F_OFD_SETLKW);
    if (record.type == F_UNLCK)
        return ERROR_INVALID;
    describe(&record, file_lock_find(file->inode, &lock));
    return copy_to_user(argument, &record, sizeof(record));
}

/* --- flock ------------------------------------------------------------------------------------ */

/* Changes the file's lock to `type`. If a lock of others stands in the way, the file's own lock is
 * given up before the wait, as on Linux; it stays given up if the wait fails. */
static enum error lock_whole(struct file *file, enum lock_type type, bool wait)
{
    struct file_lock lock = {.kind = LOCK_WHOLE,
                             .type = LOCK_NONE,
                             .owner = file,
                             .file = file,
                             .process = process_current()->id,
                             .last = LOCK_TO_END};
    struct file_lock other = lock;
    other.type = type;
    enum error error = OK;
    if (file_lock_find(file->inode, &other) || type == LOCK_NONE)
        error = file_lock_set(file->inode, &lock, false);
    return error || type == LOCK_NONE ? error : file_lock_set(file->inode, &other, wait);
}

int64_t syscall_flock(struct trap_frame *frame)
{
    enum { LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8 };
    unsigned operation = (unsigned)argument_1(frame);
    bool wait = !(operation & LOCK_NB);
    struct file *file;
    operation &= ~(unsigned)LOCK_NB;
    if (operation != LOCK_SH && operation != LOCK_EX && operation != LOCK_UN)
        return syscall_result(ERROR_INVALID);
    enum error error = file_table_get(process_current()->files, (int)argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    enum lock_type type = operation == LOCK_SH ? LOCK_READ : LOCK_WRITE;
    error = lock_whole(file, operation == LOCK_UN ? LOCK_NONE : type, wait);
    file_release(file);
    return syscall_result(error);
}
