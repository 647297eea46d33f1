#include <assert.h>
#include <fs/file.h>
#include <fs/file_locks.h>
#include <fs/mount.h>
#include <fs/notify.h>
#include <fs/path.h>
#include <kernel/task/thread.h>
#include <lib/format.h>
#include <mm/frames.h>
#include <mm/heap.h>

/* References to a file with one descriptor, while one call uses it. */
enum { USERS_OF_ONE = 2 };

static bool may_read(const struct file *file)
{
    return (file->flags & O_ACCMODE) != O_WRONLY;
}

static bool may_write(const struct file *file)
{
    return (file->flags & O_ACCMODE) != O_RDONLY;
}

bool (*file_is_privileged)(void);

static size_t open_files;

size_t files_open(void)
{
    return open_files;
}

size_t files_max(void)
{
    enum { SHARE = 10, LEAST = 8192 };
    struct frames_stats frames;
    frames_stats(&frames);
    return MAX(frames.total * (PAGE_SIZE / 1024) / SHARE, (size_t)LEAST);
}

static bool are_too_many(void)
{
    return open_files >= files_max() && file_is_privileged && !file_is_privileged();
}

static const struct file_operations not_open; /* has nothing to close */

enum error file_create(const struct file_operations *operations, struct inode *inode,
                       struct dentry *dentry, unsigned flags, struct file **file)
{
    if (are_too_many())
        return ERROR_TOO_MANY_OPEN;
    struct file *made = kmalloc(sizeof(*made));
    if (!made)
        return ERROR_OUT_OF_FRAMES;
    if (inode->programs > 0 && (flags & O_ACCMODE) != O_RDONLY) {
        kfree(made);
        return ERROR_PROGRAM_BUSY;
    }
    *made = (struct file){.operations = operations,
                          .inode = inode,
                          .dentry = dentry,
                          .flags = flags,
                          .references = 1,
                          .mutex = MUTEX_INIT_RANKED(made->mutex, LOCK_OF_POSITION)};
    open_files++;
    inode_reference(inode);
    inode->writers += may_write(made);
    if (dentry)
        dentry_reference(dentry);
    if (dentry && dentry->inode == inode)
        inode->opened_as = dentry;
    enum error error = operations->open ? operations->open(made) : OK;
    if (error) {
        made->operations = &not_open;
        file_release(made);
        return error;
    }
    made->flags &= ~(unsigned)O_OPENING;
    *file = made;
    return OK;
}

enum error file_make_program(struct file *file)
{
    if (file->inode->writers > 0)
        return ERROR_PROGRAM_BUSY;
    file->inode->programs += !file->is_program;
    file->is_program = true;
    return OK;
}

void file_watch(struct file *file, struct file_watch *watch)
{
    watch->next = file->watches;
    file->watches = watch;
}

void file_unwatch(struct file *file, struct file_watch *watch)
{
    struct file_watch **link = &file->watches;
    while (*link != watch) {
        ASSERT(*link);
        link = &(*link)->next;
    }
    *link = watch->next;
}

static void tell_watches(struct file *file)
{
    while (file->watches) {
        struct file_watch *watch = file->watches;
        file->watches = watch->next;
        watch->closed(watch);
    }
}

void file_close_last(struct file *file)
{
    ASSERT(file->references == 1);
    file->references = 0;
    tell_watches(file);
    if (file->is_open)
        notify_file(file, may_write(file) ? NOTIFY_CLOSE_WRITE : NOTIFY_CLOSE_NO_WRITE);
    if (file->inode->locks)
        file_locks_release(file->inode, file);
    if (file->operations->close)
        file->operations->close(file);
    file->inode->writers -= may_write(file);
    file->inode->programs -= file->is_program;
    inode_release(file->inode);
    if (file->dentry)
        dentry_release(file->dentry);
    if (file->is_writer) {
        ASSERT(file->mount->writers > 0);
        file->mount->writers--;
    }
    mount_release(file->mount);
    open_files--;
    kfree(file);
}

/* Locks the position of a file that several descriptors lead to. Threads that share the one
 * descriptor of a file are kept apart by its inode's lock, under which regular files use the
 * position. */
static bool lock_position(struct file *file)
{
    bool shared = file->operations->has_position && file->references > USERS_OF_ONE;
    if (shared && thread_current())
        thread_lock(&file->mutex);
    return shared && thread_current();
}

