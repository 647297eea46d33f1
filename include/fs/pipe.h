/*
 * Pipes, and FIFOs, which are pipes with a name. A pipe holds 64 KiB if no program asks for another
 * size. A write of up to PIPE_BUF bytes is done in one piece or waits.
 */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include <fs/file.h>

enum { PIPE_FIRST_SIZE = 1 << 16, PIPE_SIZE_OF_USERS = 1 << 20, PIPE_LAST_SIZE = 1 << 30 };

/* The two ends of a new pipe, one reference each. `flags`: O_NONBLOCK or 0. ERROR_OUT_OF_FRAMES. A
 * write without a reader is ERROR_PIPE; the caller sends SIGPIPE. */
enum error pipe_create(unsigned flags, struct file **read_end, struct file **write_end);

/* Copies what is in a pipe behind the first `skipped` bytes, which stays there; nothing, if there
 * is not so much. With nothing to skip it waits as a read does, and fails as that: ERROR_AGAIN,
 * ERROR_INTERRUPTED. In threads. */
enum error pipe_peek(struct file *file, size_t skipped, struct buffer *buffer);

/* The same from the first byte on, and when it returns OK, nobody else takes bytes out until
 * pipe_end_taking(), which takes out the first `taken`: as many of those that were copied as the
 * caller has got rid of. Both in threads; may wait. */
enum error pipe_begin_taking(struct file *file, struct buffer *buffer);
void pipe_end_taking(struct file *file, size_t taken);

/* How many bytes a pipe holds; 0: the file is none. */
size_t pipe_size(const struct file *file);

/* Sets how many bytes a pipe holds: `wanted`, rounded up to a power of two, PAGE_SIZE or more.
 * ERROR_BUSY: there are more in it. ERROR_OUT_OF_FRAMES. `wanted` is PIPE_LAST_SIZE at most; users
 * but root may ask for PIPE_SIZE_OF_USERS, which the caller checks. In threads; may wait. */
enum error pipe_resize(struct file *file, size_t wanted);

/* Of files opened on an inode of type S_IFIFO. */
extern const struct file_operations fifo_operations;

#endif
