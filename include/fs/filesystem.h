/*
 * File systems and mounts.
 */
#ifndef FS_FILESYSTEM_H
#define FS_FILESYSTEM_H

#include <error.h>
#include <lib/list.h>
#include <types.h>

struct dentry;
struct fs_context;
struct text;

/* What statfs() tells; in blocks of a page. */
struct filesystem_statistics {
    uint32_t magic;
    uint64_t blocks, free_blocks;
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
    struct list_node node;
    bool is_single; /* all of the type show the same: one is not mounted over another */
    /* Makes one with one reference to its root, or the only one there is. ERROR_INVALID for options
     * that it does not know, ERROR_OUT_OF_FRAMES, ERROR_BUSY. */
    enum error (*mount)(const struct mount_arguments *arguments, struct filesystem **filesystem);
    void (*statistics)(struct filesystem *filesystem, struct filesystem_statistics *result);
    void (*unmount)(struct filesystem *filesystem); /* frees it; nobody uses it. NULL: it stays */
};

struct filesystem {
    struct filesystem_type *type;
    struct dentry *root;  /* referenced */
    uint32_t device;      /* its number, st_dev */
    uint64_t last_number; /* of an inode */
    bool is_read_only;
};

enum { MOUNT_SOURCE = 32 };

struct mount {
    struct list_node node;
    struct filesystem *filesystem;
    char source[MOUNT_SOURCE]; /* as the caller named it; cut */
};

/* Gives a new file system a device number of its own. */
void filesystem_init(struct filesystem *filesystem, struct filesystem_type *type);

/* Adds a type. In set-up code. */
void filesystem_add_type(struct filesystem_type *type);

/* The type of that name; NULL: there is none. */
struct filesystem_type *filesystem_find_type(const char *name);

/* Makes a new file system the root of all. Once, in set-up code; errors as the type's mount(). */
enum error mount_root(struct filesystem_type *type);

/* The root of all; NULL before mount_root(). Not referenced. */
struct dentry *mount_root_dentry(void);

/* Mounts a new file system over the directory. ERROR_NOT_DIRECTORY, ERROR_BUSY when one that
 * shows the same is mounted there already, and what the type's mount() says. */
enum error mount_add(struct filesystem_type *type, const char *source, struct dentry *directory,
                     const struct mount_arguments *arguments);

/* Unmounts the file system with that root. ERROR_INVALID when nothing is mounted there, ERROR_BUSY
 * when it is in use. */
enum error mount_remove(struct dentry *root);

/* Writes /proc/mounts and /proc/filesystems. */
void mounts_describe(struct text *text, const struct fs_context *context);
void filesystem_types_describe(struct text *text);

#endif
