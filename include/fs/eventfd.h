/*
 * eventfd: a file that is a counter. A read takes the count, or 1 of a semaphore; a write adds.
 */
#ifndef FS_EVENTFD_H
#define FS_EVENTFD_H

#include <fs/file.h>

/* A new one with one reference. `flags`: O_NONBLOCK or 0. ERROR_OUT_OF_FRAMES. In threads. */
enum error eventfd_create(uint64_t count, bool is_semaphore, unsigned flags, struct file **file);

#endif
