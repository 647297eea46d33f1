/*
 * What the host tests of files share.
 */
#ifndef TESTS_HOST_FILES_H
#define TESTS_HOST_FILES_H

#include <fs/file.h>
#include <fs/path.h>

/* Starts memory, heap and files, at the first call; a context at the root. NULL when that fails. */
struct fs_context *files_start(void);

/* Writes to a file, or reads from it; how many bytes, or an error less 0. */
int64_t write_bytes(struct file *file, const void *bytes, size_t size);
int64_t read_bytes(struct file *file, void *bytes, size_t size);

#endif