static void unlock_position(struct file *file, bool locked)
{
    if (locked)
        thread_unlock(&file->mutex);
}

/* Positions are 63 bits; a transfer that would go beyond is refused as a whole. */
static bool is_too_far(uint64_t position, const struct buffer *buffer)
{
    return position + buffer->left > INT64_MAX && buffer->left > 0;
}

static enum error check_read(const struct file *file, const struct buffer *buffer,
                             uint64_t position)
{
    if (!may_read(file))
        return ERROR_BAD_DESCRIPTOR;
    if (is_too_far(position, buffer))
        return ERROR_INVALID;
    if (file->operations->read)
        return OK;
    return inode_is_directory(file->inode) ? ERROR_IS_DIRECTORY : ERROR_INVALID;
}

enum error file_read(struct file *file, struct buffer *buffer)
{
    enum error error = check_read(file, buffer, file->position);
    if (error)
        return error;
    bool locked = lock_position(file);
    size_t before = buffer->left;
    error = file->operations->read(file, buffer, &file->position);
    unlock_position(file, locked);
    if (buffer->left < before)
        notify_file(file, NOTIFY_ACCESS);
    return error;
}

void file_note_read(struct file *file)
{
    struct inode *inode = file->inode;
    unsigned flags = file->mount ? file->mount->flags : 0;
    unsigned none = inode_is_directory(inode)
                        ? MOUNT_READ_ONLY | MOUNT_NO_ATIME | MOUNT_NO_DIRECTORY_ATIME
                        : MOUNT_READ_ONLY | MOUNT_NO_ATIME;
    if (file->flags & O_NOATIME || flags & none || inode->filesystem->is_read_only)
        return;
    inode_note_read(inode, flags & MOUNT_STRICT_ATIME);
}

/* A program that runs for its owner does so no longer once another user has changed it. */
static void note_change(const struct file *file)
{
    struct inode *inode = file->inode;
    if (!(inode->mode & (S_ISUID | S_ISGID)) || inode_type(inode) != S_IFREG)
        return;
    const struct fs_context *context = fs_context_current();
    if (context && !fs_context_is_privileged(context))
        inode->mode &= ~inode_identity_lost(inode, context);
}

/* Writes to the file, and with O_SYNC or O_DSYNC also to the disk. */
static enum error write_through(struct file *file, struct buffer *buffer, uint64_t *position)
{
    enum error error = file->operations->write(file, buffer, position);
    if (error || !(file->flags & O_DSYNC) || !file->operations->sync)
        return error;
    return file->operations->sync(file);
}

enum error file_write(struct file *file, struct buffer *buffer)
{
    if (!may_write(file))
        return ERROR_BAD_DESCRIPTOR;
    if (!file->operations->write || is_too_far(file->position, buffer))
        return ERROR_INVALID;
    if (buffer->left > 0)
        note_change(file);
    bool locked = lock_position(file);
    size_t before = buffer->left;
    uint64_t start = file->position;
    enum error error = write_through(file, buffer, &file->position);
    if (buffer->left == before && file->flags & O_APPEND)
        file->position = start; /* the operation has set it to the end */
    unlock_position(file, locked);
    if (buffer->left < before)
        notify_file(file, NOTIFY_MODIFY);
    return error;
}

enum error file_read_at(struct file *file, struct buffer *buffer, uint64_t position)
{
    if (!file->operations->has_position)
        return ERROR_NOT_SEEKABLE;
    enum error error = check_read(file, buffer, position);
    if (error)
        return error;
    size_t before = buffer->left;
    error = file->operations->read(file, buffer, &position);
    if (buffer->left < before)
        notify_file(file, NOTIFY_ACCESS);
    return error;
}

enum error file_write_at(struct file *file, struct buffer *buffer, uint64_t position)
{
    if (!file->operations->has_position)
        return ERROR_NOT_SEEKABLE;
    if (!may_write(file))
        return ERROR_BAD_DESCRIPTOR;
    if (!file->operations->write || is_too_far(position, buffer))
        return ERROR_INVALID;
    if (buffer->left > 0)
        note_change(file);
    size_t before = buffer->left;
    enum error error = write_through(file, buffer, &position);
    if (buffer->left < before)
        notify_file(file, NOTIFY_MODIFY);
    return error;
}

