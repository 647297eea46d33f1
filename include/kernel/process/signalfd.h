/*
 * signalfd: a file from which a thread reads signals that are pending for itself or its process,
 * not for the process that has made the file.
 */
#ifndef KERNEL_PROCESS_SIGNALFD_H
#define KERNEL_PROCESS_SIGNALFD_H

#include <fs/file.h>

/* Makes such a file for the signals of a set, with one reference. `flags`: O_NONBLOCK or 0.
 * ERROR_OUT_OF_FRAMES. In threads of programs. */
enum error signalfd_create(uint64_t set, unsigned flags, struct file **file);

/* Gives such a file another set. ERROR_INVALID: the file is of another kind. In threads of
 * programs. */
enum error signalfd_set(struct file *file, uint64_t set);

#endif
