/*
 * Pipes, and FIFOs, which are pipes with a name. A pipe holds 64 KiB. A write of up to PIPE_BUF
 * bytes is done in one piece or waits.
 */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include <fs/file.h>

enum { PIPE_SIZE = 65536 };

/* The two ends of a new pipe, one reference each. `flags`: O_NONBLOCK or 0. ERROR_OUT_OF_FRAMES. A
 * write without a reader is ERROR_PIPE; the caller sends SIGPIPE. */
enum error pipe_create(unsigned flags, struct file **read_end, struct file **write_end);

/* Of files opened on an inode of type S_IFIFO. */
extern const struct file_operations fifo_operations;

#endif
