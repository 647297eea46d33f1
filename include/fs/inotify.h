/*
 * inotify: files from which programs read what happens to other files.
 */
#ifndef FS_INOTIFY_H
#define FS_INOTIFY_H

#include <fs/file.h>

/* How a watch is set, besides its events (include/uapi/linux/inotify.h). */
enum {
    WATCH_ONLY_DIRECTORY = 0x1000000,
    WATCH_NO_FOLLOW = 0x2000000,
    WATCH_NO_DELETED = 0x4000000, /* no events of names that are gone */
    WATCH_CREATE = 0x10000000,    /* not if there is one already */
    WATCH_ADD = 0x20000000,       /* to the events of the one that is there */
    WATCH_ONCE = 0x80000000,      /* until the first event */
};

/* A new file with one reference, without watches. `flags`: O_NONBLOCK or 0. ERROR_OUT_OF_FRAMES. In
 * threads. */
enum error inotify_create(unsigned flags, struct file **file);

/* Is it such a file? Any context. */
bool file_is_inotify(const struct file *file);

/* Sets the events for which it watches an inode. *number is the watch's. ERROR_EXISTS with
 * WATCH_CREATE, ERROR_FULL, ERROR_OUT_OF_FRAMES. In threads. */
enum error inotify_watch(struct file *file, struct inode *inode, unsigned mask, int *number);

/* Ends a watch. ERROR_INVALID: there is none of that number. In threads; may wait. */
enum error inotify_unwatch(struct file *file, int number);

#endif
