/*
 * The names in a call's arguments, and the directory where they begin.
 */
#ifndef KERNEL_SYSCALL_CALL_PATH_H
#define KERNEL_SYSCALL_CALL_PATH_H

#include <error.h>
#include <fs/file.h>
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

struct call_path {
    char *name;           /* short_name, or on the heap */
    struct file *file;    /* of the descriptor where it begins, referenced; NULL: none */
    struct dentry *start; /* its directory; NULL: the working directory */
    char short_name[128];
};

/* Fetches a name of the running program, which begins at the descriptor `directory` if it is
 * relative. ERROR_BAD_ADDRESS, ERROR_TOO_LONG, ERROR_BAD_DESCRIPTOR, ERROR_OUT_OF_FRAMES: then
 * there is nothing to release. In threads; may wait. */
enum error call_path_get(struct call_path *path, int directory, virt_addr_t name);
void call_path_release(struct call_path *path);

/* Finds what a call's name leads to. `flags` are AT_...: the end of a symbolic link is followed
 * unless AT_SYMLINK_NOFOLLOW is there; with AT_EMPTY_PATH an empty name is the descriptor's file
 * itself. The inode is referenced. In threads; may wait. */
enum error call_path_find(int directory, virt_addr_t name, unsigned flags, struct inode **inode);

#endif
