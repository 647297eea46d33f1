/*
 * Descriptors for files that a call has made. In threads of programs; all may wait.
 */
#ifndef KERNEL_SYSCALL_DESCRIPTORS_H
#define KERNEL_SYSCALL_DESCRIPTORS_H

#include <fs/file.h>

/* Opens the lowest free descriptor for the file, and takes over the reference on it, also after an
 * error. The result is the descriptor, or the negative of EMFILE or ENOMEM. */
int64_t descriptor_add(struct file *file, bool close_on_exec);

/* Opens descriptors for two files, and stores their numbers in the program. Takes over the
 * references on the files. ERROR_TOO_MANY_FILES, ERROR_OUT_OF_FRAMES, ERROR_BAD_ADDRESS: then none
 * is open. */
enum error descriptor_add_both(struct file *ends[2], bool close_on_exec, virt_addr_t to);

#endif
