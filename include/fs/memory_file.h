/*
 * Files in memory that have no place in the tree of names: memfd_create(2).
 */
#ifndef FS_MEMORY_FILE_H
#define FS_MEMORY_FILE_H

#include <fs/file.h>

/* Makes an empty one that is open for reading and writing. `name` is for /proc alone.
 * ERROR_OUT_OF_FRAMES. In threads. */
enum error memory_file_create(const char *name, struct file **file);

#endif
