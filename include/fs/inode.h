/*
 * Inodes: what files are, apart from their names. A file system embeds `struct inode` in a struct
 * of its own, and offers its operations.
 *
 * An inode is a vm_object, since its pages may be mapped: so its references are the object's.
 * Names, open files and mappings each hold one; with the last one the file system frees the inode.
 *
 * All functions of fs/ are for threads and for set-up code that no thread runs beside, and only
 * those that say so may wait.
 */
#ifndef FS_INODE_H
#define FS_INODE_H

#include <error.h>
#include <fs/abi.h>
#include <kernel/task/thread.h>
#include <mm/vm_object.h>

struct dentry;
struct file_operations;
struct filesystem;
struct path;

struct inode {
    struct vm_object object; /* and its references */
    const struct inode_operations *operations;
    const struct file_operations *file_operations; /* of its open files; a device has its own */
    struct filesystem *filesystem;
    struct list_node in_filesystem;
    uint64_t number;
    uint32_t mode; /* S_IF... and permissions; the type never changes */
    uint32_t uid, gid;
    uint32_t links;   /* names; a directory's: 2 and one for each directory in it */
    uint32_t rdev;    /* of a device: its number, as Linux encodes it */
    uint64_t size;    /* in bytes; of a symbolic link: its length */
    uint64_t pages;   /* of memory that it takes, if it is nowhere else */
    uint64_t sectors; /* of disk that it takes, of 512 bytes */
    int64_t accessed, modified, changed; /* nanoseconds since 1970 */
    size_t writers;                      /* open files that may write */
    size_t programs;                     /* open files that run; never both */
    bool may_get_name;                   /* without a name, it may get one: it was made so */
    struct dentry *opened_as;            /* not referenced; NULL: never, or that name is gone */
    struct mutex mutex;                  /* guards content and size across waits */
    struct pipe *pipe;                   /* of a FIFO that is open, or of a pipe; else NULL */
    struct inode_locks *locks;           /* NULL: none (file_locks.h) */
    struct unix_socket *socket;          /* that is bound to this name; else NULL */
    struct inotify_watch *watches;       /* the first one; NULL: nobody watches it (notify.h) */
};

/* What the owner may set; the bits say which of it is to be set. */
enum inode_attribute {
    ATTRIBUTE_MODE = 1,
    ATTRIBUTE_UID = 2,
    ATTRIBUTE_GID = 4,
    ATTRIBUTE_ACCESSED = 8,
    ATTRIBUTE_MODIFIED = 16,
};
struct inode_attributes {
    unsigned set;
    uint32_t mode; /* permissions alone */
    uint32_t uid, gid;
    int64_t accessed, modified;
};

/* Operations on names get dentries whose parents are directories of this file system. NULL: this
 * kind of inode or file system has no such operation; fs/ says what error that is. */
struct inode_operations {
    /* Finds the entry of that name, which is not among the known ones, and makes a dentry for it.
     * NULL: all entries are known. ERROR_NO_ENTRY. */
    enum error (*lookup)(struct dentry *directory, const char *name, size_t length,
                         struct dentry **found);
    /* Make a file of `mode`, with its type, for `entry`, and set entry->inode. */
    enum error (*create)(struct dentry *entry, uint32_t mode, uint32_t rdev);
    /* Makes a file of `mode` that has no name yet, with one reference: O_TMPFILE. */
    enum error (*create_unnamed)(struct inode *directory, uint32_t mode, struct inode **made);
    enum error (*symlink)(struct dentry *entry, const char *target, size_t length);
    /* Make `entry` another name of the file. */
    enum error (*link)(struct dentry *entry, struct inode *inode);
    /* Remove a name; of a directory only when it is empty, or ERROR_NOT_EMPTY. */
    enum error (*remove)(struct dentry *entry);
    /* Give an entry a new place and name, where `replaced` was until now (NULL: nothing). */
    enum error (*rename)(struct dentry *entry, struct dentry *directory, const char *name,
                         size_t length, struct dentry *replaced);
    /* Give two entries each other's places and names. */
    void (*exchange)(struct dentry *a, struct dentry *b);
    /* Tell where a symbolic link leads. The text ends in NUL and stays as long as the inode. */
    enum error (*read_link)(struct inode *inode, const char **target);
    /* For links that lead to a file whatever its name: its place, referenced. Else NULL. */
    enum error (*follow)(struct inode *inode, struct path *target);
    /* Sets what fs/ has checked. May wait. */
    enum error (*set)(struct inode *inode, const struct inode_attributes *attributes);
    /* Sets the size of a regular file, and notes the write. ERROR_FILE_TOO_BIG, ERROR_READ_ONLY,
     * ERROR_NOT_PERMITTED (a seal), ERROR_FULL, ERROR_DEVICE, ERROR_OUT_OF_FRAMES. May wait. */
    enum error (*set_size)(struct inode *inode, uint64_t size);
};

/* One more reference; and one less: with the last one the inode is freed, which may wait. */
static inline void inode_reference(struct inode *inode)
{
    vm_object_reference(&inode->object);
}
static inline void inode_release(struct inode *inode)
{
    vm_object_release(&inode->object);
}

/* The type of a file, S_IF... */
static inline uint32_t inode_type(const struct inode *inode)
{
    return inode->mode & S_IFMT;
}
static inline bool inode_is_directory(const struct inode *inode)
{
    return inode_type(inode) == S_IFDIR;
}

/* Gives a new inode one reference, a number of its own, no name, and the time for all its times.
 * The rest stays as it is, zero. `operations` are the vm_object's; `release` among them calls
 * inode_end(), and frees it. */
void inode_init(struct inode *inode, struct filesystem *filesystem,
                const struct vm_object_operations *operations, uint32_t mode);

/* Takes an inode that nobody uses any more out of its file system, which may go with it. */
void inode_end(struct inode *inode);

/* Lock the content and the size for the running thread. May wait. Set-up code, beside which no
 * thread runs, locks nothing. */
static inline void inode_lock(struct inode *inode)
{
    if (thread_current())
        thread_lock(&inode->mutex);
}
static inline void inode_unlock(struct inode *inode)
{
    if (thread_current())
        thread_unlock(&inode->mutex);
}

/* Note that the file was read, or written to, or its attributes changed. Unless `always`, a read is
 * noted as with Linux's relatime: only when the file was changed since the last one, or that is a
 * day ago. */
void inode_note_read(struct inode *inode, bool always);
void inode_note_write(struct inode *inode);
void inode_note_change(struct inode *inode);

/* Sets what `attributes` names, times as the file system can hold them, and notes the change. */
void inode_set(struct inode *inode, const struct inode_attributes *attributes);

#endif
