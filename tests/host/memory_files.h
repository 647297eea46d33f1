/*
 * Files on the host: an empty tmpfs at the root, and a process's view of it.
 */
#ifndef TESTS_HOST_MEMORY_FILES_H
#define TESTS_HOST_MEMORY_FILES_H

#include <fs/file.h>
#include <fs/path.h>

/* At the root; set by files_start(). */
extern struct fs_context *files_context;

/* Starts memory, heap and files at the first call. Returns files_context, or NULL when that fails.
 */
struct fs_context *files_start(void);

/* Opens a file; NULL when that fails. */
struct file *memory_file_open(const char *name, unsigned flags);

/* Makes a new file with this content. */
bool memory_file_make(const char *name, const char *content);

bool memory_directory_make(const char *name);

/* Walks to a name (WALK_ flags), and returns how that ended. */
enum error memory_file_look_up(const char *name, unsigned flags);

/* Writes to a file, or reads from it. Returns how many bytes, or an error as a negative number. */
int64_t write_bytes(struct file *file, const void *bytes, size_t size);
int64_t read_bytes(struct file *file, void *bytes, size_t size);

#endif
