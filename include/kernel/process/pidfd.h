/*
 * Descriptors of processes: pidfd_open(2). One stands for its process also when that is gone and
 * the number is another one's. It is ready to read once the process has ended.
 */
#ifndef KERNEL_PROCESS_PIDFD_H
#define KERNEL_PROCESS_PIDFD_H

#include <fs/file.h>
#include <kernel/process/ids.h>

/* A file for the process of that number. `flags`: O_NONBLOCK or 0. ERROR_OUT_OF_FRAMES. In threads.
 */
enum error pidfd_create(struct id *id, unsigned flags, struct file **file);

/* The number that a file stands for; ERROR_BAD_DESCRIPTOR for other files. The file keeps it. */
enum error pidfd_id(const struct file *file, struct id **id);

#endif
