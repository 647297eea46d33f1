/*
 * The names in a call's arguments, and the directory where they begin.
 */
#ifndef KERNEL_SYSCALL_CALL_PATH_H
#define KERNEL_SYSCALL_CALL_PATH_H

#include <error.h>
#include <fs/file.h>
#include <fs/mount.h>
#include <types.h>

/* Linux's numbers for calls whose names end in "at" (include/uapi/linux/fcntl.h). */
enum {
    AT_FDCWD = -100,
    AT_SYMLINK_NOFOLLOW = 0x100,
    AT_REMOVEDIR = 0x200,
    AT_SYMLINK_FOLLOW = 0x400,
    AT_NO_AUTOMOUNT = 0x800,
    AT_EMPTY_PATH = 0x1000,
};

/* It points into itself: it must not be copied. */
struct call_path {
    char *name;               /* short_name, or on the heap */
    struct file *file;        /* of the descriptor where it begins, referenced; NULL: none */
    struct path place;        /* of that file */
    const struct path *start; /* &place; NULL: the working directory */
    char short_name[128];
};

/* Copies a name from the running program. A relative one begins at the descriptor `directory`; a
 * descriptor of a file that has no place is good only for an empty name. ERROR_BAD_ADDRESS,
 * ERROR_TOO_LONG, ERROR_BAD_DESCRIPTOR, ERROR_NOT_DIRECTORY, ERROR_OUT_OF_FRAMES: after an error
 * there is nothing to release. In threads of programs, like all that follow; may wait. */
enum error call_path_get(struct call_path *path, int directory, virt_addr_t name);

/* Gives back what call_path_get() has taken. May wait. */
void call_path_release(struct call_path *path);

/* Finds the place to which a call's name leads; *found is referenced. `flags` are AT_...: a
 * symbolic link at the end is followed unless AT_SYMLINK_NOFOLLOW is set. The errors of
 * call_path_get() and path_find(). May wait. */
enum error call_path_find_place(int directory, virt_addr_t name, unsigned flags,
                                struct path *found);

/* A file that a call is about, with its name or without. */
struct found_file {
    struct path path;    /* referenced; both NULL where it has none, as a pipe */
    struct inode *inode; /* referenced */
};

/* Finds the file to which a call's name leads. With AT_EMPTY_PATH an empty name is the descriptor's
 * file itself, or the working directory. Otherwise as call_path_find_place(). May wait. */
enum error call_path_find(int directory, virt_addr_t name, unsigned flags,
                          struct found_file *found);

/* The same as the user of `context`, whose working directory counts. May wait. */
enum error call_path_find_as(struct fs_context *context, int directory, virt_addr_t name,
                             unsigned flags, struct found_file *found);

/* The same for a name that call_path_get() has fetched. May wait. */
enum error call_path_find_file(struct fs_context *context, const struct call_path *path,
                               unsigned flags, struct found_file *found);

/* The file of a descriptor. ERROR_BAD_DESCRIPTOR. */
enum error call_file_find(int fd, struct found_file *found);

/* Drops the references. May wait. */
void found_file_release(const struct found_file *found);

#endif
