/*
 * Descriptors for files that a call has made. In threads of programs.
 */
#ifndef KERNEL_SYSCALL_DESCRIPTORS_H
#define KERNEL_SYSCALL_DESCRIPTORS_H

#include <fs/file.h>

/* Opens the lowest free descriptor for the file, whose reference it takes over: the call's result.
 */
int64_t descriptor_add(struct file *file, bool close_on_exec);

/* Opens descriptors for two files, whose references it takes over, and gives the program their
 * numbers. ERROR_TOO_MANY_FILES, ERROR_OUT_OF_FRAMES, ERROR_BAD_ADDRESS: none is open. */
enum error descriptor_add_both(struct file *ends[2], bool close_on_exec, virt_addr_t to);

#endif
