/*
 * The files of programs: which of them may be executed, reading them, and following #! lines. In
 * threads; all of it may wait.
 */
#ifndef KERNEL_PROCESS_PROGRAM_FILE_H
#define KERNEL_PROCESS_PROGRAM_FILE_H

#include <kernel/process/exec.h>

/* Opens a file that the user of `context` may execute; `start` as for program_load(). ERROR_ACCESS,
 * and what file_open() says. */
enum error program_file_open(struct fs_context *context, const struct path *start, const char *name,
                             struct file **file);

/* The same, and follows #! lines to a program that is no script; `strings` becomes that program's
 * arguments. ERROR_NOT_EXECUTABLE: such a line names no interpreter. ERROR_LOOP: too many scripts.
 * ERROR_OUT_OF_FRAMES, ERROR_TOO_BIG. */
enum error program_file_find(struct fs_context *context, const struct path *start, const char *name,
                             struct program_strings *strings, struct file **file);

/* Reads up to `size` bytes into the kernel's memory; *read is how many there were. */
enum error program_file_read_some(struct file *file, uint64_t offset, void *to, size_t size,
                                  size_t *read);

/* Reads `size` bytes. ERROR_NOT_EXECUTABLE: the file ends before. */
enum error program_file_read(struct file *file, uint64_t offset, void *to, size_t size);

#endif
