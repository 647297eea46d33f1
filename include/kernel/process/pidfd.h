/*
 * Descriptors of processes: pidfd_open(2). A descriptor keeps standing for its process after that
 * is gone, so the number is not given to another process meanwhile. It is ready to read once the
 * process has ended.
 */
#ifndef KERNEL_PROCESS_PIDFD_H
#define KERNEL_PROCESS_PIDFD_H

#include <fs/file.h>
#include <kernel/process/ids.h>

/* Makes a file for the process of that number. `flags`: O_NONBLOCK or 0. ERROR_OUT_OF_FRAMES. In
 * threads. */
enum error pidfd_create(struct id *id, unsigned flags, struct file **file);

/* The number that the file stands for; the reference stays the file's. ERROR_BAD_DESCRIPTOR: it is
 * another kind of file. Any context. */
enum error pidfd_id(const struct file *file, struct id **id);

#endif
