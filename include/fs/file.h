/*
 * Open files. A file has a position and flags, which all its descriptors share, whichever processes
 * they belong to.
 */
#ifndef FS_FILE_H
#define FS_FILE_H

#include <error.h>
#include <fs/dentry.h>
#include <fs/inode.h>
#include <mm/buffer.h>

struct waker;
struct task;
struct text;

/* A callback for the end of a file: see file_watch(). */
struct file_watch {
    struct file_watch *next;                  /* of the same file */
    void (*closed)(struct file_watch *watch); /* may wait for nothing */
};

struct file {
    const struct file_operations *operations;
    struct inode *inode;   /* referenced */
    struct dentry *dentry; /* referenced; NULL for pipes */
    struct mount *mount;   /* referenced; NULL where it was opened in none */
    uint64_t position;     /* in a directory: the offset of the next entry */
    unsigned flags;        /* what open() got; after open(), less O_OPENING */
    size_t references;
    bool is_open;               /* by open(), with its events (notify.h) */
    bool is_writer;             /* counted in mount->writers */
    bool is_program;            /* it runs: file_make_program() */
    struct mutex mutex;         /* guards the position across waits, when several use the file */
    struct file_watch *watches; /* NULL: none */
    void *data;                 /* the operations' own */
    uint64_t data_number;       /* likewise */
};

/* A directory entry, for list(). `next` is the position behind it. False: there is no room for it,
 * and the listing ends before it. May not wait. */
struct entry_sink {
    bool (*emit)(struct entry_sink *sink, const char *name, size_t length, uint64_t inode,
                 uint32_t type, uint64_t next);
};

/* An operation that is NULL is not possible, unless its comment says what NULL means. All may wait
 * but poll. */
struct file_operations {
    const char *name;   /* in /proc/PID/fd, of files without a name; NULL: by the inode */
    bool has_position;  /* lseek(), pread() and pwrite() work */
    bool may_be_direct; /* O_DIRECT is accepted; what is read and written is the same */
    /* file->inode and flags are set, operations may be changed. NULL: nothing to do. */
    enum error (*open)(struct file *file);
    /* The last reference is gone. NULL: nothing to do. */
    void (*close)(struct file *file);
    /* Fill or empty the buffer from *position on, and advance it. buffer->left shows what was done,
     * also beside an error. OK with nothing done: the end. With O_NONBLOCK in file->flags
     * ERROR_AGAIN instead of a wait; ERROR_INTERRUPTED. NULL: ERROR_INVALID, or
     * ERROR_IS_DIRECTORY. */
    enum error (*read)(struct file *file, struct buffer *buffer, uint64_t *position);
    enum error (*write)(struct file *file, struct buffer *buffer, uint64_t *position);
    /* How far SEEK_END goes. NULL: as the inode says. */
    uint64_t (*size)(const struct file *file);
    /* Writes what was written to the file to its disk, for good. NULL: there is nothing to do for a
     * regular file or a directory; ERROR_INVALID for others. */
    enum error (*sync)(struct file *file);
    /* Moves the position, as lseek() asks; *position is the new one. NULL: as file_seek() does it.
     */
    enum error (*seek)(struct file *file, int64_t offset, int whence, uint64_t *position);
    /* Shows the entries from file->position on, and advances it. NULL: ERROR_NOT_DIRECTORY. */
    enum error (*list)(struct file *file, struct entry_sink *sink);
    /* Finds the next byte from `offset` on, before the end, that is data (SEEK_DATA) or in a hole
     * (SEEK_HOLE; the end is one). ERROR_NO_UNIT: there is none. NULL: all is data. */
    enum error (*find)(struct file *file, int whence, uint64_t offset, uint64_t *position);
    /* Takes room for a range of the file, or makes it a hole: FALLOC_... NULL:
     * ERROR_UNSUPPORTED. */
    enum error (*allocate)(struct file *file, unsigned mode, uint64_t offset, uint64_t length);
    /* ERROR_NOT_TERMINAL for requests that it does not know; NULL: for all. */
    enum error (*ioctl)(struct file *file, unsigned request, uint64_t argument, int64_t *result);
    /* POLLIN ... as it is now. Registers `waker` for `task` at what changes it first, unless
     * `waker` is NULL; a file has one queue for that. NULL: always ready to read and write. */
    unsigned (*poll)(struct file *file, struct waker *waker, struct task *task);
    /* The object whose pages are mapped, referenced. NULL: ERROR_NO_DEVICE. */
    enum error (*map)(struct file *file, bool shared, struct vm_object **object);
    /* Adds lines to /proc/PID/fdinfo/FD. NULL: none. */
    void (*describe)(const struct file *file, struct text *text);
};

