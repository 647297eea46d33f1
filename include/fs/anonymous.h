/*
 * Open files without a name and without content of their own: what eventfd(), epoll_create() and
 * their like return. They share one inode.
 */
#ifndef FS_ANONYMOUS_H
#define FS_ANONYMOUS_H

#include <fs/file.h>

/* A new file with one reference; `data` becomes file->data. `flags`: O_RDWR or O_RDONLY, and
 * O_NONBLOCK. ERROR_OUT_OF_FRAMES. In threads. */
enum error anonymous_file_create(const struct file_operations *operations, void *data,
                                 unsigned flags, struct file **file);

/* Their operation `seek`: it does nothing and succeeds, as on Linux. */
enum error anonymous_seek(struct file *file, int64_t offset, int whence, uint64_t *position);

#endif
