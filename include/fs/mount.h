/*
 * Mounts: the places where file systems, or parts of them, show. A mount covers a name of another
 * mount, its parent. One file system may have several mounts, so a file's place is a pair: a mount,
 * and a dentry in it (struct path).
 *
 * A mount lives as long as something refers to it: the tree of mounts, an open file, a working
 * directory, a walk. A lazy unmount takes it out of the tree; the rest of its users go on. With its
 * last mount a file system is unmounted.
 *
 * All functions are for threads, and for set-up code beside which no thread runs. None waits unless
 * it says so.
 */
#ifndef FS_MOUNT_H
#define FS_MOUNT_H

#include <error.h>
#include <fs/dentry.h>
#include <fs/filesystem.h>
#include <lib/list.h>

enum { MOUNT_SOURCE = 64 };

/* What a mount forbids or leaves out: Linux's MS_... (include/uapi/linux/mount.h). */
enum mount_flags {
    MOUNT_READ_ONLY = 1,
    MOUNT_NO_SUID = 2,   /* S_ISUID and S_ISGID change no identity */
    MOUNT_NO_DEVICE = 4, /* devices are not opened */
    MOUNT_NO_EXEC = 8,   /* nothing is executed */
    MOUNT_NO_ATIME = 1024,
    MOUNT_NO_DIRECTORY_ATIME = 2048,
    MOUNT_STRICT_ATIME = 1 << 24, /* each read is noted, `always`: inode_note_read() */
    MOUNT_FLAGS = MOUNT_READ_ONLY | MOUNT_NO_SUID | MOUNT_NO_DEVICE | MOUNT_NO_EXEC |
                  MOUNT_NO_ATIME | MOUNT_NO_DIRECTORY_ATIME | MOUNT_STRICT_ATIME,
};

struct mount {
    size_t references; /* the tree's is one of them */
    struct filesystem *filesystem;
    struct dentry *root;  /* referenced: what it shows; a directory, or for a bind mount a file */
    struct mount *parent; /* where it is in the tree; NULL: the root of all, or it was detached */
    struct dentry *point; /* of the parent, referenced: the name that it covers; NULL likewise */
    struct list children; /* mounts whose parent it is, by `sibling`, oldest first */
    struct list_node sibling;
    struct list_node node;     /* among all that are in the tree, in the order in which they came */
    unsigned flags;            /* enum mount_flags */
    size_t writers;            /* files that were opened through it for writing */
    unsigned visits;           /* of mounts_sync() and the like, which have a reference meanwhile */
    struct wait_queue visited; /* for the end of the last one */
    unsigned id;               /* in mountinfo */
    struct mount *copy;        /* while what it is part of is copied */
    char source[MOUNT_SOURCE]; /* as the caller named it; cut */
};

/* Those in the tree, by `node`, in the order in which they came. */
extern struct list mounts;

/* A file's place. Of a file without a name in any mount, such as a pipe, both are NULL. */
struct path {
    struct mount *mount;
    struct dentry *dentry;
};

/* Frees a mount without references. With its last mount a file system is unmounted. May wait. */
void mount_free(struct mount *mount);

/* One more reference; and one less, which may wait. NULL has neither. */
static inline void mount_reference(struct mount *mount)
{
    if (mount)
        mount->references++;
}
static inline void mount_release(struct mount *mount)
{
    if (mount && --mount->references == 0)
        mount_free(mount);
}

/* The same for both parts of a path. */
static inline void path_reference(const struct path *path)
{
    mount_reference(path->mount);
    dentry_reference(path->dentry);
}
static inline void path_release(const struct path *path)
{
    dentry_release(path->dentry);
    mount_release(path->mount);
}

/* Are they the same place? */
static inline bool path_equals(const struct path *a, const struct path *b)
{
    return a->dentry == b->dentry && a->mount == b->mount;
}

/* Goes from a place to what is mounted over it, if anything; takes over the references. */
void path_enter_mounts(struct path *path);

/* Where a place is seen from above: of the root of a mount, unless that is `root` itself, the name
 * that the mount covers, and so on. Not referenced. */
struct path path_outside_mounts(struct path place, const struct path *root);

/* Makes a new file system the root of all. Once, in set-up code; errors as the type's mount(). */
enum error mount_root(struct filesystem_type *type);

/* The root of all; its mount is NULL before mount_root(). Not referenced. */
struct path mount_root_path(void);

/* Mounts a new file system over a directory. ERROR_NOT_DIRECTORY, ERROR_BUSY when one that shows
 * the same is mounted there already, and what the type's mount() says. May wait. */
enum error mount_add(struct filesystem_type *type, const char *source, const struct path *point,
                     unsigned flags, const struct mount_arguments *arguments);

/* Shows what is at `from` at `point`, too; with `recursive` also what is mounted below. Both are
 * directories, or both are not: else ERROR_NOT_DIRECTORY. ERROR_INVALID: `from` or `point` is in no
 * tree. ERROR_OUT_OF_FRAMES. */
enum error mount_bind(const struct path *from, const struct path *point, bool recursive);

/* Moves the mount whose root `from` is. ERROR_INVALID: it is no root, or that of all;
 * ERROR_LOOP: `point` is below it; ERROR_NOT_DIRECTORY. */
enum error mount_move(const struct path *from, const struct path *point);

/* Changes the flags of the mount whose root `root` is: ERROR_INVALID if it is none, ERROR_BUSY when
 * it would be read-only and files are open for writing. */
enum error mount_set_flags(const struct path *root, unsigned flags);

/* Changes the file system there: it becomes read-only or writable, and takes other options. Errors
 * as mount_set_flags() and the type's remount(); may wait. */
enum error mount_change(const struct path *root, unsigned flags,
                        const struct mount_arguments *arguments);

/* Takes the mount whose root `root` is out of the tree. ERROR_INVALID: it is no root, or in no
 * tree. ERROR_BUSY: it, or a file of it, is in use, or it is the root of all. With `lazy` that is
 * no hindrance, and what is mounted below goes along. The caller holds a reference to `root`, and
 * drops it: that may wait. */
enum error mount_remove(const struct path *root, bool lazy);

/* Puts the mount `new_root` where that of `old_root` is, and that one over `put_old`, which is at
 * or below `new_root`: pivot_root(2). ERROR_BUSY, ERROR_INVALID, ERROR_NOT_DIRECTORY as there. */
enum error mount_pivot(const struct path *old_root, const struct path *new_root,
                       const struct path *put_old);

/* Is the place at or below the other one, in the tree of mounts and in their directories? */
bool path_is_below(const struct path *place, const struct path *root);

/* The oldest mount that shows the dentry; NULL: none does. Not referenced. */
struct mount *mount_showing(const struct dentry *dentry);

/* May files be changed through the mount (NULL: there is none) of the inode's file system? Devices,
 * FIFOs and sockets are never read-only themselves. ERROR_READ_ONLY. */
enum error mount_check_writable(const struct mount *mount, const struct inode *inode);

/* Write /proc/mounts, and /proc/PID/mountinfo. A mount that is not below the context's root is left
 * out. */
void mounts_describe(struct text *text, const struct fs_context *context);
void mounts_describe_all(struct text *text, const struct fs_context *context);

/* Writes all file systems that are newer than their disks. Failures are logged. May wait. */
void mounts_sync(void);

/* Forgets up to so many names of each file system on a disk that nobody uses, with their inodes.
 * Does not wait. */
void mounts_forget_names(size_t wanted);

/* Makes all file systems on disks clean and read-only: the machine is going to be switched off. May
 * wait. */
void mounts_stop(void);

#endif
