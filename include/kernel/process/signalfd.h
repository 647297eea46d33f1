/*
 * signalfd: a file from which signals are read. They are those of whoever reads, not of whoever has
 * made the file.
 */
#ifndef KERNEL_PROCESS_SIGNALFD_H
#define KERNEL_PROCESS_SIGNALFD_H

#include <fs/file.h>

/* A new one, for the signals of a set, with one reference. `flags`: O_NONBLOCK or 0.
 * ERROR_OUT_OF_FRAMES. In threads of programs. */
enum error signalfd_create(uint64_t set, unsigned flags, struct file **file);

/* Gives one another set. ERROR_INVALID: the file is none. In threads of programs. */
enum error signalfd_set(struct file *file, uint64_t set);

#endif
