/*
 * File systems, and their types. The places where they show are mounts: mount.h.
 */
#ifndef FS_FILESYSTEM_H
#define FS_FILESYSTEM_H

#include <error.h>
#include <kernel/task/mutex.h>
#include <lib/list.h>
#include <types.h>

struct dentry;
struct fs_context;
struct text;

/* What statfs() tells; in blocks of a page. */
struct filesystem_statistics {
    uint32_t magic;
    uint64_t blocks, free_blocks;
    uint64_t reserved_blocks; /* so many of the free ones only root may take */
    uint64_t inodes, free_inodes;
};

struct filesystem;

struct block_device;

/* What a file system is mounted with. */
struct mount_arguments {
    const char *options;         /* NULL: none */
    struct block_device *device; /* of a type that has one, else NULL */
    bool is_read_only;
};

struct filesystem_type {
    const char *name;
    bool has_device; /* it is on a disk */
    uint32_t magic;  /* what statfs() calls it, of a type without statistics */
    struct list_node node;
    bool has_fixed_names; /* programs cannot make others: ERROR_NO_ENTRY, whatever their rights */
    bool is_single; /* all of the type have the same content: one is not mounted over another */
    /* Makes one with one reference to its root, or the only one there is. ERROR_INVALID for options
     * that it does not know, ERROR_OUT_OF_FRAMES, ERROR_BUSY. */
    enum error (*mount)(const struct mount_arguments *arguments, struct filesystem **filesystem);
    /* NULL: there are none. May wait. */
    void (*statistics)(struct filesystem *filesystem, struct filesystem_statistics *result);
    /* Takes other options, and becomes read-only or writable. NULL: all is allowed, and only
     * is_read_only changes. May wait. */
    enum error (*remount)(struct filesystem *filesystem, const struct mount_arguments *arguments);
    /* Writes the options for /proc/mounts, each with a comma in front. NULL: there are none. */
    void (*describe)(struct filesystem *filesystem, struct text *text);
    /* Drops all names and the root, once no mount shows the file system any more. May wait. NULL:
     * it stays for ever, with its root. */
    void (*unmount)(struct filesystem *filesystem);
    /* Frees it, after unmount() and once its last inode has ended. */
    void (*free)(struct filesystem *filesystem);
    /* Writes all that is newer than the disk. NULL: there is no disk. ERROR_DEVICE. May wait. */
    enum error (*sync)(struct filesystem *filesystem);
    /* Before unmount(): writes all, too, and forgets what nobody uses. NULL: nothing to do.
     * ERROR_BUSY: files are in use. May wait, but not between this finding and the return. */
    enum error (*settle)(struct filesystem *filesystem);
    /* Writes all, and makes the file system clean and read-only: the machine is about to be
     * switched off. NULL: nothing to do. May wait. */
    void (*stop)(struct filesystem *filesystem);
};

struct filesystem {
    struct filesystem_type *type;
    struct dentry *root;  /* referenced */
    uint32_t device;      /* st_dev: the disk's number, or one of its own */
    uint64_t last_number; /* of an inode */
    struct list inodes;   /* by `in_filesystem` */
    size_t mounts;        /* that show it */
    bool is_unmounted;    /* unmount() was called: it goes with its last inode */
    bool is_read_only;
    const struct block_device *disk; /* of a type that has one */
    struct mutex names;              /* likewise */
    int64_t time_step;               /* nanoseconds: files' times are multiples of it */
    int64_t first_time, last_time;   /* the range of files' times, unless the step is 1 */
};

/* Gives a new file system, which is all zeros, a device number of its own and no inodes. */
void filesystem_init(struct filesystem *filesystem, struct filesystem_type *type);

/* Lock the names of a file system whose operations on names wait, so that nobody else looks some up
 * or changes them. Nothing happens for others, in set-up code, and when the running thread has
 * locked them already: then it returns false, which the unlock gets. May wait. */
bool filesystem_lock_names(struct filesystem *filesystem);
void filesystem_unlock_names(struct filesystem *filesystem, bool locked);

/* Has the running thread locked them, where they have to be? For assertions. */
bool filesystem_has_names_locked(const struct filesystem *filesystem);

/* Adds a type, whose name no other one has. In set-up code. */
void filesystem_add_type(struct filesystem_type *type);

/* One mount shows it no more: with the last one it is unmounted. May wait. */
void filesystem_release(struct filesystem *filesystem);

/* Is a page of one of its files mapped into a program's memory? */
bool filesystem_is_mapped(const struct filesystem *filesystem);

/* Is a file of it open for writing, or deleted and still in use? */
bool filesystem_is_written(const struct filesystem *filesystem);

/* Is no inode in memory but one, the root? */
bool filesystem_has_root_alone(const struct filesystem *filesystem);

/* Drops all names, and the root, if there is one; for unmount(), and for a mount() that fails.
 * Inodes that nobody else uses end with their names. May wait. */
void filesystem_drop_names(struct filesystem *filesystem);

/* The type of that name; NULL: there is none. */
struct filesystem_type *filesystem_find_type(const char *name);

/* Writes /proc/filesystems. */
void filesystem_types_describe(struct text *text);

#endif
