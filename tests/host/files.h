/*
 * Files on the host: an empty tmpfs at the root, and a process's view of it.
 */
#ifndef TESTS_HOST_FILES_H
#define TESTS_HOST_FILES_H

#include <fs/file.h>
#include <fs/path.h>

/* Starts memory, heap and files at the first call. Returns a context at the root, or NULL when that
 * fails. */
struct fs_context *files_start(void);

/* Writes to a file, or reads from it. Returns how many bytes, or an error as a negative number. */
int64_t write_bytes(struct file *file, const void *bytes, size_t size);
int64_t read_bytes(struct file *file, void *bytes, size_t size);

#endif