/* A file whose operations find no holes has none. */
static enum error find(struct file *file, int64_t offset, int whence, uint64_t size,
                       uint64_t *position)
{
    if (offset < 0 || (uint64_t)offset >= size)
        return ERROR_NO_UNIT;
    if (file->operations->find)
        return file->operations->find(file, whence, (uint64_t)offset, position);
    *position = whence == SEEK_DATA ? (uint64_t)offset : size;
    return OK;
}

static enum error seek(struct file *file, int64_t offset, int whence, uint64_t *position)
{
    uint64_t base = 0;
    uint64_t size = file->operations->size ? file->operations->size(file) : file->inode->size;
    switch (whence) {
    case SEEK_SET:
        break;
    case SEEK_CUR:
        base = file->position;
        break;
    case SEEK_END:
        base = size;
        break;
    case SEEK_DATA:
    case SEEK_HOLE:
        return find(file, offset, whence, size, position);
    default:
        return ERROR_INVALID;
    }
    uint64_t sum = base + (uint64_t)offset;
    if (sum > INT64_MAX)
        return ERROR_INVALID;
    *position = sum;
    return OK;
}

enum error file_seek(struct file *file, int64_t offset, int whence, uint64_t *position)
{
    if (file->operations->seek)
        return file->operations->seek(file, offset, whence, position);
    if (!file->operations->has_position)
        return ERROR_NOT_SEEKABLE;
    if (whence == SEEK_END && inode_is_directory(file->inode))
        return ERROR_INVALID;
    bool locked = lock_position(file);
    enum error error = seek(file, offset, whence, position);
    if (!error)
        file->position = *position;
    unlock_position(file, locked);
    return error;
}

enum error file_sync(struct file *file)
{
    uint32_t type = inode_type(file->inode);
    if (file->operations->sync)
        return file->operations->sync(file);
    return type == S_IFREG || type == S_IFDIR ? OK : ERROR_INVALID;
}

enum error file_allocate(struct file *file, unsigned mode, uint64_t offset, uint64_t length)
{
    bool keeps_size = mode & FALLOC_KEEP_SIZE;
    if (offset > INT64_MAX || length > INT64_MAX || length == 0)
        return ERROR_INVALID;
    if (mode & ~(unsigned)(FALLOC_KEEP_SIZE | FALLOC_PUNCH_HOLE) ||
        (mode & FALLOC_PUNCH_HOLE && !keeps_size))
        return ERROR_UNSUPPORTED;
    if (!may_write(file))
        return ERROR_BAD_DESCRIPTOR;
    if (inode_type(file->inode) != S_IFREG)
        return inode_type(file->inode) == S_IFIFO ? ERROR_NOT_SEEKABLE : ERROR_NO_DEVICE;
    if (offset + length > INT64_MAX)
        return ERROR_FILE_TOO_BIG;
    if (!file->operations->allocate)
        return ERROR_UNSUPPORTED;
    note_change(file);
    enum error error = file->operations->allocate(file, mode, offset, length);
    if (!error)
        notify_file(file, NOTIFY_MODIFY);
    return error;
}

enum error file_set_size(struct file *file, uint64_t size)
{
    struct inode *inode = file->inode;
    if (!may_write(file) || inode_type(inode) != S_IFREG || !inode->operations->set_size)
        return ERROR_INVALID;
    note_change(file);
    enum error error = inode->operations->set_size(inode, size);
    if (!error)
        notify_file(file, NOTIFY_MODIFY);
    return error;
}

unsigned file_poll(struct file *file, struct waker *waker, struct task *task)
{
    enum { ALWAYS = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM };
    return file->operations->poll ? file->operations->poll(file, waker, task) : ALWAYS;
}

void file_unnamed_name(const struct file *file, char *to, size_t room)
{
    const char *kind = inode_type(file->inode) == S_IFSOCK ? "socket" : "pipe";
    if (file->operations->name)
        snprintf(to, room, "%s", file->operations->name);
    else
        snprintf(to, room, "%s:[%lu]", kind, file->inode->number);
}

enum error file_map_inode(struct file *file, bool shared, struct vm_object **object)
{
    (void)shared;
    inode_reference(file->inode);
    *object = &file->inode->object;
    return OK;
}
