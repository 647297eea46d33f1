/*
 * Locks of files, which keep out only those that ask for one, too (fcntl(2), flock(2)).
 *
 * A record lock covers a range of a file, for reading or writing. It belongs to a process, that is
 * to its table of descriptors, or to an open file (an open-file-description lock); both kinds keep
 * each other out. A process loses all it has on a file when it closes any descriptor of that. A
 * lock of flock() covers the whole file, belongs to an open file, and knows nothing of the others.
 *
 * In threads only. Names as in Linux's fcntl.h.
 */
#ifndef FS_FILE_LOCKS_H
#define FS_FILE_LOCKS_H

#include <error.h>
#include <fs/inode.h>

struct file;
struct file_table;
struct text;

enum lock_type { LOCK_READ, LOCK_WRITE, LOCK_NONE };
enum lock_kind { LOCK_OF_PROCESS, LOCK_OF_FILE, LOCK_WHOLE };

struct file_lock {
    struct list_node node; /* among the inode's, in the order of `start` */
    enum lock_kind kind;
    enum lock_type type;
    const void *owner;       /* a table of descriptors, or an open file */
    const struct file *file; /* through which it was set; not used but to be told */
    int process;             /* who set it; -1 for an open file's */
    uint64_t start, last;
};
#define LOCK_TO_END ((uint64_t)INT64_MAX) /* as `last`: however long the file gets */

/* Sets a lock as `wanted` says, whose node is not used; LOCK_NONE takes away. With `wait` it waits
 * for others to give theirs back. ERROR_AGAIN, ERROR_DEADLOCK: the wait would never end,
 * ERROR_INTERRUPTED, ERROR_NO_LOCKS: out of memory. The caller holds a file of the inode. */
enum error file_lock_set(struct inode *inode, const struct file_lock *wanted, bool wait);

/* The first lock that keeps `wanted` out; NULL: none. Good until the thread waits. */
const struct file_lock *file_lock_find(const struct inode *inode, const struct file_lock *wanted);

/* Write /proc/locks, and what /proc/PID/fdinfo/FD says of the locks that the process, whose table
 * of descriptors it is, has by the file or the file has itself. */
void file_locks_describe(struct text *text);
void file_locks_describe_file(struct text *text, const struct file *file,
                              const struct file_table *table);

/* Takes away all that `owner` has on the inode, which has locks (inode->locks). */
void file_locks_release(struct inode *inode, const void *owner);

#endif