struct fs_context;
struct path;

/* Opens what `name` leads to from `start` (NULL: the working directory), and makes it with `mode`
 * less the umask if O_CREAT says so. The file has one reference. Errors as open(2); may wait. */
enum error file_open(struct fs_context *context, const struct path *start, const char *name,
                     unsigned flags, uint32_t mode, struct file **file);

/* A file on an inode, with a name or without (NULL); takes references of its own. Calls the
 * operations' open(). ERROR_OUT_OF_FRAMES, ERROR_TOO_MANY_OPEN and what open() says; may wait. */
enum error file_create(const struct file_operations *operations, struct inode *inode,
                       struct dentry *dentry, unsigned flags, struct file **file);

/* How many files there are, and how many there may be: as many as a tenth of the memory has KiB,
 * and at least 8192 (Linux: fs/file_table.c:files_maxfiles_init). */
size_t files_open(void);
size_t files_max(void);

/* Is the running thread root's, or one of the kernel's own? Then it may open more files than that,
 * and take the blocks that a file system reserves. NULL: each thread may. */
extern bool (*file_is_privileged)(void);

/* Marks the file as a program that runs: as long as it is open, nobody opens it for writing.
 * ERROR_PROGRAM_BUSY when somebody has done so already. */
enum error file_make_program(struct file *file);

/* Closes a file of which the caller has the only reference: for file_release(). */
void file_close_last(struct file *file);

/* One more reference; and one less: with the last one the file is closed, which may wait. */
static inline void file_reference(struct file *file)
{
    file->references++;
}
static inline void file_release(struct file *file)
{
    if (file->references > 1)
        file->references--;
    else
        file_close_last(file);
}

/* Calls watch->closed() when the last reference to the file is gone, before its operations' close;
 * the file then forgets the watch. And the end of that, for a watch that the file has. */
void file_watch(struct file *file, struct file_watch *watch);
void file_unwatch(struct file *file, struct file_watch *watch);

/* Read from the file's position on, or write there or at the end (O_APPEND), and advance it. What
 * was done shows in buffer->left, also beside an error. ERROR_BAD_DESCRIPTOR: not opened for that.
 * May wait. */
enum error file_read(struct file *file, struct buffer *buffer);
enum error file_write(struct file *file, struct buffer *buffer);

/* The same at a position of the caller's; the file's own stays. ERROR_NOT_SEEKABLE. */
enum error file_read_at(struct file *file, struct buffer *buffer, uint64_t position);
enum error file_write_at(struct file *file, struct buffer *buffer, uint64_t position);

/* Moves the position by `offset` from where SEEK_... says. ERROR_NOT_SEEKABLE, ERROR_INVALID; may
 * wait for another thread that moves it. */
enum error file_seek(struct file *file, int64_t offset, int whence, uint64_t *position);

/* Note that the file was read, as far as its flags and its mount want that. */
void file_note_read(struct file *file);

/* As the operation. */
enum error file_sync(struct file *file);

/* As the operation, of a regular file; checks the range. ERROR_BAD_DESCRIPTOR, ERROR_INVALID,
 * ERROR_UNSUPPORTED, ERROR_FILE_TOO_BIG; ERROR_NOT_SEEKABLE, ERROR_NO_DEVICE for others. */
enum error file_allocate(struct file *file, unsigned mode, uint64_t offset, uint64_t length);

/* Sets the size of a regular file. ERROR_INVALID for others. May wait. */
enum error file_set_size(struct file *file, uint64_t size);

/* Can the file be waited for? Others are always ready. Any context. */
static inline bool file_can_poll(const struct file *file)
{
    return file->operations->poll != NULL;
}

/* As the operation. May not wait. */
unsigned file_poll(struct file *file, struct waker *waker, struct task *task);

/* Writes what stands for the name of a file without one (file->dentry is NULL), such as pipe:[12]
 * or anon_inode:[eventfd], with a NUL; what does not fit is cut. Any context. */
void file_unnamed_name(const struct file *file, char *to, size_t room);

/* As file_operations.map, for files whose pages are their inode's object. */
enum error file_map_inode(struct file *file, bool shared, struct vm_object **object);

#endif
